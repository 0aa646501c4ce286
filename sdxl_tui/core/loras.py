"""The LoRA files in the folders of the setting ``lora_dir``: listed by name, and held against a model before a job."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.cache import find_folder
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_header import TEXT_WIDTHS, LoraHeader, Widths, read_lora_header
from sdxl_tui.core.lora_tags import LoraUse, tags_of
from sdxl_tui.core.models import Model
from sdxl_tui.core.names import find_one
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.words import named

SUFFIX = ".safetensors"
FOLDER = "loras"
"""Below the config folder: where LoRAs are looked for when the setting names no folder."""
PREVIEWS = (".preview.png", ".png", ".jpg", ".jpeg", ".webp", ".preview.jpg", ".preview.jpeg", ".preview.webp")
"""Beside ``name.safetensors``, the picture of it is ``name`` with one of these, as A1111 has it."""
SDXL_WIDTHS = Widths(frozenset({2048}), frozenset({320, 640, 1280}), frozenset({768}), frozenset({1280}))
"""Of a model that is no folder of configs."""

Stamp = tuple[str, int, int]


@dataclass(frozen=True)
class LoraFile:
    """One file that is listed."""

    id: str
    """Its path below its folder, without the suffix: ``styles/neon``."""
    path: Path
    size_bytes: int
    header: LoraHeader
    preview: Path | None = None
    """A picture that shows what it does."""
    words: tuple[str, ...] = ()
    """What calls up what it has learnt, the likeliest first: the user's own note of it, else what the header says."""
    weight: float = 1.0
    """What it begins with when it is chosen."""

    @property
    def problem(self) -> str:
        """The sentence that says why no model can use it; empty: one can."""
        return f"The LoRA {named(self.id)} {self.header.problem}." if self.header.problem else ""


def lora_folders(setting: str) -> tuple[Path, ...]:
    """Return the folders that the setting ``lora_dir`` names, one or several with ``:`` (Windows: ``;``) between."""
    named_there = [Path(part).expanduser() for part in setting.split(os.pathsep) if part.strip()]
    return tuple(named_there) or (paths.config_dir() / FOLDER,)


class LoraLibrary:
    """The listing; headers are read once for each file as it is. Any thread may ask."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._read: dict[Stamp, LoraFile] = {}
        self._turn = threading.Lock()
        self.listed: dict[str, LoraFile] = {}
        """The files by id as they were listed last, in the order of their names."""

    def refresh(self) -> dict[str, LoraFile]:
        """List the folders anew and return ``listed``; folders that are not there hold nothing."""
        with self._turn:
            found: dict[str, LoraFile] = {}
            read: dict[Stamp, LoraFile] = {}
            for folder, path, names in self._files():
                stamp = stamp_of(path)
                identity = path.relative_to(folder).with_suffix("").as_posix()
                if stamp is None or identity in found:
                    continue
                known = self._read.get(stamp) or _looked_at(identity, path, stamp)
                read[stamp] = found[identity] = _with_what_lies_beside(known, names)
            self._read = read
            self.listed = dict(sorted(found.items(), key=lambda item: item[0].casefold()))
            return self.listed

    def find(self, name: str) -> LoraFile:
        """Return the listed file that a name means: an id, its last part, its maker's title, a part that only one has.

        Raises UserError when there is none, or several; a near miss is suggested.
        """
        listed = self.listed
        if not listed:
            where = " or ".join(named(paths.shown(folder)) for folder in self.folders)
            raise UserError(f"There is no LoRA {named(name)}: no {SUFFIX} file lies in {where} (the setting lora_dir).")
        return listed[find_one(name, {i: i for i in listed} | _titles(listed), "LoRA")]

    def _files(self) -> Iterator[tuple[Path, Path, Collection[str]]]:
        """Folder, file and the names of all that lies beside it; links are followed, no folder is looked into twice."""
        seen: set[str] = set()
        for folder in self.folders:
            for place, folders, names in os.walk(folder, followlinks=True):
                real = os.path.realpath(place)
                if real in seen:
                    folders.clear()
                    continue
                seen.add(real)
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                together = frozenset(names)
                for name in sorted(names):
                    if name.endswith(SUFFIX) and not name.startswith("."):
                        yield folder, Path(place, name), together


def with_loras(request: GenerationRequest, library: LoraLibrary) -> GenerationRequest:
    """Return the request with all its LoRAs found: those chosen beside the prompt, then those in its text.

    Raises UserError when one is not there, cannot be used or is made for another model. A request that was given here
    before comes back as it is, if the files are still there.
    """
    chosen = tuple(use for use in request.loras if not use.in_prompt)
    uses = (*chosen, *_in_prompt(request))
    if not uses:
        return request
    library.refresh()
    has = widths_of(request.model)
    return replace(request, loras=tuple(_found(use, request.model, has, library) for use in uses))


def refusal(lora: LoraFile, model: Model, has: Widths | None) -> str:
    """Return the sentence that says why a model cannot use a LoRA; empty: the header knows of no reason.

    ``has`` is what ``widths_of`` says of the model.
    """
    made = lora.header
    if lora.problem or has is None:
        return lora.problem
    begin = f"The LoRA {named(lora.id)} is made for {{}}, not for {model.name}"
    if made.widths.context - has.context:
        [width, *_] = sorted(made.widths.context - has.context)
        family = made.family or "another model"
        wanted = " or ".join(map(str, sorted(has.context)))
        return f"{begin.format(family)}: its text is {width} wide, {model.name} takes {wanted}."
    for what, own, other in (
        ("UNet", made.widths.features, has.features),
        ("first text encoder", made.widths.text, has.text),
        ("second text encoder", made.widths.text_2, has.text_2),
    ):
        if own - other:
            wide = ", ".join(map(str, sorted(own)))
            there = ", ".join(map(str, sorted(other)))
            return f"{begin.format(made.family or 'another model')}: its {what} is {wide} wide, this one is {there}."
    if not made.widths.context and made.family and TEXT_WIDTHS.get(min(has.context)) != made.family:
        return f"{begin.format(made.family)}."
    return ""


def widths_of(model: Model) -> Widths | None:
    """Return a model's widths from its configs; None when it is not there, or they cannot be read."""
    found = find_folder(model)
    if found is None:
        return None
    if not found.path.is_dir():
        return SDXL_WIDTHS
    unet = _config(found.path, "unet")
    context = _numbers(unet.get("cross_attention_dim"))
    if not context:
        return None
    text, text_2 = (
        _numbers(_config(found.path, part).get("hidden_size")) for part in ("text_encoder", "text_encoder_2")
    )
    return Widths(context, _numbers(unet.get("block_out_channels")), text, text_2)


