"""Single-file checkpoints: the same weights paint the same picture, and what does not fit is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import PARTS, check_model
from sdxl_tui.core.checkpoint_kind import OPEN_CLIP, SDXL_CONFIGS, UNET
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE, DEMO, Model, load_catalogue
from sdxl_tui.engine import JobDone
from sdxl_tui.engine.architecture import make_modules, read_configs
from sdxl_tui.engine.checkpoint_names import spots_of
from sdxl_tui.engine.copies import HostBlocks
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import Shells, read_weights
from sdxl_tui.engine.weights import canonical
from tests.core.checkpoint_files import Tensors, checkpoint_tensors, write_checkpoint
from tests.engine.conftest import Lab, loaded_from, request
from tests.engine.model_variants import other_weights


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    """The demo model as a single file has it."""
    return checkpoint_tensors()


def model_of(file: Path) -> Model:
    return replace(CATALOGUE[DEMO], id=file.stem, name=file.stem, file=file)


def pixels(lab: Lab, **changes: Any) -> Any:
    done = lab.run(request(**changes))
    assert isinstance(done, JobDone), done
    return done.record["pixels_sha256"]


def test_the_demos_weights_in_a_single_file_paint_the_demos_picture(
    lab: Lab, tmp_path: Path, tensors: Tensors, own_home: Path
) -> None:
    file = write_checkpoint(tmp_path / "demo one.safetensors", tensors)
    theirs = lab.run(request(model=model_of(file)))
    assert isinstance(theirs, JobDone), theirs
    assert theirs.record["pixels_sha256"] == pixels(lab)
    assert theirs.record["model"] == "demo one"
    assert len(theirs.record["model_revision"]) == 10


def test_a_file_that_was_written_anew_is_read_anew_and_has_another_revision(
    lab: Lab, tmp_path: Path, tensors: Tensors, own_home: Path
) -> None:
    file = write_checkpoint(tmp_path / "mine.safetensors", tensors)
    before = lab.run(request(model=model_of(file)))
    write_checkpoint(file, checkpoint_tensors(other_weights(tmp_path / "other")))
    pixels(lab)  # Another model is used in between: the one in use is not looked at again.
    after = lab.run(request(model=model_of(file)))
    assert before.record["pixels_sha256"] != after.record["pixels_sha256"]
    assert before.record["model_revision"] != after.record["model_revision"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float8_e4m3fn])
def test_any_number_format_is_cast(tmp_path: Path, tensors: Tensors, dtype: torch.dtype) -> None:
    file = write_checkpoint(tmp_path / "cast.safetensors", {name: tensor.to(dtype) for name, tensor in tensors.items()})
    loaded = loaded_from(check_model(model_of(file)))
    stored = load_file(file)
    live = loaded.pipe.unet.state_dict()["conv_in.weight"]
    assert torch.equal(live, stored[f"{UNET}input_blocks.0.0.weight"].float())
    projection = loaded.pipe.text_encoder_2.state_dict()["text_projection.weight"]
    assert torch.equal(projection, stored[f"{OPEN_CLIP}text_projection"].float().t())


def test_marks_of_v_prediction_go_into_the_schedulers_config(tmp_path: Path, tensors: Tensors) -> None:
    marks = {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}
    plain, marked = (
        loaded_from(check_model(model_of(write_checkpoint(tmp_path / name, content))))
        for name, content in (("plain.safetensors", tensors), ("marked.safetensors", tensors | marks))
    )
    assert "rescale_betas_zero_snr" not in plain.scheduler_config
    assert marked.scheduler_config["prediction_type"] == "v_prediction"
    assert marked.scheduler_config["rescale_betas_zero_snr"] is True


def test_what_training_leaves_behind_does_no_harm(tmp_path: Path, tensors: Tensors) -> None:
    extra = {
        "model_ema.decay": torch.zeros(1),
        "denoiser.sigmas": torch.zeros(1000),
        f"{OPEN_CLIP}logit_scale": torch.zeros(1),
        "conditioner.embedders.0.transformer.text_model.embeddings.position_ids": torch.arange(77)[None],
    }
    loaded_from(check_model(model_of(write_checkpoint(tmp_path / "trained.safetensors", tensors | extra))))


def test_a_copy_in_host_memory_is_what_the_arena_holds(tmp_path: Path, tensors: Tensors) -> None:
    check = check_model(model_of(write_checkpoint(tmp_path / "demo.safetensors", tensors)))
    loaded = loaded_from(check)
    shell = Shells(Device("cpu", "CPU")).make(check)
    blocks = HostBlocks(shell.layout, channels_last=False, pinned=False)
    read_weights(shell, torch.device("cpu"), lambda: blocks.write, lambda _step, _share: None)
    before = loaded.arena.flat.clone()
    loaded.arena.write_runs(blocks.copy().runs, channels_last=False)
    for name in loaded.arena.layout.places:
        assert torch.equal(loaded.arena[name], loaded.arena.layout.view(before, name, channels_last=False))


def test_a_tensor_that_is_missing_or_left_over_is_named(tmp_path: Path, tensors: Tensors) -> None:
    gone = f"{UNET}output_blocks.0.0.in_layers.0.weight"
    lacking = {name: tensor for name, tensor in tensors.items() if name != gone}
    with pytest.raises(UserError, match=rf"^lacking.safetensors lacks tensor {gone}"):
        loaded_from(check_model(model_of(write_checkpoint(tmp_path / "lacking.safetensors", lacking))))
    more = tensors | {f"{UNET}extra.weight": torch.zeros(3)}
    with pytest.raises(UserError, match=rf"^more.safetensors has an unknown tensor {UNET}extra.weight"):
        loaded_from(check_model(model_of(write_checkpoint(tmp_path / "more.safetensors", more))))


def test_a_tensor_of_another_shape_is_named(tmp_path: Path, tensors: Tensors) -> None:
    other = tensors | {f"{UNET}out.0.bias": torch.zeros(3)}
    with pytest.raises(UserError, match=r"out.0.bias has shape \[3\], its config asks for \[96\]"):
        loaded_from(check_model(model_of(write_checkpoint(tmp_path / "other.safetensors", other))))


@pytest.mark.parametrize("folder", [DEMO_FOLDER, SDXL_CONFIGS], ids=["demo", "sdxl"])
def test_diffusers_finds_the_same_weights_in_such_a_file(folder: Path) -> None:
    from diffusers.loaders import single_file_utils

    modules = make_modules(read_configs(folder))
    published = {part: {canonical(name): name for name, _ in modules[part].named_parameters()} for part in PARTS}
    checkpoint: Tensors = {}
    for part in PARTS:
        shapes = {name: parameter.shape for name, parameter in modules[part].named_parameters()}
        for name, spot in spots_of(part, shapes).items():
            rows, *rest = shapes[name]
            shape = (3 * rows, *rest) if spot.third is not None else tuple(shapes[name])
            checkpoint[spot.key] = torch.empty(shape[::-1] if spot.transposed else shape, device="meta")
    config = {part: json.loads((folder / part / "config.json").read_text()) for part in ("unet", "vae")}
    found = {
        "unet": single_file_utils.convert_ldm_unet_checkpoint(dict(checkpoint), config["unet"]),
        "vae": single_file_utils.convert_ldm_vae_checkpoint(dict(checkpoint), config["vae"]),
        "text_encoder": single_file_utils.convert_ldm_clip_checkpoint(dict(checkpoint)),
        "text_encoder_2": single_file_utils.convert_open_clip_checkpoint(
            modules["text_encoder_2"], dict(checkpoint), prefix=OPEN_CLIP
        ),
    }
    for part in PARTS:
        theirs = {canonical(name): tuple(tensor.shape) for name, tensor in found[part].items()}
        assert theirs == {
            name: tuple(modules[part].get_parameter(live).shape) for name, live in published[part].items()
        }


def test_diffusers_reads_the_same_values_from_it(tmp_path: Path, tensors: Tensors) -> None:
    from diffusers.loaders import single_file_utils

    loaded = loaded_from(check_model(model_of(write_checkpoint(tmp_path / "demo.safetensors", tensors))))
    config = json.loads((DEMO_FOLDER / "vae" / "config.json").read_text())
    theirs = single_file_utils.convert_ldm_vae_checkpoint(dict(tensors), config)
    ours = loaded.pipe.vae.state_dict()
    assert all(torch.equal(ours[name], tensor.float()) for name, tensor in theirs.items())
    theirs = single_file_utils.convert_open_clip_checkpoint(loaded.pipe.text_encoder_2, dict(tensors), prefix=OPEN_CLIP)
    ours = {canonical(name): tensor for name, tensor in loaded.pipe.text_encoder_2.state_dict().items()}
    assert all(torch.equal(ours[canonical(name)], tensor.float()) for name, tensor in theirs.items())


def test_the_shipped_tokenizers_are_clips_own() -> None:
    from transformers import CLIPTokenizer

    first, second = (CLIPTokenizer.from_pretrained(str(SDXL_CONFIGS / name)) for name in ("tokenizer", "tokenizer_2"))
    words = [49406, 320, 1125, 539, 320, 2368, 49407]
    for tokenizer, pad in ((first, 49407), (second, 0)):
        ids = tokenizer("a photo of a cat", padding="max_length", max_length=77).input_ids
        assert ids == words + [pad] * 70


def test_a_file_of_the_folder_in_the_settings_runs_by_a_part_of_its_name(
    lab: Lab, tmp_path: Path, tensors: Tensors, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(tensors, str(tmp_path / "myDemo_v2.safetensors"))
    monkeypatch.setenv("SDXL_TUI_CHECKPOINT_DIR", str(tmp_path))
    assert pixels(lab, model=load_catalogue()["myDemo_v2"]) == pixels(lab)
