"""The arena: views of one block, neighbours where kernels want them, in either order of convolutions."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.loader import LoadedModel
from tests.engine.conftest import checked, loaded_from


@pytest.fixture
def loaded(demo_folder: Path) -> LoadedModel:
    with torch.no_grad():
        return loaded_from(checked(demo_folder))


def modules(loaded: LoadedModel) -> dict[str, torch.nn.Module]:
    return {part: getattr(loaded.pipe, part) for part in ("text_encoder", "text_encoder_2", "unet", "vae")}


def test_every_parameter_is_a_view_of_the_block_and_none_overlap(loaded: LoadedModel) -> None:
    arena = loaded.arena
    begin, end = arena.flat.data_ptr(), arena.flat.data_ptr() + arena.flat.nbytes
    spans = []
    for part, module in modules(loaded).items():
        for name, parameter in module.named_parameters():
            assert parameter.data_ptr() == arena[f"{part}.{name}"].data_ptr()
            spans.append((parameter.data_ptr(), parameter.data_ptr() + parameter.nbytes))
    spans.sort()
    assert begin <= spans[0][0]
    assert spans[-1][1] <= end
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert not any(buffer.is_meta for module in modules(loaded).values() for buffer in module.buffers())


def test_what_one_product_takes_lies_joined(loaded: LoadedModel) -> None:
    arena, unet, vae = loaded.arena, loaded.pipe.unet, loaded.pipe.vae
    for prefix, module, bias in [("unet", unet, False), ("vae", vae, True)]:
        attentions = [
            (f"{prefix}.{name}", each)
            for name, each in module.named_modules()
            if name.endswith("attn1") or (prefix == "vae" and hasattr(each, "to_q"))
        ]
        assert attentions
        for name, attention in attentions:
            for kind in ("weight", "bias") if bias else ("weight",):
                joined = arena.joined([f"{name}.to_{letter}.{kind}" for letter in "qkv"])
                own = [getattr(getattr(attention, f"to_{letter}"), kind) for letter in "qkv"]
                assert torch.equal(joined, torch.cat(own))
                assert joined.data_ptr() == own[0].data_ptr()
    resnets = [name for name, each in unet.named_modules() if getattr(each, "time_emb_proj", None) is not None]
    for kind in ("weight", "bias"):
        joined = arena.joined([f"unet.{name}.time_emb_proj.{kind}" for name in resnets])
        assert torch.equal(joined, torch.cat([getattr(unet.get_submodule(n).time_emb_proj, kind) for n in resnets]))


def test_what_is_no_neighbour_is_not_joined(loaded: LoadedModel) -> None:
    with pytest.raises(ValueError, match="no neighbour"):
        loaded.arena.joined(["unet.conv_in.bias", "unet.conv_out.bias"])


def test_laid_out_the_other_way_the_weights_are_the_same_in_the_same_places(loaded: LoadedModel) -> None:
    arena, weight = loaded.arena, loaded.pipe.unet.conv_in.weight
    before = {name: arena[name].clone() for name in arena.layout.places}
    address, generation = weight.data_ptr(), arena.generation
    arena.lay_out(True)
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()
    assert weight.data_ptr() == address
    assert all(torch.equal(arena[name], tensor) for name, tensor in before.items())
    assert arena.generation == generation
    arena.lay_out(False)
    assert weight.is_contiguous()
    assert all(torch.equal(arena[name], tensor) for name, tensor in before.items())


@pytest.mark.parametrize("now", [False, True])
@pytest.mark.parametrize("then", [False, True])
def test_a_block_of_either_order_is_taken_over_whole(loaded: LoadedModel, now: bool, then: bool) -> None:
    arena = loaded.arena
    before = {name: arena[name].clone() for name in arena.layout.places}
    arena.lay_out(then)
    block, generation = arena.flat.clone(), arena.generation
    arena.lay_out(now)
    for tensor in arena.writing().values():
        tensor.zero_()
    arena.write_runs(((0, block),), then)
    assert arena.channels_last == now
    assert arena.generation > generation
    assert loaded.pipe.unet.conv_in.weight.is_contiguous() != now
    assert all(torch.equal(arena[name], tensor) for name, tensor in before.items())


def test_the_key_tells_other_computations_apart_and_nothing_else(loaded: LoadedModel) -> None:
    from diffusers.configuration_utils import FrozenDict

    from sdxl_tui.engine.architecture import with_own_configs

    def arena(**changes: object) -> Arena:
        configs = {part: module.config for part, module in modules(loaded).items()}
        configs["vae"] = FrozenDict({**configs["vae"], **changes})
        meta = with_own_configs(modules(loaded), configs)
        return Arena(meta, torch.device("cpu"), torch.float32, channels_last=False)

    same = arena(sample_size=256, scaling_factor=0.2, force_upcast=False, latents_mean=[0.0], latents_std=[1.0])
    assert same.key == loaded.arena.key
    assert arena(norm_num_groups=8).key != loaded.arena.key
    assert hash(same.key)


def test_what_published_configs_write_otherwise_is_the_same_architecture() -> None:
    """As of SDXL's fine-tunes: null for no, 1 for 1.0, defaults left out, other marks around the text."""
    from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
    from sdxl_tui.engine.architecture import key_of, understood, written_configs

    def key(part: str = "unet", **changes: object) -> str:
        configs = written_configs(SDXL_CONFIGS)
        configs[part] |= changes
        configs[part] = {name: value for name, value in configs[part].items() if value != "left out"}
        return key_of(understood(configs))

    assert key(upcast_attention=None) == key(upcast_attention=False) == key(upcast_attention="left out")
    assert key(mid_block_scale_factor=1.0) == key(mid_block_scale_factor=1)
    assert key("text_encoder", pad_token_id=0, bos_token_id=49406) == key()
    assert key(upcast_attention=True) != key()
    assert key("text_encoder", eos_token_id=49407) != key()
