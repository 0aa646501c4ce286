"""The keys that look closer at a picture, or at two in the same place."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType

from sdxl_tui.tui.keys import named
from sdxl_tui.tui.screens.log_actions import LogActions
from sdxl_tui.tui.widgets.zoom_view import ZoomView


def key(keys: str, action: str, label: str, tooltip: str, name: str = "", *, screen: str) -> Binding:
    """A key of a screen without a text field; ``name`` is for the id, where that is not to be made of the action."""
    identity = f"{screen}.{name}" if name else named(screen, action)
    return Binding(keys, action, label, id=identity, tooltip=tooltip)


def zoom_bindings(screen: str) -> list[BindingType]:
    """The keys of a screen that shows a picture larger than it fits."""
    rows = (
        ("plus", "zoom_by(1)", "zoom in", "Larger", "zoom_in"),
        ("minus", "zoom_by(-1)", "zoom out", "Smaller", "zoom_out"),
        ("0", "fit", "fit", "All of the picture"),
        ("equals_sign", "one_to_one", "1:1", "Every pixel across has its own part of a cell"),
        ("left", "pan(-1, 0)", "pan left", "Further left", "left"),
        ("right", "pan(1, 0)", "pan right", "Further right", "right"),
        ("up", "pan(0, -1)", "pan up", "Further up", "up"),
        ("down", "pan(0, 1)", "pan down", "Further down", "down"),
        ("shift+left,pageup", "pan_page(-1, 0)", "page left", "A page left", "page_left"),
        ("shift+right,pagedown", "pan_page(1, 0)", "page right", "A page right", "page_right"),
        ("shift+up", "pan_page(0, -1)", "page up", "A page up", "page_up"),
        ("shift+down", "pan_page(0, 1)", "page down", "A page down", "page_down"),
    )
    return [key(*row, screen=screen) for row in rows]


class ZoomingScreen(LogActions):
    """Base of the screens that look closer; a subclass says at which views, and binds ``zoom_bindings``."""

    def views(self) -> Sequence[ZoomView]:
        """What the keys act on, all in the same place."""
        raise NotImplementedError

    def show_frame(self) -> None:
        """There is no header here."""
        self.footer.show(self.hands(), self.keys_here(), self.footer_end())

    def action_zoom_by(self, steps: int) -> None:
        """Larger or smaller."""
        for view in self.views():
            view.zoom(steps)

    def action_fit(self) -> None:
        """All of the picture."""
        for view in self.views():
            view.fit()

    def action_one_to_one(self) -> None:
        """A subpixel, across, for each pixel of the picture."""
        for view in self.views():
            view.one_to_one()

    def action_pan(self, across: int, down: int) -> None:
        """Move a little."""
        for view in self.views():
            view.pan(across, down)

    def action_pan_page(self, across: int, down: int) -> None:
        """Move a page."""
        for view in self.views():
            view.pan(across, down, page=True)
