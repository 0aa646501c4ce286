"""A model whose weights are pickles, written anew as safetensors: nothing in it is run."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core import disk, paths
from sdxl_tui.core.cache import ModelFolder, converted_folder, find_folder
from sdxl_tui.core.check import CONVERSION, PARTS
from sdxl_tui.core.component_files import PICKLES
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.folder_check import COMPONENTS, INDEX, check_folder
from sdxl_tui.core.hashing import sha256_of
from sdxl_tui.core.models import Model
from sdxl_tui.core.safetensors_header import AGAIN
from sdxl_tui.core.words import named, shown_size

STEMS = {
    "text_encoder": ("pytorch_model", "model"),
    "text_encoder_2": ("pytorch_model", "model"),
    "unet": ("diffusion_pytorch_model", "diffusion_pytorch_model"),
    "vae": ("diffusion_pytorch_model", "diffusion_pytorch_model"),
}
"""Component -> how its pickles' and its safetensors' names begin."""
VARIANTS = ("{}.fp16.bin", "{}.fp16.bin.index.json", "{}.bin.index.fp16.json", "{}.bin", "{}.bin.index.json")
"""The best first."""
BESIDE = ("README.md", "LICENSE", "LICENSE.md", "LICENSE.txt")
"""What is kept of a repo beside its components."""
LARGEST_CONFIG = 64 * 1024**2

Tell = Callable[[str, int, int], None]
"""Told the component, and the bytes of pickles read and to read; may raise to give up."""


def convert_model(model: Model, tell: Tell) -> Path:
    """Write a model with pickles as fp16 safetensors into the lab's own folder, and return that folder.

    Files are read with ``torch.load(weights_only=True)``. What fails leaves nothing behind. Raises UserError when there
    is nothing to convert, when a pickle holds more than weights, or when the disk is full.
    """
    found = _source(model)
    target = converted_folder(model)
    unfinished = target.with_name(f".{target.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        _make_sure_of_room(found.path, unfinished)
        _copy_small_files(found.path, unfinished)
        _convert_parts(found.path, unfinished, tell)
        _note(found, unfinished)
        if problems := check_folder(unfinished).problems:
            raise UserError(f"{model.name} cannot be loaded when it is converted: {' '.join(problems)}")
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
        disk.sync_folder(target.parent)
    except OSError as error:
        raise disk.refused(f"{model.name} was not converted", target.parent, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _source(model: Model) -> ModelFolder:
    found = find_folder(model)
    if found is None:
        raise UserError(f"{model.name} is not in the hub cache and no folder: there is nothing to convert.")
    report = check_folder(found.path)
    if not report.problems:
        raise UserError(f"{model.name} is ready as it is: there is nothing to convert.")
    if not any(_pickles_of(found.path, part) for part in PARTS if part not in report.weights):
        raise UserError(f"{model.name} has no pickles that could be converted: {' '.join(report.problems)}")
    return found


def _make_sure_of_room(source: Path, unfinished: Path) -> None:
    """Raise UserError where the disk has no room for what will be written, which is no more than what is read."""
    files = [file for part in PARTS for file in (_pickles_of(source, part) or _safetensors_of(source, part))]
    wanted, free = sum(file.stat().st_size for file in files), shutil.disk_usage(unfinished).free
    if free < wanted:
        raise UserError(
            f"The converted model may take {shown_size(wanted)}, and {paths.shown(unfinished.parent)} has "
            f"{shown_size(free)} free: free some."
        )


def _copy_small_files(source: Path, target: Path) -> None:
    """Copy configs, tokenizers and what says the licence; the cache's links become files."""
    for name in (INDEX, *BESIDE):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    for component in COMPONENTS:
        (target / component).mkdir()
        for file in sorted((source / component).iterdir()) if (source / component).is_dir() else ():
            is_small = file.is_file() and file.stat().st_size <= LARGEST_CONFIG
            if is_small and file.suffix in (".json", ".txt") and ".index" not in file.name:
                shutil.copyfile(file, target / component / file.name)


