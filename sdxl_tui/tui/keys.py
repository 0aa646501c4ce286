"""What Textual reads from the keyboard, mended where it is not what was pressed."""

from __future__ import annotations

from typing import Any, cast

from textual import _ansi_sequences

MAC_OPTION_DIGITS = "0123456789-="


def mend_escape_sequences() -> None:
    """Let ``esc`` and a digit pressed within the terminal's escape time arrive as ``alt`` and the digit.

    Textual maps them to what a Mac's option key types (``esc 2`` is ™), so a hurried ``esc`` would write into the
    prompt.
    """
    sequences = cast("dict[str, Any]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for character in MAC_OPTION_DIGITS:
        sequences.pop(f"\x1b{character}", None)
