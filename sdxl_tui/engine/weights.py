"""Published weights for a model's layout, matched by name: a tensor missing or left over is an error that names it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sdxl_tui.core.check import FILE, PARTS, ModelReport
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.safetensors_header import AGAIN, BYTES_OF, Stored, read_header
from sdxl_tui.core.words import named
from sdxl_tui.engine.checkpoint_names import Spot, is_extra, spots_of

RENAMINGS = (
    # transformers 5 dropped the prefix of CLIPTextModel that every published repo has.
    (re.compile(r"^text_model\."), ""),
    # VAEs saved by diffusers before 0.15 name their attention as the first latent diffusion code did.
    (re.compile(r"(attentions\.\d+)\.query\."), r"\1.to_q."),
    (re.compile(r"(attentions\.\d+)\.key\."), r"\1.to_k."),
    (re.compile(r"(attentions\.\d+)\.value\."), r"\1.to_v."),
    (re.compile(r"(attentions\.\d+)\.proj_attn\."), r"\1.to_out.0."),
)
"""Every known spelling of a tensor's name leads to one: applied to the file's names and to the live module's."""

CONSTANTS = re.compile(r"(^|\.)position_ids$")
"""Counting tensors that some files carry and every module makes by itself."""

READABLE = frozenset({"F16", "BF16", "F32", "F64", "F8_E4M3", "F8_E5M2"})
"""Number formats that are cast to the device's."""


@dataclass(frozen=True)
class Source:
    """One weight of a model and where it stands in a file."""

    name: str
    """``component.name of the live module``, as in the layout."""
    file: Path
    stored: Stored
    transposed: bool = False
    """It is stored with rows and columns the other way round."""


@cache
def canonical(name: str) -> str:
    """The one spelling of a tensor's name; remembered, for the next model has the same names."""
    for pattern, replacement in RENAMINGS:
        name = pattern.sub(replacement, name)
    return name


def sources_of(check: ModelReport, shapes: Mapping[str, tuple[int, ...]]) -> list[Source]:
    """Return where every weight of a checked model stands, from the headers of its files alone.

    ``shapes`` are the live weights', by ``component.name``. Raises UserError that names the component's folder and the
    tensor when one is missing, left over, of another shape or no number.
    """
    assert check.folder is not None, "only a checked model is read"
    live_of = {
        part: {name.removeprefix(f"{part}."): shape for name, shape in shapes.items() if name.startswith(f"{part}.")}
        for part in PARTS
    }
    if check.source == FILE:
        return _in_a_checkpoint(check.weights[PARTS[0]][0], live_of)
    found: list[Source] = []
    for part, live in live_of.items():
        prefix = f"{part}."
        found += (
            Source(prefix + name, file, stored)
            for name, (file, stored) in _matched(check.weights[part], check.folder, live).items()
        )
    return found


def _matched(
    files: Iterable[Path], folder: Path, live: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[Path, Stored]]:
    name_of = {canonical(name): name for name in live}
    found: dict[str, tuple[Path, Stored]] = {}
    left_over: list[str] = []
    part = Path()
    for file in files:
        part = file.relative_to(folder).parent
        header = read_header(file)
        if header.damage:
            raise UserError(f"{file.relative_to(folder)} {header.damage[0]}.")
        for name, stored in header.stored.items():
            if CONSTANTS.search(name):
                continue
            target = name_of.get(canonical(name))
            if target is None:
                left_over.append(name)
                continue
            _check(file.relative_to(folder), name, stored, live[target])
            found[target] = (file, stored)
    _refuse(part, "lacks", [name for name in live if name not in found])
    _refuse(part, "has an unknown", left_over)
    return found


def _in_a_checkpoint(file: Path, live_of: Mapping[str, Mapping[str, tuple[int, ...]]]) -> list[Source]:
    """Where a single-file checkpoint has the weights, for each component's names and shapes."""
    header, shown = read_header(file), Path(named(file.name))
    if header.damage:
        raise UserError(f"{shown} {header.damage[0]}.")
    found: list[Source] = []
    used: set[str] = set()
    for part, live in live_of.items():
        spots = spots_of(part, live)
        _refuse(shown, "lacks", [spot.key for spot in spots.values() if spot.key not in header.stored])
        for name, spot in spots.items():
            stored = _seen_as(header.stored[spot.key], spot, live[name])
            _check(shown, spot.key, stored, live[name][::-1] if spot.transposed else live[name])
            found.append(Source(f"{part}.{name}", file, stored, spot.transposed))
            used.add(spot.key)
    _refuse(shown, "has an unknown", [key for key in header.stored if key not in used and not is_extra(key)])
    return found


def _seen_as(stored: Stored, spot: Spot, wanted: tuple[int, ...]) -> Stored:
    """A tensor, or the third of one, in the shape of a weight where only the view differs."""
    if spot.third is not None and stored.shape and stored.shape[0] == 3 * wanted[0]:
        shape = (wanted[0], *stored.shape[1:])
        return Stored(stored.dtype, shape, stored.begin + spot.third * math.prod(shape) * BYTES_OF[stored.dtype])
    # The VAE's attention was made of 1x1 convolutions once.
    return replace(stored, shape=wanted) if stored.shape == (*wanted, 1, 1) else stored


def _check(file: Path, name: str, stored: Stored, wanted: tuple[int, ...]) -> None:
    if stored.shape != wanted:
        raise UserError(
            f"{file}: {name} has shape {list(stored.shape)}, its config asks for {list(wanted)}; "
            "download that folder again."
        )
    if stored.dtype not in READABLE:
        raise UserError(f"{file}: {name} is stored as {stored.dtype}, which is no weight of SDXL; {AGAIN}.")


def _refuse(part: Path, what: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise UserError(f"{part} {what} tensor {names[0]}{more}: the weights do not fit the config beside them.")
