"""What is typed into the gallery's search."""

from __future__ import annotations

from collections.abc import Callable

from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.pictured import Pictured

Match = Callable[[Pictured], bool]

YES = ("y", "ye", "yes", "1", "true")
FIELDS = ("kept", "model", "style", "seed", "status")


def search(typed: str, kept: Kept) -> Match:
    """Return the test for what was typed: every word must be there; ``field:value`` looks in one field only.

    A field without a value keeps everything: the list does not empty while one types.
    """
    tests = [_test(word.casefold(), kept) for word in typed.split()]
    return lambda pictured: all(test(pictured) for test in tests)


def _test(word: str, kept: Kept) -> Match:
    field, colon, value = word.partition(":")
    if not colon or field not in FIELDS:
        return lambda pictured: word in _all_words(pictured)
    if not value:
        return lambda pictured: True
    if field == "kept":
        return lambda pictured: (pictured.path in kept) == (value in YES)
    if field == "seed":
        return lambda pictured: pictured.seed is not None and str(pictured.seed).startswith(value)
    if field == "status":
        return lambda pictured: pictured.status.startswith(value)
    if field == "model":
        return lambda pictured: value in f"{pictured.model} {pictured.text('model')}".casefold()
    return lambda pictured: value in pictured.text("style").casefold()


def _all_words(pictured: Pictured) -> str:
    keys = ("prompt", "styled_prompt", "negative_prompt", "model", "model_name", "style", "error")
    words = [pictured.text(key) for key in keys]
    seed = "" if pictured.seed is None else str(pictured.seed)
    return " ".join([*words, pictured.scheduler, seed]).casefold()
