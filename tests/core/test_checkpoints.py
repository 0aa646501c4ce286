"""Single-file checkpoints: what is found, and what each of the other files in such folders is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdxl_tui.core import infotext
from sdxl_tui.core.check import FILE, check_model, shown_licence
from sdxl_tui.core.checkpoint_kind import CLIP, OPEN_CLIP, SDXL_CONFIGS, UNET, VAE, check_checkpoint
from sdxl_tui.core.checkpoints import find_checkpoints, missing_folders
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import NOT_STATED, Model, load_catalogue
from sdxl_tui.core.repeat import differences
from sdxl_tui.core.state import file_hash, remember_file_hash
from tests.core.checkpoint_files import SDXL_SHAPES, write_header
from tests.core.model_folders import cut, header_of, write_model, write_with_header
from tests.core.records import job_record


@pytest.fixture
def folder(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the settings name."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setenv("SDXL_TUI_CHECKPOINT_DIR", str(folder))
    return folder


def test_sdxl_is_known_by_its_header_and_gets_the_shipped_configs(folder: Path) -> None:
    file = write_header(folder / "juggernautXL_v9.safetensors", SDXL_SHAPES)
    report = check_model(load_catalogue()["juggernautXL_v9"])
    assert (report.state, report.problems, report.source) == ("ready", (), FILE)
    assert (report.folder, report.place) == (SDXL_CONFIGS, file)
    assert report.size_bytes == file.stat().st_size


KINDS = {
    "a LoRA": {"lora_unet_down_blocks_0.lora_down.weight": (4, 8)},
    "a ControlNet": {"control_model.time_embed.0.weight": (4, 8)},
    "a Flux model": {"model.diffusion_model.double_blocks.0.img_attn.proj.weight": (4, 8)},
    "a Stable Diffusion 3 model": {"model.diffusion_model.joint_blocks.0.x.weight": (4, 8)},
    "a Stable Diffusion 2 checkpoint": {
        f"{UNET}input_blocks.0.0.weight": (320, 4, 3, 3),
        "cond_stage_model.model.token_embedding.weight": (4, 8),
    },
    "a Stable Diffusion 1 checkpoint": {
        f"{UNET}input_blocks.0.0.weight": (320, 4, 3, 3),
        "cond_stage_model.transformer.text_model.final_layer_norm.weight": (8,),
    },
    "the SDXL refiner": {
        f"{UNET}input_blocks.0.0.weight": (384, 4, 3, 3),
        "conditioner.embedders.0.model.token_embedding.weight": (4, 8),
    },
    "a checkpoint for inpainting only": {**SDXL_SHAPES, f"{UNET}input_blocks.0.0.weight": (320, 9, 3, 3)},
    "a VAE alone": {"encoder.conv_in.weight": (8, 3, 3, 3), "decoder.conv_in.weight": (8, 4, 3, 3)},
    "a UNet alone": {"input_blocks.0.0.weight": (320, 4, 3, 3), "out.2.bias": (4,)},
    "a text encoder alone": {"text_model.final_layer_norm.weight": (8,)},
    "a textual inversion embedding": {"clip_g": (2, 1280), "clip_l": (2, 768)},
    "an upscaler": {"model.0.weight": (64, 3, 3, 3)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_files_are_refused_by_what_they_are(folder: Path, kind: str) -> None:
    found = check_checkpoint(write_header(folder / "other.safetensors", KINDS[kind]))
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"It is {kind}")
    assert found.problems[0].endswith("; the lab loads SDXL checkpoints.")


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ([VAE], "It lacks the VAE: "),
        ([CLIP, OPEN_CLIP], "It lacks the first text encoder (CLIP ViT-L) and the second text encoder (OpenCLIP bigG)"),
    ],
)
def test_what_a_checkpoint_lacks_is_named(folder: Path, gone: list[str], said: str) -> None:
    left = {name: shape for name, shape in SDXL_SHAPES.items() if not name.startswith(tuple(gone))}
    assert check_checkpoint(write_header(folder / "bare.safetensors", left)).problems[0].startswith(said)


def test_a_smaller_model_that_was_made_from_sdxl_is_told_apart(folder: Path) -> None:
    gone = f"{UNET}middle_block.1.transformer_blocks.9.attn2.to_k.weight"
    smaller = {name: shape for name, shape in SDXL_SHAPES.items() if name != gone}
    [problem] = check_checkpoint(write_header(folder / "ssd.safetensors", smaller)).problems
    assert problem == (
        "Its layers are not those of SDXL: 9 transformer blocks in its middle, over words of 2048 values; "
        "SDXL has 10, over 2048."
    )


def test_nothing_of_sdxl_at_all(folder: Path) -> None:
    [problem] = check_checkpoint(write_header(folder / "x.safetensors", {"some.weight": (1,)})).problems
    assert problem.startswith("It is no checkpoint that the lab knows")


def test_the_licence_is_what_the_file_or_the_repo_says(folder: Path, tmp_path: Path) -> None:
    header = header_of(SDXL_SHAPES)
    header["__metadata__"]["modelspec.license"] = "CreativeML Open RAIL++-M"
    end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    write_with_header(folder / "said.safetensors", header, end)
    write_header(folder / "silent.safetensors", SDXL_SHAPES)
    catalogue = load_catalogue()
    assert shown_licence(check_model(catalogue["said"])) == "CreativeML Open RAIL++-M"
    assert shown_licence(check_model(catalogue["silent"])) == "not stated"
    repo = write_model(tmp_path / "repo")
    (repo / "README.md").write_text("---\nlicense: other\nlicense_name: faipl-1.0-sd\n---\n# A model\n")
    own = Model("mine", "Mine", "own model", NOT_STATED, folder=repo)
    assert shown_licence(check_model(own)) == "faipl-1.0-sd"


def test_a_cut_file_is_named(folder: Path) -> None:
    file = write_header(folder / "cut.safetensors", SDXL_SHAPES)
    cut(file)
    assert check_checkpoint(file).problems[0].startswith("cut.safetensors has ")


def test_files_are_found_in_several_folders_and_folders_within_them(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for file in ("a.safetensors", "photo/b.safetensors", ".hidden.safetensors", "note.txt", ".git/c.safetensors"):
        write_header(one / file, {"x": (1,)})
    write_header(two / "a.safetensors", {"x": (1,)})
    write_model(one / "a diffusers folder")
    (one / "loop").symlink_to(one)
    assert find_checkpoints(f"{one}{os.pathsep}{two}{os.pathsep}{tmp_path / 'gone'}") == {
        "a": one / "a.safetensors",
        "photo/b": one / "photo" / "b.safetensors",
        "two/a": two / "a.safetensors",
    }
    [sentence] = missing_folders(f"{one}{os.pathsep}{tmp_path / 'gone'}")
    assert sentence.endswith("gone, which is no folder that can be read.")


def test_own_rows_give_a_file_settings_by_its_id_or_its_path(folder: Path, own_home: Path) -> None:
    file = write_header(folder / "anime_v3.safetensors", SDXL_SHAPES)
    write_header(folder / "photo.safetensors", SDXL_SHAPES)
    own_home.mkdir(parents=True)
    (own_home / "models.toml").write_text(
        f'[[model]]\nid = "anime"\nfile = "{file}"\nsteps = 28\n'
        '[[model]]\nid = "photo"\nname = "My Photos"\nguidance = 3.5\n',
        encoding="utf-8",
    )
    catalogue = load_catalogue()
    assert (catalogue["anime"].file, catalogue["anime"].steps) == (file, 28)
    assert "anime_v3" not in catalogue
    assert (catalogue["photo"].name, catalogue["photo"].guidance) == ("My Photos", 3.5)
    assert catalogue["photo"].file == folder / "photo.safetensors"


def test_a_file_that_is_gone_is_absent_and_one_row_is_not_both(folder: Path, own_home: Path) -> None:
    own_home.mkdir(parents=True)
    (own_home / "models.toml").write_text('[[model]]\nid = "gone"\nfile = "/nowhere/gone.safetensors"\n')
    report = check_model(load_catalogue()["gone"])
    assert (report.state, report.problems) == ("absent", ("/nowhere/gone.safetensors is not there.",))
    (own_home / "models.toml").write_text('[[model]]\nid = "x"\nfile = "/x"\nfolder = "/y"\n')
    with pytest.raises(UserError, match="a model is a folder or a file, not both"):
        load_catalogue()


def test_the_hash_is_kept_until_the_file_changes(folder: Path) -> None:
    file = write_header(folder / "a.safetensors", SDXL_SHAPES)
    status = file.stat()
    remember_file_hash(file, status.st_size, status.st_mtime_ns, "ab" * 32)
    assert file_hash(file) == "ab" * 32
    assert check_model(load_catalogue()["a"]).revision == "ab" * 5
    os.utime(file, ns=(1, 1))
    assert file_hash(file) == ""


def test_a_repeat_says_that_the_file_has_changed() -> None:
    [sentence] = differences({"model_revision": "aaaaaaaaaa"}, {"model_revision": "bbbbbbbbbb"})
    assert sentence == "The model's revision was aaaaaaaaaa, now it is bbbbbbbbbb."


@pytest.mark.parametrize(("revision", "there"), [("abcdef0123", True), ("4621659840" * 4, False), ("", False)])
def test_the_infotext_has_a_single_files_hash_as_other_tools_write_it(revision: str, there: bool) -> None:
    text = infotext.write(job_record(model_revision=revision), 0, "Euler", "")
    assert ("Model hash: abcdef0123, Model: " in text) is there
