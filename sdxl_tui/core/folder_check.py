"""Check a folder in diffusers layout without reading weights: everything that would stop a load is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from sdxl_tui.core.component_files import (
    PICKLE_RISK,
    PICKLES,
    Part,
    check_module,
    check_scheduler,
    check_tokenizer,
    read_object,
)
from sdxl_tui.core.safetensors_header import AGAIN, DamageError, unreadable
from sdxl_tui.core.words import named


@dataclass(frozen=True)
class FolderReport:
    """What was found in a model's folder."""

    problems: tuple[str, ...] = ()
    """Sentences that name files relative to the folder; empty: it can be loaded."""
    weights: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Component -> the safetensors files to read; a component whose weights are not whole is left out."""
    size_bytes: int = 0
    """Of these files."""


def check_folder(folder: Path) -> FolderReport:
    """Check a folder in diffusers layout."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        return FolderReport((f"The folder {unreadable(folder, error)}.",))
    if not {INDEX, *COMPONENTS} & set(names):
        return FolderReport((_foreign(names),))
    found, wanted = check_index(folder)
    checks = {name: _check_component(folder, name) for name in wanted}
    problems = found + [problem for part in checks.values() for problem in part.problems]
    weights = {name: part.files for name, part in checks.items() if part.files}
    return FolderReport(tuple(problems), weights, sum(part.size_bytes for part in checks.values()))


def _foreign(names: list[str]) -> str:
    """What a folder is that holds nothing of a diffusers layout."""
    if not names:
        return f"The folder is empty: {AGAIN}."
    suffixes = {Path(name).suffix for name in names}
    if ".safetensors" not in suffixes and (pickles := sorted(PICKLES & suffixes)):
        found = f"The folder has only {' and '.join(pickles)} files{PICKLE_RISK}: find or make"
        return f"{found} a safetensors copy of this model on a machine with a network, and put it in this one's place."
    return f"{INDEX} is missing: the lab reads models in diffusers layout, a folder for each component."


# The index: which pipeline this is, and what each component is.

INDEX = "model_index.json"
PIPELINES = ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline")
LIBRARIES = ("diffusers", "transformers")


def check_index(folder: Path) -> tuple[list[str], list[str]]:
    """Return the problems of ``model_index.json``, and the components whose files are worth a look."""
    try:
        index = read_object(folder / INDEX)
    except DamageError as damage:
        return [f"{INDEX} {damage}."], list(COMPONENTS)
    entries = {name: value for name, value in index.items() if _is_component(name, value)}
    problems = _pipeline_problems(index.get("_class_name"))
    problems += [problem for name, entry in entries.items() for problem in _entry_problems(name, *entry)]
    problems += [f"{INDEX} has no {name}, which the lab needs." for name in COMPONENTS if name not in entries]
    return problems, [name for name in COMPONENTS if name in entries]


def _is_component(name: str, value: Any) -> bool:
    """Components are pairs of library and class; one that is left out on purpose is a pair of nulls."""
    is_pair = isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value)
    return is_pair and not name.startswith("_")


def _pipeline_problems(class_name: Any) -> list[str]:
    if class_name in PIPELINES:
        return []
    found = f"the pipeline '{named(class_name)}'" if class_name else "no pipeline"
    return [f"{INDEX} names {found}; the lab needs {PIPELINES[0]}."]


def _entry_problems(name: str, library: str, class_name: str) -> list[str]:
    if library not in LIBRARIES:
        found = f"{INDEX} takes {named(name)} from '{named(library)}', which is custom code"
        return [f"{found}; the lab loads components of {' and '.join(LIBRARIES)} only."]
    component = COMPONENTS.get(name)
    if component is None or component.takes(library, class_name):
        return []
    wanted = component.classes[0].replace("*", "a ")
    return [f"{INDEX} gives {name} as {named(class_name)} of {library}; the lab needs {wanted} of {component.library}."]


# The components.


def _check_component(folder: Path, name: str) -> Part:
    place = folder / name
    if os.path.isdir(place):
        return COMPONENTS[name].check(place)
    return Part((f"{name}/ {'is not a folder' if os.path.lexists(place) else 'is missing'}: {AGAIN}.",))


@dataclass(frozen=True)
class Component:
    """One row: what the lab loads under this name, and how its files are checked."""

    library: str
    classes: tuple[str, ...]
    """Patterns."""
    check: Callable[[Path], Part]

    def takes(self, library: Any, class_name: Any) -> bool:
        """Whether the lab loads that class here."""
        return library == self.library and any(fnmatchcase(str(class_name), pattern) for pattern in self.classes)


_TOKENIZER = Component("transformers", ("CLIPTokenizer", "CLIPTokenizerFast"), check_tokenizer)
_DIFFUSERS = partial(check_module, "diffusion_pytorch_model")
_TRANSFORMERS = partial(check_module, "model")
COMPONENTS = {
    "scheduler": Component("diffusers", ("*Scheduler",), check_scheduler),
    "tokenizer": _TOKENIZER,
    "tokenizer_2": _TOKENIZER,
    "text_encoder": Component("transformers", ("CLIPTextModel",), _TRANSFORMERS),
    "text_encoder_2": Component("transformers", ("CLIPTextModelWithProjection",), _TRANSFORMERS),
    "unet": Component("diffusers", ("UNet2DConditionModel",), _DIFFUSERS),
    "vae": Component("diffusers", ("AutoencoderKL",), _DIFFUSERS),
}
