"""A single-file checkpoint of SDXL at its full size."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.models import Model
from sdxl_tui.engine import ModelLoaded
from tests.core.checkpoint_files import checkpoint_tensors, write_checkpoint
from tests.gpu.conftest import GpuLab, pictures

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]


def test_it_paints_what_the_folder_with_the_same_weights_paints(
    lab: GpuLab, sdxl: Model, tmp_path: Path, own_home: Path
) -> None:
    assert sdxl.folder is not None
    folder = tmp_path / "folder"
    shutil.copytree(sdxl.folder.resolve(), folder, copy_function=os.symlink)
    for tokenizer in ("tokenizer", "tokenizer_2"):
        shutil.rmtree(folder / tokenizer)
        shutil.copytree(SDXL_CONFIGS / tokenizer, folder / tokenizer)
    file = write_checkpoint(tmp_path / "one.safetensors", checkpoint_tensors(folder))
    single = replace(sdxl, id="one", name="One", folder=None, file=file)
    in_folder = replace(sdxl, id="folder", name="Folder", folder=folder)
    for speed in ("exact", "fast"):
        [theirs], [ours] = (pictures(lab, model, speed=speed, seed=3) for model in (in_folder, single))
        assert theirs.tobytes() == ours.tobytes()
    for model in (in_folder, single):  # the file's hash is known by now
        lab.engine.load(model)
        print(f"{model.name}: loaded in {lab.until(ModelLoaded).seconds:.2f} s")
