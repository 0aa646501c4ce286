"""Published files into live modules: by name, whatever the spelling, and nothing silently random."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine.loader import LoadedModel
from tests.engine.conftest import checked, loaded_from
from tests.engine.model_variants import PARTS, Tensors, copied, rewrite


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo model to rewrite."""
    return copied(tmp_path / "model")


def loaded(folder: Path) -> LoadedModel:
    return loaded_from(checked(folder))


def weights(model: LoadedModel) -> dict[str, Tensors]:
    return {part: getattr(model.pipe, part).state_dict() for part in PARTS}


def same(one: LoadedModel, other: LoadedModel) -> bool:
    return all(
        torch.equal(tensor, weights(other)[part][name])
        for part, tensors in weights(one).items()
        for name, tensor in tensors.items()
    )


def test_every_live_weight_is_the_published_one(demo_folder: Path) -> None:
    published = load_file(demo_folder / "text_encoder" / "model.safetensors")
    assert all(name.startswith("text_model.") for name in published)
    live = loaded(demo_folder).pipe.text_encoder.state_dict()
    matched = {name.removeprefix("text_model."): tensor for name, tensor in live.items()}
    for name, tensor in published.items():
        assert torch.equal(matched[name.removeprefix("text_model.")], tensor.float())


def test_an_fp16_variant_alone_is_enough(folder: Path, demo_folder: Path) -> None:
    for part, stem in PARTS.items():
        file = folder / part / f"{stem}.safetensors"
        file.rename(file.with_name(f"{stem}.fp16.safetensors"))
    assert same(loaded(folder), loaded(demo_folder))


def test_an_old_vaes_attention_names_and_counted_positions_are_known(folder: Path, demo_folder: Path) -> None:
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def renamed(tensors: Tensors) -> Tensors:
        result = {}
        for name, tensor in tensors.items():
            for new, former in old.items():
                name = name.replace(f"attentions.0.{new}.", f"attentions.0.{former}.")
            result[name] = tensor
        assert any(".proj_attn." in name for name in result)
        return result

    rewrite(folder, "vae", renamed)
    positions = {"text_model.embeddings.position_ids": torch.arange(77)[None]}
    rewrite(folder, "text_encoder", lambda tensors: tensors | positions)
    assert same(loaded(folder), loaded(demo_folder))


@pytest.mark.parametrize("part", PARTS)
def test_a_tensor_that_is_missing_is_named(folder: Path, part: str) -> None:
    gone = sorted(load_file(folder / part / f"{PARTS[part]}.safetensors"))[0]
    rewrite(folder, part, lambda tensors: {name: tensor for name, tensor in tensors.items() if name != gone})
    with pytest.raises(UserError, match=f"^{part} lacks tensor {gone.removeprefix('text_model.')}|text_model") as error:
        loaded(folder)
    assert gone.removeprefix("text_model.") in str(error.value)


@pytest.mark.parametrize("part", PARTS)
def test_a_tensor_that_is_left_over_is_named(folder: Path, part: str) -> None:
    rewrite(folder, part, lambda tensors: tensors | {"extra.weight": torch.zeros(3)})
    with pytest.raises(UserError, match=f"^{part} has an unknown tensor extra.weight"):
        loaded(folder)


def test_a_tensor_of_another_shape_is_named(folder: Path) -> None:
    rewrite(folder, "unet", lambda tensors: tensors | {"conv_in.bias": torch.zeros(3)})
    with pytest.raises(UserError, match=r"conv_in.bias has shape \[3\], its config asks for \[96\]"):
        loaded(folder)
