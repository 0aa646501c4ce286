"""Several styles at once: one style that says what they say, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.names import find_one
from sdxl_tui.core.styles import NONE, PLACEHOLDER, Style, with_words

MOST = 6
"""Styles of one combination."""
BETWEEN_IDS, BETWEEN_NAMES = "+", " + "


def combined(styles: Sequence[Style]) -> Style:
    """Return the styles as one: words in their order, a text with ``{prompt}`` around what came before it.

    Scheduler, steps and guidance are those of the last style that sets each. ``none`` adds nothing, and what is left
    of one style is that style itself; raises UserError for too many, or the same one twice.
    """
    parts = [style for style in styles if style.id != NONE]
    if not parts:
        return styles[0]
    if len(parts) == 1:
        return parts[0]
    if len(parts) > MOST:
        raise UserError(f"{len(parts)} styles are too many: {MOST} go together at most.")
    for number, style in enumerate(parts):
        if style.id in (earlier.id for earlier in parts[:number]):
            raise UserError(f"{style.name} is there twice: once is enough.")
    return Style(
        id=BETWEEN_IDS.join(style.id for style in parts),
        name=BETWEEN_NAMES.join(style.name for style in parts),
        description=f"{len(parts)} styles, in this order",
        prompt=_joined([style.prompt for style in parts]),
        negative=_joined([style.negative for style in parts]),
        scheduler=next((style.scheduler for style in reversed(parts) if style.scheduler), None),
        steps=next((style.steps for style in reversed(parts) if style.steps is not None), None),
        guidance=next((style.guidance for style in reversed(parts) if style.guidance is not None), None),
    )


def words_only(model: Model, style: Style) -> str:
    """Return the sentence on what a style does not do on a distilled model; empty: it does all it says."""
    sets = any(value is not None for value in (style.scheduler, style.steps, style.guidance))
    return (
        f"{model.name} keeps its own settings: {style.name} brings its words only." if model.distilled and sets else ""
    )


def style_of(text: str, styles: Mapping[str, Style]) -> Style | None:
    """Return the style, or the combination, with exactly this id or name in any case; None where a part is not here."""
    by_word = {style.name.casefold(): style for style in styles.values()}
    by_word |= {style.id.casefold(): style for style in styles.values()}
    parts = parts_of(text, by_word.__contains__)
    try:
        return combined([by_word[part.casefold()] for part in parts]) if parts else None
    except (KeyError, UserError):
        return None


def find_style(text: str, styles: Mapping[str, Style]) -> Style:
    """Return what a user means: a style, or several with ``+`` between them, each an id, a name or a part of one.

    Raises UserError when a part fits none or several, or when they do not go together.
    """
    names = {style.id: style.name for style in styles.values()}
    exact = {word.casefold() for style in styles.values() for word in (style.id, style.name)}
    parts = parts_of(text, exact.__contains__) or [text]
    return combined([styles[find_one(part, names, "style")] for part in parts])


def parts_of(text: str, is_one: Callable[[str], bool]) -> list[str]:
    """Return what stands between the ``+``; a longer text that ``is_one`` knows (in lower case) stays whole."""
    pieces = text.split(BETWEEN_IDS)
    parts: list[str] = []
    while pieces:
        wholes = (count for count in range(len(pieces), 1, -1) if is_one(_text(pieces[:count]).casefold()))
        count = next(wholes, 1)
        parts.append(_text(pieces[:count]))
        pieces = pieces[count:]
    return [part for part in parts if part]


def _text(pieces: Sequence[str]) -> str:
    return BETWEEN_IDS.join(pieces).strip()


def _joined(words: Sequence[str]) -> str:
    """The words of several styles, around ``{prompt}`` where one of them is."""
    text = PLACEHOLDER if any(PLACEHOLDER in each for each in words) else ""
    for each in words:
        text = with_words(each, text)
    return text
