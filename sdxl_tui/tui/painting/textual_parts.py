"""Everything of Textual that is private and used for painting: what an update holds, and where pictures lie.

Known: Textual 8.2.8 (what 8.x had since 8.0 is the same). A Textual whose parts look different is painted by its own
means: ``obstacle`` says so at the start, and the lab goes on with nothing lost but bytes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import textual
from rich.segment import Segment
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.geometry import Offset
    from textual.screen import Screen

    from sdxl_tui.tui.painting.areas import Area


class Missing:
    """Stands for a part that this Textual does not have: it has no signature that is known."""


try:
    from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
except ImportError:
    ChopsUpdate = Compositor = LayoutUpdate = Missing  # type: ignore[misc, assignment]

KNOWN = ((8, 2, 8), (8, 3, 0))
"""From this version on, and before that one."""

SIGNATURES = (
    (App, "_display", ("self", "screen", "renderable")),
    (LayoutUpdate, "__init__", ("self", "strips", "region")),
    (ChopsUpdate, "__init__", ("self", "chops", "spans", "chop_ends")),
    (LinuxDriver, "write", ("self", "data")),
    (Compositor, "render_update", ("self", "full", "screen_stack", "simplify")),
)
NAMES = (
    (App, ("_background_screens", "_begin_update", "_end_update")),
    (Compositor, ("visible_widgets",)),
)


def obstacle(found: str | None = None) -> str | None:
    """Say why this Textual paints by its own means; None: it is one that is known here."""
    found = found or _version()
    numbers = tuple(map(int, re.findall(r"\d+", found)[:3]))
    if not KNOWN[0] <= numbers < KNOWN[1]:
        return f"Textual {found} is not known here (8.2.8 to 8.2.x are)"
    for owner, name, wanted in SIGNATURES:
        if tuple(inspect.signature(getattr(owner, name, len)).parameters) != wanted:
            return f"Textual {found} has another {owner.__name__}.{name}"
    wanted_names = [(owner, name) for owner, names in NAMES for name in names]
    missing = next((f"{owner.__name__}.{name}" for owner, name in wanted_names if not hasattr(owner, name)), "")
    return f"Textual {found} has no {missing}" if missing else None


def _version() -> str:
    """The version by the name of the folder beside Textual; importing what asks for it in earnest takes 15 ms."""
    folders = list(Path(textual.__file__).parent.parent.glob("textual-*.dist-info"))
    if len(folders) == 1:
        return folders[0].name.removeprefix("textual-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version("textual")


def is_paint(renderable: object) -> bool:
    """Whether this is an update of the cells of a full screen."""
    return isinstance(renderable, (LayoutUpdate, ChopsUpdate))


def is_ready(app: App[Any]) -> bool:
    """Whether Textual itself would paint now."""
    driver = app._driver
    return bool(
        not app._batch_count and app._running and not app._closed and driver is not None and not driver.is_inline
    )


def whole_rows(update: object) -> Iterator[tuple[int, int, list[Segment]]]:
    """Row, first column and segments of an update of a whole region."""
    if isinstance(update, LayoutUpdate):
        x = update.region.x
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, x, [segment for strip in strips for segment in strip._segments]


def parts_of_rows(update: object) -> Iterator[tuple[int, int, list[Segment]]]:
    """Row, first column and segments of an update of some spans, cut as Textual cuts them."""
    if not isinstance(update, ChopsUpdate):
        return
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            inside = last > x >= first and end <= last
            yield y, x, list(strip if inside else strip.crop(0, min(end, last) - x))


def size_of(update: object) -> tuple[int, int] | None:
    """Columns and rows of the screen, where the update is of all of it."""
    if isinstance(update, LayoutUpdate):
        return update.region.right, update.region.bottom
    return None


def cursor_of(app: App[Any]) -> Offset | None:
    """Where the terminal's own cursor belongs, for who types with an input method; None: nothing is typed into."""
    if not hasattr(app.focused, "cursor_blink"):
        return None
    return app.screen.outer_size.clamp_offset(app.cursor_position)


def can_hold_frames(app: App[Any]) -> bool:
    """Whether the terminal shows nothing of an update before its end, if it is asked to."""
    return app._sync_available


def picture_areas(app: App[Any]) -> list[tuple[Area, bool]]:
    """Regions of the screen from the back to the front: (left, top, right, bottom), and whether it is a picture's.

    What is not a picture covers the pictures below: a dialog over them.
    """
    found: list[tuple[Area, bool]] = []
    screens: list[Screen[Any]] = [*app._background_screens, app.screen]
    for screen in screens:
        if screen is app.screen and len(screens) > 1:
            found += [(_area(child.region), False) for child in screen.displayed_children]
        for widget, (region, clip) in screen._compositor.visible_widgets.items():
            if getattr(widget, "IS_PICTURE", False):
                found.append((_area(region.intersection(clip)), True))
    return found


def _area(region: Any) -> Area:
    return region.x, region.y, region.right, region.bottom
