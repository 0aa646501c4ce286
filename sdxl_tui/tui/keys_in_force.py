"""Which key does what now: the shipped ones, and the user's own over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from textual._context import active_app
from textual.dom import DOMNode

from sdxl_tui.core.key_names import shown_key

UNBOUND = "unbound"
"""What a binding without a key is bound to: no terminal sends it, and Textual's keymap knows no other way."""
PALETTE = "the palette"
"""What does what has no key."""
CODE = re.compile(r"\{([a-z_]+\.\w+):([^{}]+)\}")


class KeysInForce:
    """The keys of every place, and how they are shown."""

    def __init__(self, changed: Mapping[str, tuple[str, ...]] | None = None, sentences: Sequence[str] = ()) -> None:
        self.changed = dict(changed or {})
        """The keys of the bindings that have others than the shipped ones, by their ids; with alt, where that counts
        too."""
        self.sentences = tuple(sentences)
        """What is to be said of the user's own keys: what is wrong, which ones are taken from what."""
        self._of_class: dict[type[DOMNode], dict[str, tuple[str, ...]]] = {}

    @property
    def keymap(self) -> dict[str, str]:
        """As Textual takes it."""
        return {identity: ",".join(keys) or UNBOUND for identity, keys in self.changed.items()}

    def of(self, node: DOMNode) -> Mapping[str, tuple[str, ...]]:
        """The keys in force in a widget, a screen or the app, by the ids of its bindings."""
        known = self._of_class.get(type(node))
        if known is None:
            bindings = node._bindings.copy()
            bindings.apply_keymap(self.keymap)
            known = {}
            for key, binding in bindings:
                if binding.id is not None and key != UNBOUND and key not in known.get(binding.id, ()):
                    known[binding.id] = (*known.get(binding.id, ()), key)
            self._of_class[type(node)] = known
        return known

    def hint(self, text: str, nodes: Iterable[DOMNode]) -> str:
        """The key that does now what the shipped one, as the lab writes it, does in the first of these places.

        Several signs such as ``←→`` are several keys. Empty: there is none.
        """
        if not self.changed:
            return text
        places = list(nodes)
        if (now := self._now(text, places)) is not None:
            return now
        signs = text.replace(" ", "")
        if any(sign.isalnum() for sign in signs):
            return text
        shown = [sign if (now := self._now(sign, places)) is None else now for sign in signs]
        return text if shown == list(signs) else " ".join(filter(None, shown))

    def name(self, identity: str, shipped: str) -> str:
        """The key of a binding for a sentence; ``shipped`` is the one it has if the user gave it no other."""
        if identity not in self.changed:
            return shipped
        keys = self.changed[identity]
        return shown_key(keys[0]).replace("^", "ctrl+", 1) if keys else PALETTE

    def short(self, identity: str, shipped: str) -> str:
        """The key of a binding in as few cells as it takes; empty: it has none."""
        keys = self.changed.get(identity)
        return shipped if keys is None else shown_key(keys[0]) if keys else ""

    def _now(self, text: str, places: Sequence[DOMNode]) -> str | None:
        """What is shown for one shipped key; None: it is none of these places."""
        for node in places:
            for key, binding in node._bindings:
                if shown_key(key) == text:
                    if binding.id is None:
                        continue
                    keys = self.of(node).get(binding.id, ())
                    return text if key in keys else shown_key(keys[0]) if keys else ""
        return None


def in_force() -> KeysInForce:
    """The keys of the lab that runs; the shipped ones where none does."""
    found = getattr(active_app.get(None), "keys_in_force", None)
    return found if isinstance(found, KeysInForce) else KeysInForce()


def key(identity: str, shipped: str) -> str:
    """The key of a binding, to be named in a sentence."""
    return in_force().name(identity, shipped)


def said(text: str) -> str:
    """A text of the lab's own with its keys in force; they are written as ``{queue.pause:space}``."""
    keys = in_force()
    return CODE.sub(lambda found: keys.name(found[1], found[2]), text)


def shown_keys(keys: tuple[str, ...]) -> str:
    """Keys as the lab writes them; those that do the same with alt are understood."""
    return " ".join(shown_key(key) for key in without_alt(keys)) or "–"


def without_alt(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys but those that are another one of them with alt."""
    return tuple(key for key in keys if key.removeprefix("alt+") == key or key.removeprefix("alt+") not in keys)
