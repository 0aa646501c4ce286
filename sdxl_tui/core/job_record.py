"""A job as JSON and back: what waits on disk is, when it is read again, the very job that was queued."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import MODES
from sdxl_tui.core.words import named

_PICTURES = {"init_image": "The init image", "mask_image": "The mask"}


def written(job: Job) -> str:
    """Return a job as one line of ASCII; paths are absolute, whatever folder a later lab is started in."""
    return json.dumps(_plain(job), allow_nan=False)


def read(text: str) -> Job:
    """Return the job that ``written`` wrote; raises UserError when that is damaged, or holds what is not known here."""
    try:
        job: Job = _typed(Job, json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(f"What the queue says of the job cannot be read here ({error}).") from error
    return job


def check_possible(job: Job, catalogue: Mapping[str, Model]) -> Job:
    """Return a job of an earlier start with its model as it lies now.

    Raises UserError when the model has left the catalogue, or a file that the job is made from is gone.
    """
    request = job.request
    known = catalogue.get(request.model.id)
    if known is None:
        raise UserError(f"{named(request.model.name)} is not in the catalogue any more: choose another model.")
    for field, what in _PICTURES.items():
        path: Path | None = getattr(request, field)
        if field in MODES[request.mode].fields and path is not None and not path.exists():
            raise UserError(f"{what} {named(path)} is gone: put it back, or choose another one.")
    for use in request.loras:
        if use.file is not None and not use.file.exists():
            raise UserError(f"The LoRA {named(use.name)} is gone: {named(use.file)} is not there any more.")
    model = replace(request.model, folder=known.folder, file=known.file)
    return replace(job, request=replace(request, model=model))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return str(value.absolute()) if isinstance(value, Path) else value


def _typed(kind: Any, value: Any) -> Any:
    """Return a value of JSON as the field of a type has it; raise ValueError or TypeError where it does not fit."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is no {kind.__name__}")
        hints = typing.get_type_hints(kind)
        if unknown := set(value) - set(hints):
            raise ValueError(f"a newer lab wrote it: {', '.join(sorted(unknown))}")
        return kind(**{name: _typed(hints[name], item) for name, item in value.items()})
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        [other] = [part for part in parts if part is not type(None)]
        return None if value is None else _typed(other, value)
    if origin is tuple:
        return tuple(_typed(parts[0], item) for item in value)
    if origin is Mapping:
        return dict(value)
    if kind is Path:
        return Path(value)
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value
