"""What Textual reads from the keyboard, mended where it is not what was pressed."""

from __future__ import annotations

import asyncio
import string
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual import _ansi_sequences
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.message import Message
from textual.timer import Timer

from sdxl_tui.core.key_names import SIGNS

if TYPE_CHECKING:
    from textual.app import App

CHORDS = "".join(sorted({*string.ascii_letters, *string.digits} - {*"bfOP"}))
"""What goes with alt: not ``b`` and ``f``, which move by words in every text, nor what begins a longer sequence."""

CHORD_SIGNS = set(SIGNS) - set("[]_^\\")
"""The signs that go with alt; the others begin or end longer sequences."""


@dataclass(frozen=True)
class Chord:
    """A key as Textual's table of sequences holds it."""

    value: str


def mend_escape_sequences() -> None:
    """Let ``alt`` and a letter or digit, which a terminal sends as ``esc`` and the letter, arrive as that at once.

    Textual waits whether a longer sequence comes, takes two chords in a row for the text ``^e``, and maps digits to
    what a Mac's option key types (``esc 2`` is ™): all of which writes into the prompt.
    """
    sequences = cast("dict[str, Any]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    sequences.update({f"\x1b{character}": (Chord(f"alt+{character}"),) for character in CHORDS})
    sequences.update({f"\x1b{sign}": (Chord(f"alt+{SIGNS[sign]}"),) for sign in CHORD_SIGNS})


@dataclass
class KeyHandled(Message):
    """Follows a key on its way up from the widget that got it: when it arrives, the key has."""


def is_text(key: Key) -> bool:
    """Whether a key writes or moves within a text, and does nothing else."""
    if key.key.startswith("alt+"):
        return False
    return key.is_printable or key.key in ("backspace", "delete", "left", "right", "home", "end")


class OneKeyAtATime:
    """Mix-in before App: a key is looked at when the one before it has done all it does.

    A slow line delivers keys in bursts. Textual hands each key of a burst to the widget that has the focus at that
    moment, so of ``g 6 . 5`` the digits would reach whatever had the focus before ``g`` moved it. And what is typed
    while the lab starts waits until there is a focus to type into.
    """

    LOST_AFTER = 0.5
    """Seconds after which a key is taken for handled, should its widget have gone with it."""

    last_key_at = float("-inf")
    """When the last key came, on the monotonic clock."""
    _keys: deque[Key]
    _under_way: Timer | None = None
    _takes: Callable[[Key], bool] | None = None
    """Which keys are looked at now; None: all wait."""

    def listen(self, takes: Callable[[Key], bool] = lambda key: True) -> None:
        """Look at keys from now on, up to the first that is not taken; it and all behind it wait."""
        self._takes = takes
        self.call_later(self._handle_next_key)  # type: ignore[attr-defined]

    @property
    def has_waiting_keys(self) -> bool:
        """Whether a key came that was not looked at yet."""
        return bool(self.__dict__.get("_keys"))

    async def stop_listening(self) -> None:
        """Let keys wait from now on, and return when the last one that was looked at has done all it does."""
        self._takes = None
        while self._under_way is not None:
            await asyncio.sleep(0.001)

    async def on_event(self, event: Event) -> None:
        """Keep a key until its turn; everything else goes on as it comes."""
        if isinstance(event, Key) and not event.is_forwarded:
            if "_keys" not in self.__dict__:
                self._keys = deque()
            self._keys.append(event)
            self.last_key_at = monotonic()
            if self._under_way is None:
                await self._handle_next_key()
            return
        await super().on_event(event)  # type: ignore[misc]

    def on_key_handled(self) -> None:
        """Go on once what the key set off in the app itself, such as a change of focus, is done too."""
        self.call_later(self._handle_next_key)  # type: ignore[attr-defined]

    async def _handle_next_key(self) -> None:
        if self._under_way is not None:
            self._under_way.stop()
            self._under_way = None
        keys: deque[Key] | None = self.__dict__.get("_keys")
        if not keys or self._takes is None or not self._takes(keys[0]):
            return
        app = cast("App[Any]", self)
        self._under_way = app.set_timer(self.LOST_AFTER, self._handle_next_key)
        target = app.focused or app.screen
        await super().on_event(keys.popleft())  # type: ignore[misc]
        if not target.post_message(KeyHandled()):
            app.call_later(self._handle_next_key)


def named(place: str, action: str) -> str:
    """The id of a binding, by which settings give it another key: its place, and its action or the word it is given.

    ``visit('steps')`` of the screen generate is ``generate.steps``. Where actions differ in a number only, each gets a
    name of its own instead.
    """
    does, _, given = action.removesuffix(")").partition("(")
    word = given.strip("'") if given.startswith("'") else does.rpartition(".")[2]
    return f"{place}.{word.replace('-', '_')}"


def walking(screen: str) -> list[BindingType]:
    """The keys that walk a list of rows; ``walk`` and ``page`` are its actions."""
    return [
        Binding("up,k", "walk(-1)", "one up", id=f"{screen}.up", tooltip="The row above"),
        Binding("down,j", "walk(1)", "one down", id=f"{screen}.down", tooltip="The row below"),
        Binding("pageup", "page(-1)", "page up", id=f"{screen}.page_up", tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", id=f"{screen}.page_down", tooltip="A page down"),
        Binding("home", "walk(-10000000)", "first", id=f"{screen}.first", tooltip="The first row of all"),
        Binding("end", "walk(10000000)", "last", id=f"{screen}.last", tooltip="The last row of all"),
    ]
