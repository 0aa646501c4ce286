"""Latents to a picture, never a black or broken one, and a picture to latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.errors import UserError

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Decoded:
    """One picture, and whether it took a second try."""

    image: Image.Image
    again: bool
    """True when it came out black or not a number in float16 and was decoded again in float32."""


def decode(pipe: Any, latents: Any) -> Decoded:
    """Return the picture of one image's latents, (1, channels, height / f, width / f).

    Decoded in the VAE's own dtype; a black or NaN result is decoded again in float32. Raises UserError when the latents
    themselves are not numbers.
    """
    import torch

    pixels, again = _pixels(pipe.vae, latents), False
    if pipe.vae.dtype != torch.float32 and _broken(pixels):
        own = pipe.vae.dtype
        pipe.vae.to(torch.float32)
        try:
            pixels, again = _pixels(pipe.vae, latents), True
        finally:
            pipe.vae.to(own)
    if not bool(pixels.isfinite().all()):
        raise UserError("The picture came out as no numbers: try another scheduler, fewer steps or lower guidance.")
    return Decoded(pipe.image_processor.postprocess(pixels, output_type="pil")[0].convert("RGB"), again)


def encode_image(pipe: Any, image: Image.Image) -> Any:
    """Return the latents of a picture, (1, channels, height / f, width / f) in the UNet's dtype.

    The likeliest ones, as in ComfyUI: a draw around them would take from the noise that the seed stands for. Encoded in
    the VAE's own dtype; what is no number there is encoded again in float32.
    """
    import torch

    vae = pipe.vae
    pixels = pipe.image_processor.preprocess(image).to(vae.device)
    latents = _likeliest(vae, pixels)
    if vae.dtype != torch.float32 and not bool(latents.isfinite().all()):
        own = vae.dtype
        vae.to(torch.float32)
        try:
            latents = _likeliest(vae, pixels)
        finally:
            vae.to(own)
    if not bool(latents.isfinite().all()):
        raise UserError("The init image came out as no numbers: the model's VAE cannot be used with it.")
    return latents.to(pipe.unet.dtype)


def _likeliest(vae: Any, pixels: Any) -> Any:
    latents = vae.encode(pixels.to(vae.dtype)).latent_dist.mode().float()
    mean, std = getattr(vae.config, "latents_mean", None), getattr(vae.config, "latents_std", None)
    if mean is not None and std is not None:
        latents = latents - latents.new_tensor(mean).view(1, -1, 1, 1)
        latents = latents / latents.new_tensor(std).view(1, -1, 1, 1)
    return latents * vae.config.scaling_factor


def _pixels(vae: Any, latents: Any) -> Any:
    """(1, 3, height, width) in -1..1."""
    scaled = latents.to(vae.dtype) / vae.config.scaling_factor
    mean, std = getattr(vae.config, "latents_mean", None), getattr(vae.config, "latents_std", None)
    if mean is not None and std is not None:
        scaled = latents.to(vae.dtype) * scaled.new_tensor(std).view(1, -1, 1, 1) / vae.config.scaling_factor
        scaled = scaled + scaled.new_tensor(mean).view(1, -1, 1, 1)
    return vae.decode(scaled, return_dict=False)[0].float()


def _broken(pixels: Any) -> bool:
    return not bool(pixels.isfinite().all()) or float(pixels.max()) <= -0.99
