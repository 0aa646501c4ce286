"""A model is ready, incomplete or absent, and its weight files are chosen, without reading weights."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import ModelReport, check_model
from sdxl_tui.core.models import CATALOGUE, DEMO, DEMO_RECIPE
from tests.core.model_folders import (
    MODEL_INDEX,
    REVISION,
    TENSORS,
    UNET,
    cut,
    empty,
    model_of,
    weight_name,
    write_hub_entry,
    write_json,
    write_model,
    write_safetensors,
    write_shards,
)


def names(report: ModelReport, component: str) -> list[str]:
    """The weight files that would be read, by name."""
    return [file.name for file in report.weights[component]]


# Whole models, in every shape in which they are published.


@pytest.mark.parametrize("variant", ["fp16", ""])
@pytest.mark.parametrize("shards", [1, 3])
def test_a_whole_folder_is_ready(tmp_path: Path, variant: str, shards: int) -> None:
    folder = write_model(tmp_path / "model", variant=variant, unet_shards=shards)

    report = check_model(model_of(folder))

    assert (report.state, report.problems) == ("ready", ())
    assert (report.folder, report.revision) == (folder, "")
    assert set(report.weights) == {"unet", "vae", "text_encoder", "text_encoder_2"}
    assert len(report.weights["unet"]) == shards
    files = [file for part in report.weights.values() for file in part]
    assert report.size_bytes == sum(file.stat().st_size for file in files)
    assert all(file.is_relative_to(folder) for file in files)


@pytest.mark.parametrize("shards", [1, 2])
def test_a_hub_snapshot_is_ready_and_is_read_through_its_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = write_hub_entry(tmp_path, unet_shards=shards)

    report = check_model(model_of())

    assert (report.state, report.problems, report.revision) == ("ready", (), REVISION)
    assert report.folder == snapshot
    assert report.size_bytes > 0
    assert all(file.parent == snapshot / "unet" for file in report.weights["unet"])


@pytest.mark.parametrize(
    "index_name",
    [
        "diffusion_pytorch_model.fp16.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "diffusion_pytorch_model.safetensors.index.json",
    ],
)
def test_every_spelling_of_an_index_is_known(tmp_path: Path, index_name: str) -> None:
    folder = write_model(tmp_path)
    (folder / UNET).unlink()
    write_shards(folder / "unet", index_name=index_name)

    report = check_model(model_of(folder))

    assert report.state == "ready"
    assert len(report.weights["unet"]) == 2


def test_a_whole_fp16_variant_is_preferred(tmp_path: Path) -> None:
    folder = write_model(write_model(tmp_path, variant=""), variant="fp16")

    report = check_model(model_of(folder))

    assert all(names(report, component) == [weight_name(component)] for component in TENSORS)


def test_a_damaged_fp16_variant_gives_way_to_a_whole_plain_one(tmp_path: Path) -> None:
    folder = write_model(write_model(tmp_path, variant=""), variant="fp16")
    cut(folder / UNET)

    report = check_model(model_of(folder))

    assert report.state == "ready"
    assert names(report, "unet") == ["diffusion_pytorch_model.safetensors"]


def test_when_both_variants_are_damaged_both_are_told(tmp_path: Path) -> None:
    folder = write_model(write_model(tmp_path, variant=""), variant="fp16")
    cut(folder / UNET)
    empty(folder / "unet" / weight_name("unet", ""))

    problems = check_model(model_of(folder)).problems

    assert [problem.split()[0] for problem in problems] == [UNET, "unet/diffusion_pytorch_model.safetensors"]


def test_what_the_lab_does_not_read_is_ignored(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    for stray in (
        "vae_1_0/diffusion_pytorch_model.safetensors",
        "vae_decoder/model.onnx",
        "sd_xl_base_1.0.safetensors",
        "unet/diffusion_pytorch_model.bin",
        "unet/diffusion_flax_model.msgpack",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        "pipeline.py",
        ".gitattributes",
    ):
        (folder / stray).parent.mkdir(exist_ok=True)
        (folder / stray).write_bytes(b"no weights")

    assert check_model(model_of(folder)).state == "ready"


@pytest.mark.parametrize("files", [("vocab.json", "merges.txt"), ("tokenizer.json",)])
def test_a_tokenizer_needs_one_of_two_sets_of_files(tmp_path: Path, files: tuple[str, ...]) -> None:
    folder = write_model(tmp_path)
    write_json(folder / "tokenizer" / "tokenizer.json", {"model": {"vocab": {"a": 0}}})
    for file in {"vocab.json", "merges.txt", "tokenizer.json"} - set(files):
        (folder / "tokenizer" / file).unlink()

    assert check_model(model_of(folder)).state == "ready"


@pytest.mark.parametrize("mode", ["", "Img2Img", "Inpaint"])
def test_the_pipelines_that_share_the_components_are_taken(tmp_path: Path, mode: str) -> None:
    folder = write_model(tmp_path)
    write_json(folder / "model_index.json", MODEL_INDEX | {"_class_name": f"StableDiffusionXL{mode}Pipeline"})

    assert check_model(model_of(folder)).state == "ready"


def test_files_of_many_gigabytes_are_checked_by_their_headers(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    write_safetensors(folder / UNET, {"conv_in.weight": (5, 1024, 1024, 512)})

    report = check_model(model_of(folder))
    assert report.state == "ready"
    assert report.size_bytes > 5 * 2**30

    os.truncate(folder / UNET, 3 * 2**30)
    assert check_model(model_of(folder)).problems == (f"{UNET} has 3.0 of 5.0 GiB: download it again.",)


def test_the_demo_is_always_ready() -> None:
    report = check_model(CATALOGUE[DEMO])

    assert (report.state, report.folder, report.revision, report.problems) == ("ready", DEMO_FOLDER, DEMO_RECIPE, ())


# Folders that are no model, or not there.


def test_a_folder_of_pickles_says_what_they_can_do(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt").write_bytes(b"\x80\x02")

    assert check_model(model_of(tmp_path)).problems == (
        "The folder has only .ckpt files, which can run code when loaded; the lab reads safetensors only: find or make"
        " a safetensors copy of this model on a machine with a network, and put it in this one's place.",
    )


def test_a_folder_that_is_no_model_is_incomplete(tmp_path: Path) -> None:
    assert check_model(model_of(tmp_path)).problems == ("The folder is empty: download it again.",)

    (tmp_path / "checkpoint.safetensors").write_bytes(b"x")
    report = check_model(model_of(tmp_path))
    assert report.state == "incomplete"
    assert report.problems[0].startswith("model_index.json is missing: the lab reads models in diffusers layout")


def test_a_file_in_the_folders_place_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("x")

    report = check_model(model_of(tmp_path / "model"))

    assert (report.state, report.problems) == ("incomplete", (f"{tmp_path}/model is not a folder.",))


def test_a_plain_folder_that_is_gone_is_absent(tmp_path: Path) -> None:
    report = check_model(model_of(tmp_path / "gone"))

    assert (report.state, report.folder) == ("absent", None)
    assert report.problems == (f"SDXL Turbo is not in {tmp_path}/gone: there is no such folder.",)


def test_a_model_that_is_not_in_the_cache_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))

    report = check_model(model_of())

    assert (report.state, report.folder, report.revision) == ("absent", None, "")
    assert report.problems == ("SDXL Turbo is not in ~/hub.",)


@pytest.mark.parametrize("folder", ["blobs", "snapshots"])
def test_a_download_that_never_finished_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    (tmp_path / "models--stabilityai--sdxl-turbo" / folder).mkdir(parents=True)

    report = check_model(model_of())

    assert (report.state, report.folder) == ("incomplete", None)
    assert "models--stabilityai--sdxl-turbo holds no snapshot: its download never finished" in report.problems[0]


def test_an_interrupted_download_names_the_file_and_its_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = write_hub_entry(tmp_path)
    blob = (snapshot / UNET).resolve()
    blob.rename(f"{blob}.incomplete")

    report = check_model(model_of())

    assert report.state == "incomplete"
    assert report.problems[0].startswith(f"{UNET} is a link to a file that is not there")
    assert report.problems[1] == "The last download was interrupted: a file is unfinished in the cache."


def test_leftovers_of_a_download_do_not_matter_when_all_files_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = write_hub_entry(tmp_path)
    (snapshot.parent.parent / "blobs" / "0123.incomplete").write_bytes(b"x")

    assert check_model(model_of()).state == "ready"


@pytest.fixture
def another_user() -> Iterator[Path]:
    """A folder that everyone may enter, for a check that does not run as root, who may read everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    write_model(folder)
    yield folder
    os.seteuid(os.getuid())
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_told(another_user: Path) -> None:
    (another_user / "unet" / "config.json").chmod(0)
    (another_user / UNET).chmod(0)
    (another_user / "vae").chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)

    report = check_model(model_of(another_user))
    assert report.state == "incomplete"
    assert f"{UNET} cannot be read: permission denied." in report.problems
    assert "unet/config.json cannot be read: permission denied." in report.problems
    assert "vae/config.json cannot be read: permission denied." in report.problems
    assert len(report.problems) == 4
