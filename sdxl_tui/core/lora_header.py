"""What a LoRA's file says of itself, from its header alone: its kind, the model it is made for, its trigger words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.safetensors_header import Header, Stored, read_header

SDXL = "SDXL"
TEXT_WIDTHS = {768: "SD 1.5", 1024: "SD 2", 2048: SDXL, 1280: "the SDXL refiner"}
"""How wide the text is that a UNet attends to, and whose UNet that is."""
OTHERS = (
    ("Flux", re.compile(r"double_blocks|single_blocks|single_transformer_blocks")),
    ("SD 3", re.compile(r"joint_blocks|transformer\.transformer_blocks\.\d+\.(attn\.add_|norm1_context)")),
    ("a transformer, not a UNet", re.compile(r"^(transformer|diffusion_model\.(blocks|layers))[._]")),
)
"""Architectures without a UNet, and what the names of their weights have in common."""
FAMILIES = (("sdxl", SDXL), ("stable-diffusion-xl", SDXL), ("sd_v1", "SD 1.5"), ("stable-diffusion-v1", "SD 1.5"),
            ("sd_v2", "SD 2"), ("stable-diffusion-v2", "SD 2"), ("flux", "Flux"), ("sd3", "SD 3"))  # fmt: skip
"""How trainers spell them in the metadata."""
KINDS = (
    ("LoHa", re.compile(r"\.hada_w1_a$|\.hada_w1$")),
    ("LoKr", re.compile(r"\.lokr_w1(_a)?$")),
    ("DoRA", re.compile(r"\.dora_scale$|\.lora_magnitude_vector(\.|$)")),
    ("OFT", re.compile(r"\.oft_(blocks|diag)$|\.oft_R\.")),
    ("GLoRA", re.compile(r"\.a1\.weight$")),
    ("IA3", re.compile(r"\.on_input$")),
    ("LoRA with a middle factor (Tucker)", re.compile(r"\.lora_mid\.weight$")),
    ("full-weight difference", re.compile(r"\.(diff|diff_b)$")),
)
"""What is not a plain LoRA, and how its weights are called."""

_DOWN = re.compile(r"[._](lora_A|lora_down|lora\.down|lora_linear_layer\.down|lora\.down_layer)(\.default)?\.weight$")
_TEXT = re.compile(r"^(lora_te\d?_|text_encoder)")
_TEXT_2 = re.compile(r"^(lora_te2_|text_encoder_2\.)")
_TO_TEXT = re.compile(r"attn2[._](processor[._])?to_[kv]")
_OWN = re.compile(r"attn1[._](processor[._])?to_[qkv]")
MOST_WORDS = 6
FEWEST_SHARE = 0.3
"""Of the pictures of a training, how many a word must stand beside to be shown as a trigger word."""


@dataclass(frozen=True)
class Widths:
    """The widths by which architectures are told apart; empty where nothing says them."""

    context: frozenset[int] = frozenset()
    """Of the text that the UNet attends to: 2048 on SDXL."""
    features: frozenset[int] = frozenset()
    """Of what it attends from: 640 and 1280 on SDXL."""
    text: frozenset[int] = frozenset()
    """Of the first text encoder: 768."""
    text_2: frozenset[int] = frozenset()
    """Of the second: 1280."""


@dataclass(frozen=True)
class LoraHeader:
    """What is known of a file without reading its weights."""

    problem: str = ""
    """Why it can be used with no model: the rest of a sentence that begins with its name."""
    family: str = ""
    """What it is made for, as ``SDXL``; empty: that cannot be told."""
    widths: Widths = Widths()
    rank: int = 0
    """The largest of its layers; 0: unknown."""
    touches_text: bool = False
    """Whether it changes a text encoder."""
    title: str = ""
    """What its maker called it."""
    words: tuple[str, ...] = ()
    """The words that call up what it has learnt, the likeliest first."""


def read_lora_header(file: Path) -> LoraHeader:
    """Return what a file's header says; whatever is wrong with it is told, never raised."""
    header = read_header(file)
    if header.damage:
        return LoraHeader(problem=header.damage[0])
    names, metadata = header.tensors, header.metadata
    widths = _widths(header)
    family = _family(names, widths, metadata)
    return LoraHeader(
        problem=_problem(names, family),
        family=family,
        widths=widths,
        rank=max((stored.shape[0] for stored in _downs(header).values() if stored.shape), default=0),
        touches_text=any(_TEXT.match(name) for name in names),
        title=metadata.get("modelspec.title") or metadata.get("ss_output_name", ""),
        words=_words(metadata),
    )


def _problem(names: Collection[str], family: str) -> str:
    for kind, pattern in KINDS:
        if any(pattern.search(name) for name in names):
            return f"is a {kind}, which cannot be used here: only LoRA and LoCon files can"
    if any(family == name for name, _ in OTHERS):
        return f"is made for {family}, not for SDXL"
    if not any(_DOWN.search(name) for name in names):
        return "holds no LoRA: its tensors have other names"
    return ""


def _downs(header: Header) -> dict[str, Stored]:
    return {name: stored for name, stored in header.stored.items() if _DOWN.search(name)}


def _widths(header: Header) -> Widths:
    found: dict[str, set[int]] = {"context": set(), "features": set(), "text": set(), "text_2": set()}
    for name, stored in _downs(header).items():
        if len(stored.shape) < 2:
            continue
        if _TEXT.match(name):
            if "self_attn" in name:
                found["text_2" if _TEXT_2.match(name) else "text"].add(stored.shape[1])
        elif _TO_TEXT.search(name):
            found["context"].add(stored.shape[1])
        elif _OWN.search(name):
            found["features"].add(stored.shape[1])
    return Widths(**{name: frozenset(values) for name, values in found.items()})


def _family(names: Collection[str], widths: Widths, metadata: Mapping[str, str]) -> str:
    for family, pattern in OTHERS:
        if any(pattern.search(name) for name in names):
            return family
    if widths.context:
        return TEXT_WIDTHS.get(min(widths.context), "")
    told = f"{metadata.get('modelspec.architecture', '')} {metadata.get('ss_base_model_version', '')}".lower()
    return next((family for spelling, family in FAMILIES if spelling in told), "")


def _words(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The trigger phrase, else the captions' most frequent words, as kohya's trainer counts them."""
    if phrase := metadata.get("modelspec.trigger_phrase", "").strip():
        return (phrase,)
    counts: Counter[str] = Counter()
    try:
        frequencies: Any = json.loads(metadata.get("ss_tag_frequency", "{}"))
        for tags in frequencies.values():
            counts.update({str(tag).strip(): int(count) for tag, count in tags.items()})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()
    most = max(counts.values(), default=0)
    return tuple(tag for tag, count in counts.most_common(MOST_WORDS) if tag and count >= FEWEST_SHARE * most)
