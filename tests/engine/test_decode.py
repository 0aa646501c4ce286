"""A picture is never black because of its number format."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine import JobDone, Notice
from sdxl_tui.engine.decode import decode, encode_image
from tests.engine.conftest import Lab, request


def spoil(vae: torch.nn.Module) -> None:
    """Weights that are finite in float16 and overflow it in use, as SDXL's own VAE's do."""
    vae.decoder.conv_in.weight.data *= 60000 / vae.decoder.conv_in.weight.abs().max()
    vae.register_to_config(force_upcast=False)
    vae.to(torch.float16)


def test_what_overflows_in_float16_is_decoded_again_in_float32_and_the_log_says_so(lab: Lab, tmp_path: Path) -> None:
    lab.run(request(steps=1))
    vae = lab.engine._residency.loaded.pipe.vae
    spoil(vae)
    done = lab.run(request(steps=2, batch_size=2))
    assert isinstance(done, JobDone)
    assert done.record["vae_dtype"] == "float16"
    assert done.record["decoded_again"] == [0, 1]
    notices = [event.text for event in lab.seen if isinstance(event, Notice)]
    assert notices[0] == "Picture 1 came out black in float16 and was decoded again in float32."
    assert vae.dtype == torch.float16

    latents = torch.randn((1, vae.config.latent_channels, 8, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        pixels = decode(lab.engine._residency.loaded, latents, "eager").pixels
    assert pixels.min() < pixels.max()


def test_latents_that_are_no_numbers_fail_with_a_sentence(lab: Lab) -> None:
    lab.run(request(steps=1))
    loaded = lab.engine._residency.loaded
    channels = loaded.pipe.vae.config.latent_channels
    with torch.no_grad(), pytest.raises(UserError, match="came out as no numbers: try another scheduler"):
        decode(loaded, torch.full((1, channels, 8, 8), float("nan")), "eager")


def test_an_init_image_that_overflows_in_float16_is_encoded_again_in_float32(lab: Lab) -> None:
    lab.run(request(steps=1))
    loaded = lab.engine._residency.loaded
    pipe = loaded.pipe
    weight = pipe.vae.encoder.conv_in.weight
    weight.data *= 60000 / weight.abs().max()
    pipe.vae.register_to_config(force_upcast=False)
    pipe.vae.to(torch.float16)
    with torch.no_grad():
        latents = encode_image(loaded, Image.effect_noise((64, 64), 90).convert("RGB"))
    assert latents.isfinite().all()
    assert latents.dtype == pipe.unet.dtype
    assert pipe.vae.dtype == torch.float16
