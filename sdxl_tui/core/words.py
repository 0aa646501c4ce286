"""How sizes and names from files are written in sentences."""

from __future__ import annotations

from sdxl_tui.core.text import one_line

UNITS = ("bytes", "KiB", "MiB", "GiB")
LONGEST_NAME = 120


def shown_size(size: int) -> str:
    """A number of bytes as people read it: ``6.5 GiB``."""
    step = _step(size)
    return f"{_in_unit(size, step)} {UNITS[step]}"


def shown_share(have: int, of: int) -> str:
    """How much of something is there, in one unit: ``3.1 of 4.8 GiB``."""
    step = _step(of)
    if _in_unit(have, step) == _in_unit(of, step):
        step = 0
    return f"{_in_unit(have, step)} of {_in_unit(of, step)} {UNITS[step]}"


def named(name: object) -> str:
    """A name from a file in one line that does a terminal no harm, cut when it is very long."""
    text = str(name)
    return one_line(text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…")


def and_more(names: list[str]) -> str:
    """The first of several names and how many follow: ``'conv_in.weight' and 3 more``."""
    rest = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"'{named(names[0])}'{rest}"


def _step(size: int) -> int:
    return next((step for step in range(len(UNITS) - 1) if size < 1024 ** (step + 1)), len(UNITS) - 1)


def _in_unit(size: int, step: int) -> str:
    return f"{size / 1024**step:,.1f}" if step else f"{size:,}"
