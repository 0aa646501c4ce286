"""What the lab looks like in this terminal: theme, number of colours, glyphs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from rich.console import Console
from textual.filter import LineFilter, Monochrome, NoColor
from textual.widget import Widget

from sdxl_tui.core.settings import Settings
from sdxl_tui.tui import themes
from sdxl_tui.tui.glyphs import AsciiGlyphs
from sdxl_tui.tui.notes import WARNING
from sdxl_tui.tui.showing import Showing
from sdxl_tui.tui.widgets import cells

if TYPE_CHECKING:
    from textual.app import App

RICH_NAMES: dict[str, Literal["truecolor", "256", "standard"]] = {
    "truecolor": "truecolor",
    "256": "256",
    "16": "standard",
    "none": "standard",
}
"""Rich's name of a number of colours. For none: with no colour system at all, Rich would not even write bold."""

FEW_COLOURS = (
    "This terminal says that it has 16 colours: pictures are hardly to be seen. Where it has more, start with "
    "SDXL_TUI_COLOURS=truecolor (or 256); with docker: -e COLORTERM=truecolor."
)


def depth_of(setting: str, found: str | None) -> str:
    """Return how many colours to use: ``truecolor``, ``256``, ``16`` or ``none``.

    ``setting`` is the user's, ``found`` what Rich makes of the environment.
    """
    if os.environ.get("NO_COLOR"):
        return "none"
    if setting != "auto":
        return setting
    return {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}.get(found or "", "none")


class Looks(Showing):
    """Mix-in before App."""

    depth: str
    """How many colours the terminal has: ``truecolor``, ``256``, ``16`` or ``none``."""
    session: dict[str, str]
    """The settings that a key changed for this session."""
    _filters_on_top: tuple[LineFilter, ...] = ()
    _colours_read: dict[str, str]
    """What the style sheet was last read with."""

    def dress(self, settings: Settings) -> None:
        """Put on what settings and terminal say."""
        app = cast("App[Any]", self)
        self.session = {}
        self.depth = depth_of(settings.colours, app.console.color_system)
        if self.depth == "16" and settings.colours == "auto":
            self.notes.put("colours", WARNING, FEW_COLOURS)
        app.console = Console(
            color_system=RICH_NAMES[self.depth],
            file=app.console.file,
            force_terminal=True,
            legacy_windows=False,
            highlight=False,
            emoji=False,
            _environ={},
        )
        app.no_color = self.depth == "none"
        cells.use_depth(self.depth)
        self._use_glyphs(settings.glyphs)
        for theme in themes.ALL:
            app.register_theme(theme)
        self.wear(settings.theme)
        self._colours_read = app.get_css_variables()
        app.stylesheet.set_variables(self._colours_read)
        self.show_pictures(settings.images)

    def change_clothes(self, settings: Settings, before: Settings) -> None:
        """Look as other settings say, from now on."""
        app = cast("App[Any]", self)
        if settings.theme != before.theme:
            self.wear(settings.theme)
        if settings.images != before.images:
            self.show_pictures(settings.images)
            self.draw_anew()
        if settings.glyphs != before.glyphs:
            self._use_glyphs(settings.glyphs)
            for screen in app.screen_stack:
                for widget in (screen, *screen.walk_children(Widget)):
                    widget.refresh()

    def wear(self, theme: str) -> None:
        """Put on ``safelight`` or ``lightbox``, in as many colours as there are."""
        cast("App[Any]", self).theme = themes.theme_for(theme, self.depth)

    def action_change_theme(self) -> None:
        """Change between dark and light."""
        dark = cast("App[Any]", self).current_theme.dark
        theme = themes.LIGHTBOX.name if dark else themes.SAFELIGHT.name
        self.session["theme"] = theme
        self.wear(theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every line passes these; Textual's way of NO_COLOR is to send greys, so ours takes its place."""
        filters = super().get_line_filters()  # type: ignore[misc]
        return [*(each for each in filters if not isinstance(each, Monochrome)), *self._filters_on_top]

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheet again where other colours are asked of it; Textual reads it twice at every start."""
        colours = cast("App[Any]", self).get_css_variables()
        if colours != self._colours_read:
            self._colours_read = colours
            super().refresh_css(animate)  # type: ignore[misc]

    def _use_glyphs(self, glyphs: str) -> None:
        without_colour = (NoColor(),) if self.depth == "none" else ()
        in_ascii = (AsciiGlyphs(),) if glyphs == "ascii" else ()
        self._filters_on_top = (*without_colour, *in_ascii)
