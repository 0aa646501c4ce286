"""A view of what another lab makes: which screens it has, and which actions say that they do nothing here."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from textual.actions import parse
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

if TYPE_CHECKING:
    from sdxl_tui.tui.rooms import Rooms

SENTENCE = (
    "This view is read only: {app.quit:ctrl+q} leaves it, and `sdxl-tui` opens the lab or leads to the one that runs."
)
"""To be ``said`` with the key in force."""

TABS = ("gallery", "queue", "frames")
"""The screens that show what was made; on the others there is nothing to do without an engine."""

MAKING = frozenset(
    (
        *("generate", "keep", "enlarge", "use_settings", "hold_seed", "start_from", "repeat", "more", "delete"),
        *("new_sequence", "stop_job", "move", "move_first", "double", "times", "repeat_until_stopped", "cancel"),
        *("stop_after_picture", "clear", "again", "all_again", "pause"),
    )
)
"""The actions of screens that make, change, keep, delete or queue something."""

HINTS = frozenset(
    (
        *("keep", "use settings", "img2img", "larger", "repeat", "new", "use as init", "hold seed", "move", "edit"),
        *("double", "cancel", "pause", "run", "run next", "times", "clear", "stop now", "after this picture"),
        *("try again", "retry failed", "stop", "trash"),
    )
)
"""How the footer calls them."""


class ReadOnly:
    """Mix-in before App: what would make or change anything says that this view is read only."""

    is_read_only = False
    rooms: Rooms | None

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        """Do what a key or the palette asks for, or say why not."""
        if self.is_read_only and self.rooms is not None and isinstance(default_namespace, (Screen, App, type(None))):
            name = parse(action)[1] if isinstance(action, str) else action[1]
            if name in MAKING:
                self.rooms.say_read_only()
                return True
        return await cast("App[Any]", super()).run_action(action, default_namespace, namespaces)


def works(binding: BindingType) -> bool:
    """Whether a key does something in this view."""
    action = binding.action if isinstance(binding, Binding) else binding[1]
    name, _, argument = action.removeprefix("app.").partition("(")
    return name not in MAKING and (name != "open" or argument.strip("')") in TABS)


def hints_of(hints: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """The keys that do something in this view."""
    return [hint for hint in hints if hint[1] not in HINTS]
