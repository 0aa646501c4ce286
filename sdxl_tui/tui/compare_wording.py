"""Two pictures side by side, in words: the settings that differ, and what of them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Part

LABEL = 11
CONTEXT = 3
"""Words that are shown around a change in a long text."""
TEXTS = ("prompt", "negative")
KEYS = {
    "mode": "mode",
    "model": "model_name",
    "revision": "model_revision",
    "scheduler": "",
    "steps": "steps",
    "guidance": "",
    "size": "",
    "style": "style",
    "LoRA": "",
    "seed": "",
    "strength": "strength",
    "init image": "init_image",
    "mask": "mask_image",
    "mask blur": "mask_blur",
    "frames": "frames",
    "motion": "motion",
    "variation": "variation",
    "easing": "easing",
    "syntax": "prompt_syntax",
    "speed": "speed",
    "device": "device",
}
"""What a setting is called, and its key in the log where its text is that of the key."""


@dataclass(frozen=True)
class Comparison:
    """What the settings of two pictures have in common, and what not."""

    differing: tuple[tuple[str, str, str], ...]
    """Name, value of A, value of B."""
    same: tuple[tuple[str, str], ...]
    """Name and value."""


def compare(a: Pictured, b: Pictured) -> Comparison:
    """Compare all settings that one of the two has."""
    others = dict(_settings(b))
    settings = [(name, value, others[name]) for name, value in _settings(a)]
    differing = tuple(row for row in settings if row[1] != row[2])
    return Comparison(differing, tuple((name, value) for name, value, other in settings if value == other and value))


def title_parts(
    letter: str, pictured: Pictured, in_hand: bool, kept: bool, width: int
) -> tuple[list[Part], list[Part]]:
    """Above a picture: its letter, when it was made, its seed and its mark; its size."""
    left: list[Part] = [(f" {letter} ", "pill" if in_hand else "label")]
    if pictured.time and width >= 32:
        left.append((f"  {pictured.time}", "soft"))
    if pictured.seed is not None:
        left += [("  seed ", "label"), (str(pictured.seed), "value")]
    left += [("  ◆", "accent")] if kept else []
    return left, [(f"{pictured.pixels} ", "label")] if width >= 46 else []


def comparison_rows(comparison: Comparison, difference: float | None, width: int) -> list[Ends]:
    """The settings that differ, a row each, and what is the same in one row."""
    count = len(comparison.differing)
    number = count + len(comparison.same)
    left: list[Part] = [("differs in ", "muted"), (str(count), "strong"), (f" of {number} settings", "muted")]
    if not count:
        left = [(f"all {number} settings are the same", "muted")]
    right: list[Part] = []
    if difference is not None:
        right = [("mean pixel difference ", "muted"), (_shown(difference), "strong"), (" of 255", "muted")]
        if width < 70:
            right = [("pixels ", "muted"), (_shown(difference), "strong"), (" of 255", "muted")]
    rows: list[Ends] = [(left, right or [(" ", "")])]
    middle = max(12, min(24, max((len(a) for name, a, _ in comparison.differing if name not in TEXTS), default=0) + 2))
    for name, a, b in comparison.differing:
        label: Part = (f"{name:<{LABEL}}", "label")
        if name in TEXTS:
            first, second = changed_words(a, b)
            rows.append(([label, *first, (" → ", "accent"), *second], []))
        else:
            rows.append(([label, (f"{a or '–':<{middle}}", "soft"), ("→ ", "accent"), (b or "–", "value")], []))
    if comparison.same:
        said = ", ".join(_as_same(name, value) for name, value in comparison.same)
        rows.append(([(f"same: {said}", "muted")], [(" ", "")]))
    return rows


def changed_words(a: str, b: str) -> tuple[list[Part], list[Part]]:
    """Both texts, what only one of them has in bold; what they share is cut to the words around a change."""
    first, second = a.split(), b.split()
    sides: tuple[list[Part], list[Part]] = ([], [])
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    for number, (what, start, end, other_start, other_end) in enumerate(blocks):
        is_last = number == len(blocks) - 1
        if what == "equal":
            words = _context(first[start:end], is_first=number == 0, is_last=is_last)
            sides[0].append((f"{words} ", "soft"))
            sides[1].append((f"{words} ", "value"))
        else:
            sides[0].extend([(f"{' '.join(first[start:end])} ", "strong")] if end > start else [])
            sides[1].extend([(f"{' '.join(second[other_start:other_end])} ", "key")] if other_end > other_start else [])
    return _closed(sides[0]), _closed(sides[1])


def difference_words(factor: float) -> list[Part]:
    """Above the picture of the difference."""
    if factor <= 0:
        return [(" A − B ", "pill"), ("  every pixel is the same", "value")]
    times = f"  {_shown(factor)} times as bright" if factor > 1.05 else ""
    return [(" A − B ", "pill"), (f"  black is the same{times}", "soft")]


def _settings(pictured: Pictured) -> list[tuple[str, str]]:
    own = {
        "model": pictured.model,
        "scheduler": pictured.scheduler,
        "guidance": pictured.guidance,
        "size": pictured.pixels,
        "LoRA": pictured.loras,
        "seed": "" if pictured.seed is None else str(pictured.seed),
        "mode": pictured.text("mode") or "txt2img",
    }
    settings = [(name, own[name] if name in own else pictured.text(key)) for name, key in KEYS.items()]
    return [
        *settings,
        ("prompt", pictured.text("styled_prompt") or pictured.prompt),
        ("negative", pictured.text("styled_negative_prompt") or pictured.text("negative_prompt")),
    ]


def _as_same(name: str, value: str) -> str:
    if name in TEXTS:
        return name
    if name in ("steps", "frames"):
        return f"{value} {name}"
    return f"seed {value}" if name == "seed" else value if name in ("model", "scheduler", "size") else f"{name} {value}"


def _context(words: list[str], *, is_first: bool, is_last: bool) -> str:
    most = CONTEXT if is_first or is_last else 2 * CONTEXT
    if len(words) <= most + 1:
        return " ".join(words)
    if is_first:
        return " ".join(["…", *words[-CONTEXT:]])
    if is_last:
        return " ".join([*words[:CONTEXT], "…"])
    return " ".join([*words[:CONTEXT], "…", *words[-CONTEXT:]])


def _closed(parts: list[Part]) -> list[Part]:
    if not parts:
        return [("–", "muted")]
    *rest, (text, kind) = parts
    return [*rest, (one_line(text.rstrip()), kind)]


def _shown(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
