"""Pickles become safetensors, and nothing in them is run."""

from __future__ import annotations

import json
import os
import shutil
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from sdxl_tui.cli import main
from sdxl_tui.core import paths
from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import CONVERTED, check_model, remedy
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.verifying import verify
from sdxl_tui.engine import JobDone, convert_model
from tests.engine.conftest import Lab, request

IDENTITY = "stabilityai/sdxl-turbo"
PICKLED = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "pytorch_model",
    "text_encoder_2": "pytorch_model",
}


def pickled(folder: Path, old_format: bool = False) -> None:
    """Replace a folder's safetensors by the pickles that repos had before."""
    for part, stem in PICKLED.items():
        [file] = (folder / part).glob("*.safetensors")
        tensors = OrderedDict(load_file(file))
        torch.save(tensors, folder / part / f"{stem}.bin", _use_new_zipfile_serialization=not old_format)
        file.unlink()


@pytest.fixture
def snapshot(tmp_path: Path, own_home: Path) -> Path:
    """A repo with pickles only in the hub cache: the demo model's weights."""
    snapshot = tmp_path / "hub" / f"models--{IDENTITY.replace('/', '--')}" / "snapshots" / ("ab" * 20)
    shutil.copytree(DEMO_FOLDER, snapshot)
    pickled(snapshot)
    return snapshot


def convert() -> Path:
    return convert_model(load_catalogue()[IDENTITY], lambda _part, _done, _total: None)


def left_behind() -> list[str]:
    return os.listdir(paths.converted_dir()) if paths.converted_dir().is_dir() else []


def test_a_repo_with_pickles_only_is_converted_and_paints_the_same(lab: Lab, snapshot: Path) -> None:
    model = load_catalogue()[IDENTITY]
    before = check_model(model)
    assert before.state == "incomplete"
    assert before.problems[0].endswith("can run code when loaded; the lab reads safetensors only.")
    assert remedy(before) == f"sdxl-tui models convert {IDENTITY}"
    told: list[tuple[str, int, int]] = []
    folder = convert_model(model, lambda *how_far: told.append(how_far))
    report = check_model(model)
    assert (report.state, report.source, report.folder, report.revision) == ("ready", CONVERTED, folder, "ab" * 20)
    assert [part for part, _, _ in told][::2] == ["text_encoder", "text_encoder_2", "unet", "vae"]
    assert told[-1][1] == told[-1][2]
    assert left_behind() == [folder.name]
    theirs, ours = lab.run(request(model=model)), lab.run(request())
    assert isinstance(theirs, JobDone), theirs
    assert theirs.record["pixels_sha256"] == ours.record["pixels_sha256"]
    assert verify(report, lambda *_: None).wrong == ()
    assert verify(report, lambda *_: None).matching > 10


def test_files_from_before_pickles_were_archives_and_shards_are_read(snapshot: Path) -> None:
    unet = snapshot / "unet" / "diffusion_pytorch_model.bin"
    weights = torch.load(unet, weights_only=True)
    names = sorted(weights)
    listed = {}
    for number, half in enumerate((names[::2], names[1::2]), start=1):
        shard = f"diffusion_pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: weights[name] for name in half}, unet.with_name(shard), _use_new_zipfile_serialization=False)
        listed |= dict.fromkeys(half, shard)
    unet.unlink()
    (snapshot / "unet" / "diffusion_pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": listed}))
    converted = load_file(convert() / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    published = load_file(DEMO_FOLDER / "unet" / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(converted[name], tensor.half()) for name, tensor in published.items())


def test_tensors_that_are_one_in_the_pickle_become_two(snapshot: Path) -> None:
    file = snapshot / "vae" / "diffusion_pytorch_model.bin"
    weights = torch.load(file, weights_only=True)
    first, second = [name for name in weights if name.endswith("norm1.weight")][:2]
    same_shape = [name for name in weights if weights[name].shape == weights[first].shape and name != first]
    weights[same_shape[0]] = weights[first]
    torch.save(weights, file)
    converted = load_file(convert() / "vae" / "diffusion_pytorch_model.fp16.safetensors")
    assert torch.equal(converted[first], converted[same_shape[0]])
    assert second in converted


def test_fp16_pickles_are_preferred_and_safetensors_come_along(snapshot: Path) -> None:
    shutil.copy(DEMO_FOLDER / "vae" / "diffusion_pytorch_model.safetensors", snapshot / "vae")
    unet = snapshot / "unet" / "diffusion_pytorch_model.bin"
    unet.rename(unet.with_name("diffusion_pytorch_model.fp16.bin"))
    unet.write_bytes(b"never read")
    folder = convert()
    assert (folder / "vae" / "diffusion_pytorch_model.safetensors").is_file()
    assert check_model(load_catalogue()[IDENTITY]).state == "ready"


class Rogue:
    """What a pickle can bring."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/this-must-never-be-run",)


def test_an_unsafe_pickle_is_refused_and_not_run(snapshot: Path) -> None:
    torch.save({"a": Rogue()}, snapshot / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(UserError, match=r"^unet/diffusion_pytorch_model.bin holds more than weights"):
        convert()
    assert not os.path.exists("/tmp/this-must-never-be-run")
    assert left_behind() == []


def test_a_damaged_pickle_is_named(snapshot: Path) -> None:
    (snapshot / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UserError, match=r"^vae/diffusion_pytorch_model.bin is damaged or no file of weights"):
        convert()
    assert left_behind() == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr("sdxl_tui.engine.convert.shutil.disk_usage", lambda _folder: usage)
    with pytest.raises(UserError, match=r"^The converted model may take 3\d\.\d MiB, and .* has 976.6 KiB free"):
        convert()
    usage.free = 10**12

    def full(*_: object, **__: object) -> None:
        from safetensors import SafetensorError

        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(UserError, match=r"^SDXL Turbo was not converted: no space in "):
        convert()
    assert left_behind() == []


def test_what_is_ready_or_not_there_is_not_converted(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "convert", "realvis"]) == 2
    assert "is not in the hub cache and no folder: there is nothing to convert." in capsys.readouterr().err
    assert main(["models", "convert", "demo"]) == 2
    assert capsys.readouterr().err == "sdxl-tui: Demo is ready as it is: there is nothing to convert.\n"
    assert main(["models", "convert", "turbo"]) == 0
    assert capsys.readouterr().out.startswith("● SDXL Turbo is ready: 31.7 MiB of safetensors in ")
