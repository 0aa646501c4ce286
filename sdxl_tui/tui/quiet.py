"""What keeps a screen quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.reactive import Reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen


class QuietFocus:
    """Mix-in before Screen: a focus change paints the two widgets it concerns.

    Textual's own ``focused`` repaints the whole screen, which with a picture on it is 100 kB for one press of tab.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)


class QuietCover:
    """Mix-in before App: what changes under a screen that covers all is not painted.

    Textual asks whether the screens below are opaque, and not whether the one in front is: each step of a job, which
    the home screen shows as well, would send the whole screen that lies over it, 23 kB.
    """

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        front = cast("App[Any]", self)._screen_stack[-1]
        covers = front.styles.background.a == 1
        return [] if covers else super()._background_screens  # type: ignore[misc]