def stamp_of(path: Path) -> Stamp | None:
    """Return what tells a file from itself at another time; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return str(path), status.st_size, status.st_mtime_ns


def _in_prompt(request: GenerationRequest) -> tuple[LoraUse, ...]:
    if request.prompt_syntax == PLAIN:
        return ()
    uses = tags_of(request.styled_prompt)
    if misplaced := tags_of(request.styled_negative_prompt):
        raise UserError(f"A LoRA works in the prompt only: move {named(misplaced[0].tag)} out of the negative prompt.")
    known = {use.tag for use in uses}
    for prompt in request.end_prompts:
        for use in tags_of(prompt):
            if use.tag not in known:
                raise UserError(f"A LoRA works in a whole sequence: put {named(use.tag)} into the first prompt too.")
    return uses


def _found(use: LoraUse, model: Model, has: Widths | None, library: LoraLibrary) -> LoraUse:
    lora = library.find(use.name)
    if reason := refusal(lora, model, has):
        raise UserError(reason)
    return replace(use, name=lora.id, file=lora.path)


def _titles(listed: Mapping[str, LoraFile]) -> dict[str, str]:
    """The makers' titles of those files whose title no other one has."""
    titles = [lora.header.title.casefold() for lora in listed.values()]
    return {
        identity: lora.header.title
        for identity, lora in listed.items()
        if lora.header.title and titles.count(lora.header.title.casefold()) == 1
    }


def _looked_at(identity: str, path: Path, stamp: Stamp) -> LoraFile:
    return LoraFile(identity, path, stamp[1], read_lora_header(path))


def _with_what_lies_beside(lora: LoraFile, names: Collection[str]) -> LoraFile:
    """A file with its picture, and the user's notes as A1111 keeps them."""
    stem = lora.path.name.removesuffix(SUFFIX)
    notes = _notes(lora.path.with_name(f"{stem}.json")) if f"{stem}.json" in names else {}
    words, weight = notes.get("activation text"), notes.get("preferred weight")
    previews = [stem + ending for ending in PREVIEWS if stem + ending in names]
    return replace(
        lora,
        preview=lora.path.with_name(previews[0]) if previews else None,
        words=(words.strip(),) if isinstance(words, str) and words.strip() else lora.header.words,
        weight=float(weight) if isinstance(weight, (int, float)) and 0 < abs(weight) <= 2 else 1.0,
    )


def _config(folder: Path, part: str) -> dict[str, Any]:
    return _notes(folder / part / "config.json")


def _notes(file: Path) -> dict[str, Any]:
    """The JSON object in a file; empty when there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _numbers(value: Any) -> frozenset[int]:
    values = value if isinstance(value, list) else [value]
    return frozenset(number for number in values if isinstance(number, int))
