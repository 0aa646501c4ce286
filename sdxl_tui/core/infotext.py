"""A1111's infotext: the settings of a picture as every other tool reads them.

Prompt, then ``Negative prompt: …`` when there is one, then one last line of ``Key: value`` pairs. The grammar cannot
say everything (see ``_prompt``); the chunk ``sdxl_tui`` holds the whole truth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdxl_tui import __version__
from sdxl_tui.core.hires import hires_of
from sdxl_tui.core.lora_tags import read_log, tags_for
from sdxl_tui.core.request import MAX_SEED

CHUNK = "parameters"
"""Where A1111 and everybody who follows it put it."""
NEGATIVE = "Negative prompt:"

_NO_BREAK_NEGATIVE = NEGATIVE.replace(" ", "\N{NO-BREAK SPACE}")
_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_FEWEST_PAIRS = 3
"""A last line with fewer of them is part of the prompt."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Infotext:
    """What an infotext says."""

    prompt: str
    negative_prompt: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def write(record: Mapping[str, Any], image_index: int, sampler: str, schedule_type: str) -> str:
    """Return the infotext of one picture of a job.

    ``sampler`` and ``schedule_type`` are A1111's names; an empty schedule type is left out. A plain DPM++ 2M needs
    its ``Uniform``: without one it is read as Karras.
    """
    hires = hires_of(record.get("hires"))
    settings = {
        "Steps": record["steps"],
        "Sampler": sampler,
        "Schedule type": schedule_type,
        "CFG scale": _number(record["guidance_scale"]),
        "Seed": image_seed(record, image_index),
        "Size": f"{record['width']}x{record['height']}",
        "Denoising strength": _number(hires.strength if hires else record.get("strength")),
        "Lora hashes": _lora_hashes(record.get("loras") or []),
        "Model hash": _model_hash(record.get("model_revision")),
        "Model": str(record["model"]).rsplit("/", 1)[-1],
        "RNG": "CPU",
        "Hires upscale": _number(hires.factor) if hires else None,
        "Hires steps": hires.steps if hires else None,
        "Hires upscaler": hires.upscaler if hires else None,
        "Version": f"sdxl-tui {__version__}",
        "Style": _without_separators(record.get("style") or ""),
    }
    last = ", ".join(f"{key}: {_quoted(str(value))}" for key, value in settings.items() if value not in (None, ""))
    negative = _prompt(record["styled_negative_prompt"])
    prompt = " ".join(part for part in (_own_prompt(record, image_index), _chosen_loras(record)) if part)
    lines = [_prompt(prompt), f"{NEGATIVE} {negative}" if negative else "", last]
    return "\n".join(line for line in lines if line)


def read(text: str) -> Infotext:
    """Return what an infotext says, as A1111 reads it."""
    *lines, last = text.strip().split("\n")
    pairs = _PAIR.findall(last)
    if len(pairs) < _FEWEST_PAIRS:
        lines, pairs = [*lines, last], []
    lines = [line.strip() for line in lines]
    border = next((number for number, line in enumerate(lines) if line.startswith(NEGATIVE)), len(lines))
    return Infotext(
        prompt="\n".join(lines[:border]),
        negative_prompt="\n".join(lines[border:]).removeprefix(NEGATIVE).strip(),
        settings={key: _unquoted(value.strip()) for key, value in pairs},
    )


def image_seed(record: Mapping[str, Any], image_index: int) -> int:
    """Return the seed of one picture of a job."""
    seeds = record.get("seeds") or []
    if image_index < len(seeds):
        return int(seeds[image_index])
    return (int(record["seed"]) + image_index) % (MAX_SEED + 1)


def _own_prompt(record: Mapping[str, Any], image_index: int) -> str:
    """What was sent for this picture; the frames of a sequence have their own."""
    prompts = record.get("frame_prompts") or []
    return str(prompts[image_index] if image_index < len(prompts) else record["styled_prompt"])


def _chosen_loras(record: Mapping[str, Any]) -> str:
    """The tags of the LoRAs that were chosen beside the prompt: A1111 knows no other place for them."""
    return tags_for([use for use in read_log(record) if not use.in_prompt])


def _lora_hashes(entries: Sequence[Mapping[str, Any]]) -> str:
    """``name: hash, name: hash``, as A1111's ``extra_networks_lora.py`` writes them."""
    known = {str(entry["name"]).rsplit("/", 1)[-1]: str(entry.get("autov3", "")) for entry in entries}
    return ", ".join(f"{re.sub('[:,]', '', name)}: {autov3[:12]}" for name, autov3 in known.items() if autov3)


def _prompt(text: str) -> str:
    """A prompt as the grammar can carry it: what would begin a negative prompt gets a no-break space.

    Anywhere, not only at the start of a line: some readers split there too. Outer blanks are lost on every reader.
    """
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).replace(NEGATIVE, _NO_BREAK_NEGATIVE).strip()


def _without_separators(text: str) -> str:
    """A value of our own keys: some readers split at commas and colons even inside quotes."""
    return " ".join(re.sub("[,:]", " ", _prompt(text)).split())


def _model_hash(revision: Any) -> str:
    """The beginning of a single file's SHA-256, by which other tools know it; a repo's revision is longer."""
    return revision if isinstance(revision, str) and re.fullmatch("[0-9a-f]{10}", revision) else ""


def _number(value: float | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search("[,:\n]", value) else value


def _unquoted(value: str) -> str:
    if not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