def _convert_parts(source: Path, target: Path, tell: Tell) -> None:
    whole = check_folder(source).weights
    pickles = {part: _pickles_of(source, part) for part in PARTS if part not in whole}
    total = sum(file.stat().st_size for files in pickles.values() for file in files)
    done = 0
    for part in PARTS:
        if part in whole:
            _take_over(source / part, target / part, whole[part])
            continue
        tensors: dict[str, Any] = {}
        for file in pickles[part]:
            tell(part, done, total)
            tensors |= _weights_of(file)
            done += file.stat().st_size
        _write(tensors, target / part / f"{STEMS[part][1]}.fp16.safetensors")
        tell(part, done, total)


def _take_over(source: Path, target: Path, files: tuple[Path, ...]) -> None:
    """A component that has safetensors already comes along, with the index of its shards."""
    indexes = [file for file in source.iterdir() if ".safetensors.index" in file.name]
    for file in [*files, *(indexes if len(files) > 1 else [])]:
        try:
            os.link(file.resolve(), target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)


def _pickles_of(source: Path, part: str) -> list[Path]:
    """The files with a component's weights, fp16 ones where there are any."""
    for name in (variant.format(STEMS[part][0]) for variant in VARIANTS):
        file = source / part / name
        if not file.is_file():
            continue
        if file.suffix != ".json":
            return [file]
        shards = sorted(set(_shards(file).values()))
        if all(
            "/" not in shard and Path(shard).suffix in PICKLES and (file.parent / shard).is_file() for shard in shards
        ):
            return [file.parent / shard for shard in shards]
    return []


def _is_pickle_beside(index: Path, name: str) -> bool:
    return "/" not in name and Path(name).suffix in PICKLES and (index.parent / name).is_file()


def _safetensors_of(source: Path, part: str) -> list[Path]:
    return [file for file in (source / part).glob("*.safetensors") if file.is_file()]


def _shards(index: Path) -> dict[str, str]:
    try:
        listed = json.loads(index.read_text(encoding="utf-8")).get("weight_map")
    except (OSError, ValueError, AttributeError):
        return {}
    return {str(name): str(shard) for name, shard in listed.items()} if isinstance(listed, dict) else {}


def _weights_of(file: Path) -> Mapping[str, Any]:
    """The tensors of a pickle by name; raises UserError when it holds anything else."""
    import torch

    shown = f"{file.parent.name}/{named(file.name)}"
    try:
        # Files from before torch 1.6 are no archives and cannot be mapped.
        loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=_is_archive(file))
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{shown} holds more than weights, and would run code of its maker's when loaded: it is not read."
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"{shown} is damaged or no file of weights: {AGAIN}.") from error
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise UserError(f"{shown} holds no weights by name: {AGAIN}.")
    return loaded


def _is_archive(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"PK\x03\x04"


def _write(tensors: Mapping[str, Any], file: Path) -> None:
    """Write weights as fp16. Each name gets a tensor of its own, also where several were one in the pickle."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    own = {
        name: tensor.detach().half().contiguous().clone() if tensor.is_floating_point() else tensor.clone()
        for name, tensor in tensors.items()
    }
    try:
        save_file(own, str(file), metadata={"format": "pt"})
    except SafetensorError as error:
        raise _of_the_disk(error) from error
    disk.sync_file(file)


def _of_the_disk(error: Exception) -> OSError:
    """The library wraps what the system said in a text: ``… (os error 28)``."""
    number = str(error).rpartition("os error ")[2].rstrip(') ."')
    return OSError(int(number), os.strerror(int(number))) if number.isdecimal() else OSError(str(error))


def _note(found: ModelFolder, target: Path) -> None:
    """Say beside the model what it was made from, and what each file should be."""
    files = sorted(file for file in target.rglob("*") if file.is_file())
    digests = {file.relative_to(target).as_posix(): sha256_of(file, lambda _size: None) for file in files}
    note = {"revision": found.revision, "source": str(found.path), "sha256": digests}
    (target / CONVERSION).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
