"""From a picture as diffusers does it: the very latents of its own pipelines, where those can make them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from sdxl_tui.core.job import Job
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.engine import pipelines
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.pipelines import MODES, Work
from sdxl_tui.engine.prompts import encode
from sdxl_tui.engine.schedulers import make_scheduler
from sdxl_tui.engine.source import Source
from sdxl_tui.engine.tiles import Tiling
from tests.engine.conftest import checked, loaded_from, request

SIDE = 16
"""Of the latents, in cells."""


@pytest.fixture(scope="module")
def four_channels(demo_folder: Path) -> Iterator[LoadedModel]:
    """The demo model with SDXL's 4 latent channels: a UNet of random weights, and of the VAE only the config."""
    with torch.no_grad():
        loaded = loaded_from(checked(demo_folder))
        unet, vae = loaded.pipe.unet, loaded.pipe.vae
        torch.manual_seed(0)
        unet = type(unet).from_config({**unet.config, "in_channels": 4, "out_channels": 4}).eval()
        vae = type(vae).from_config({**vae.config, "latent_channels": 4}).eval()
        loaded.pipe.register_modules(unet=unet, vae=vae)
        yield loaded


@pytest.mark.parametrize("scheduler", list(SCHEDULERS))
@pytest.mark.parametrize("strength", [0.3, 0.75, 1.0])
@pytest.mark.parametrize("mode", ["img2img", "inpaint"])
def test_the_latents_are_those_of_diffusers_own_pipelines(
    four_channels: LoadedModel, tmp_path: Path, mode: str, strength: float, scheduler: str
) -> None:
    import diffusers

    pipe, seeds = four_channels.pipe, [7, 8]
    side = SIDE * pipe.vae_scale_factor
    own: dict[str, Any] = {"mode": mode, "init_image": tmp_path / "init.png", "strength": strength}
    if mode == "inpaint":
        own["mask_image"] = tmp_path / "mask.png"
    asked = request(**own, scheduler=scheduler, seed=7, batch_size=2, width=side, height=side, steps=6)
    init = torch.randn((1, 4, SIDE, SIDE), generator=torch.Generator().manual_seed(1))
    cells = torch.zeros((1, 1, SIDE, SIDE))
    cells[..., 3:9, 5:14] = 1
    repainted = cells if mode == "inpaint" else None
    encoded = encode(pipe, asked.prompt, asked.negative_prompt)
    source = Source(Image.new("RGB", (side, side)), init, {}, None, repainted)
    ours = list(
        MODES[mode](
            Work(
                four_channels,
                Job("id", "now", asked, 7, tmp_path),
                encoded,
                source,
                Tiling("off", pipe),
                lambda _: None,
            )
        )
    )

    extra: dict[str, Any] = {}
    name = "StableDiffusionXLImg2ImgPipeline"
    if mode == "inpaint":
        name = "StableDiffusionXLInpaintPipeline"
        extra = {"mask_image": cells.repeat_interleave(4, 2).repeat_interleave(4, 3), "width": side, "height": side}
    theirs = getattr(diffusers, name)(
        **{part: getattr(pipe, part) for part in ("vae", "unet", "text_encoder", "text_encoder_2")},
        **{part: getattr(pipe, part) for part in ("tokenizer", "tokenizer_2")},
        scheduler=make_scheduler(scheduler, four_channels.scheduler_config),
        add_watermarker=False,
    )(
        image=init,
        strength=strength,
        num_inference_steps=6,
        guidance_scale=asked.guidance_scale,
        num_images_per_prompt=2,
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        output_type="latent",
        **encoded.arguments,
        **extra,
    ).images
    assert torch.equal(torch.cat(ours), theirs)


def test_the_noise_over_an_init_image_is_the_float32_draw_in_any_number_format(
    demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def denoised(*_: Any, **own: Any) -> Iterator[Any]:
        given.update(own)
        return iter(())

    monkeypatch.setattr(pipelines, "denoised", denoised)
    monkeypatch.setattr(Device, "dtype", property(lambda _: torch.float16))
    with torch.no_grad():
        loaded = loaded_from(checked(demo_folder))
        encoded = encode(loaded.pipe, "a boat", "")
    side, size = SIDE * loaded.pipe.vae_scale_factor, (1, loaded.pipe.unet.config.in_channels, SIDE, SIDE)
    own: dict[str, Any] = {"init_image": tmp_path / "init.png", "mask_image": tmp_path / "mask.png", "strength": 1.0}
    asked = request(mode="inpaint", **own, seed=7, batch_size=2, width=side, height=side, steps=6)
    source = Source(Image.new("RGB", (side, side)), torch.zeros(size).half(), {}, None, torch.ones(1, 1, SIDE, SIDE))
    list(
        MODES["inpaint"](
            Work(
                loaded,
                Job("id", "now", asked, 7, tmp_path),
                encoded,
                source,
                Tiling("off", loaded.pipe),
                lambda _: None,
            )
        )
    )
    drawn = torch.cat([torch.randn(size, generator=torch.Generator().manual_seed(seed)) for seed in (7, 8)]).half()
    scheduler = make_scheduler(asked.scheduler, loaded.scheduler_config)
    scheduler.set_timesteps(asked.steps)
    assert torch.equal(given["latents"], drawn * scheduler.init_noise_sigma)
