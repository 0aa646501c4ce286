"""The settings of any picture as a line of jobs.log: ours as they are, others by their nearest counterparts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.foreign import PROGRAMS, Foreign, read_foreign
from sdxl_tui.core.foreign_hires import put_hires
from sdxl_tui.core.lenient import number, whole
from sdxl_tui.core.models import DEMO, Model, load_catalogue
from sdxl_tui.core.pictures import opened, own_record
from sdxl_tui.core.request import MAX_SEED, check_guidance, check_side, check_whole
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import named

OURS = "sdxl-tui"
CUTOFF = 0.5
"""How like a model's name must be to be taken for near, from 0 to 1."""

_SAMPLERS = {
    "euler": "euler",
    "eulera": "euler_a",
    "eulerancestral": "euler_a",
    "dpmpp2m": "dpmpp_2m",
    "unipc": "unipc",
    "unipcbh2": "unipc",
}
"""Row of SCHEDULERS by what other programs call it, letters and digits only, ``++`` as ``pp``."""
_NEAR_SAMPLERS = {
    "dpmpp2msde": "dpmpp_2m",
    "dpmpp2msdegpu": "dpmpp_2m",
    "dpmpp2msdeheun": "dpmpp_2m",
    "dpmpp3msde": "dpmpp_2m",
    "dpmpp3msdegpu": "dpmpp_2m",
    "eulercfgpp": "euler",
    "eulerancestralcfgpp": "euler_a",
}
"""Those that are not there, and what comes nearest."""
_PLAIN_SCHEDULES = ("", "automatic", "uniform", "normal", "simple", "sgmuniform", "ddimuniform")


@dataclass(frozen=True)
class PictureSettings:
    """What a picture was made with."""

    record: dict[str, Any]
    """Keys as in jobs.log; what could not be used is left out."""
    made_with: str
    """The program: ``sdxl-tui``, ``AUTOMATIC1111``, ``ComfyUI``, ``InvokeAI``, ``Fooocus``."""
    notes: tuple[str, ...] = ()
    """A sentence for everything that is not as the picture says it."""


def settings_of(path: Path, catalogue: Mapping[str, Model] | None = None) -> PictureSettings:
    """Return the settings inside a picture; raise UserError that says why there are none.

    Our own chunk is the truth where it is. A model that is not in ``catalogue`` (the user's, if none is given) becomes
    the nearest one by name.
    """
    with opened(path) as picture:
        record = own_record(picture, path)
        if record is not None:
            return PictureSettings(record, OURS)
        foreign = read_foreign(picture)
        size = picture.size
    if foreign is None:
        raise UserError(f"{one_line(str(path))} holds no settings, neither this lab's nor those of {PROGRAMS}.")
    return _translated(foreign, size, load_catalogue() if catalogue is None else catalogue)


def _translated(foreign: Foreign, size: tuple[int, int], catalogue: Mapping[str, Model]) -> PictureSettings:
    notes = list(foreign.notes)
    strength = number(foreign.strength)
    record: dict[str, Any] = {
        "mode": "txt2img" if strength is None else "img2img",
        "prompt": foreign.prompt,
        "negative_prompt": foreign.negative_prompt,
        "styled_prompt": foreign.prompt,
        "styled_negative_prompt": foreign.negative_prompt,
        "prompt_syntax": foreign.prompt_syntax,
        "style": "",
        "batch_size": 1,
        "made_with": foreign.made_with,
    }
    if foreign.loras:
        record["loras"] = [use.as_log() for use in foreign.loras]
    _put_model(record, foreign.model, catalogue, notes)
    _put_scheduler(record, foreign.sampler, foreign.schedule, notes)
    width, height = whole(foreign.width) or size[0], whole(foreign.height) or size[1]
    for key, value, read, check in (
        ("steps", foreign.steps, whole, lambda value: check_whole("Steps", value, 1, 200)),
        ("guidance_scale", foreign.guidance, number, check_guidance),
        ("seed", foreign.seed, whole, lambda value: check_whole("Seed", value, 0, MAX_SEED)),
        ("width", width, whole, lambda value: check_side("Width", value)),
        ("height", height, whole, lambda value: check_side("Height", value)),
    ):
        _put_number(record, key, value, read, check, notes)
    if foreign.hires:
        put_hires(record, foreign.hires, notes)
    if strength is not None:
        record["strength"] = strength
        notes.append("It was made from another image, which is not in it.")
    return PictureSettings(record, foreign.made_with, tuple(notes))


def _put_number(
    record: dict[str, Any],
    key: str,
    value: object,
    read: Callable[[object], float | None],
    check: Callable[[Any], None],
    notes: list[str],
) -> None:
    if value is None:
        return
    found = read(value)
    label = key.partition("_")[0]
    if found is None:
        notes.append(f"Its {label} cannot be read: '{named(value)}'.")
        return
    try:
        check(found)
    except UserError as error:
        notes.append(f"Its {label} {found} cannot be used here: {error}")
    else:
        record[key] = found


def _put_model(record: dict[str, Any], name: str, catalogue: Mapping[str, Model], notes: list[str]) -> None:
    if not name:
        notes.append("It does not name its model.")
        return
    wanted = _letters(re.sub(r"\.(safetensors|ckpt|sft|gguf)$", "", re.split(r"[/\\]", name)[-1]))
    names = {_letters(spelling): model for model in catalogue.values() for spelling in _spellings(model)}
    if wanted in names:
        model = names[wanted]
    else:
        real = {spelling: model for spelling, model in names.items() if model.id != DEMO}
        near = difflib.get_close_matches(wanted, real, n=1, cutoff=CUTOFF)
        if not near:
            record["model_name"] = name
            notes.append(f"The model {named(name)} is not known here, and none has a name near it.")
            return
        model = real[near[0]]
        notes.append(f"The model {named(name)} is not known here; {named(model.name)} is the nearest by its name.")
    record["model"], record["model_name"] = model.id, model.name


def _spellings(model: Model) -> tuple[str, str]:
    return model.id.rsplit("/", 1)[-1], model.name


def _put_scheduler(record: dict[str, Any], sampler: str, schedule: str, notes: list[str]) -> None:
    if not sampler:
        return
    name, kind = _letters(sampler), _letters(schedule)
    if name.endswith("karras") or sampler.endswith("_k"):  # A1111 before 1.9; InvokeAI
        name, kind = name.removesuffix("karras").removesuffix("k"), "karras"
    row = _SAMPLERS.get(name) or _NEAR_SAMPLERS.get(name)
    if row is None:
        record["scheduler"] = sampler
        notes.append(f"The sampler {named(sampler)} has no counterpart here.")
        return
    if row == "dpmpp_2m" and kind == "karras":
        row, kind = "dpmpp_2m_karras", ""
    record["scheduler_choice"], record["scheduler"] = row, SCHEDULERS[row].name
    if name in _NEAR_SAMPLERS:
        notes.append(f"The sampler {named(sampler)} is not here; {SCHEDULERS[row].name} is the nearest.")
    if kind not in _PLAIN_SCHEDULES:
        notes.append(f"Its schedule {named(schedule or kind)} is not here with {SCHEDULERS[row].name}.")


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.casefold().replace("++", "pp"))
