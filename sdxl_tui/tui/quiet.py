"""What keeps a screen quiet."""

from __future__ import annotations

from textual.reactive import Reactive
from textual.widget import Widget


class QuietFocus:
    """Mix-in before Screen: a focus change paints the two widgets it concerns.

    Textual's own ``focused`` repaints the whole screen, which with a picture on it is 100 kB for one press of tab.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
