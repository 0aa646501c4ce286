"""Latents to a picture, never a black or broken one, and a picture to latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.speeds import FAST
from sdxl_tui.engine.device import name_of
from sdxl_tui.engine.loader import LoadedModel

if TYPE_CHECKING:
    from PIL import Image

    from sdxl_tui.engine.tiles import Tiling


@dataclass(frozen=True)
class Decoded:
    """One picture, and whether it took a second try."""

    pixels: Any
    """A uint8 array (height, width, 3), RGB."""
    again: bool
    """True when it came out black or not a number in float16 and was decoded again in float32."""
    dtype: str
    """The number format that it was decoded in: ``float16``."""


def decode(loaded: LoadedModel, latents: Any, speed: str, tiling: Tiling | None = None) -> Decoded:
    """Return the picture of one image's latents, (1, channels, height / f, width / f), decoded as a speed does it.

    A speed that keeps to stock decodes in float32 where the VAE asks for it (``force_upcast``); the fast one tries
    float16 and remembers of a VAE that it overflows. A black or NaN result is decoded again in float32. ``tiling`` says
    whether it is done in tiles; None: it is not. Raises UserError when the latents themselves are not numbers.
    """
    import torch

    mode = loaded.speed.prepare(loaded.pipe, speed)
    known = loaded.speed.overflowing
    needs_float32 = loaded.key in known if mode == FAST else _asks_for_float32(loaded.pipe.vae)
    dtype, again = torch.float32 if needs_float32 else loaded.pipe.vae.dtype, False
    pixels = _pixels(loaded, latents, mode, dtype, tiling)
    is_number, brightest = _looked_at(pixels)
    if dtype != torch.float32 and (not is_number or brightest <= -0.99):
        dtype, again = torch.float32, True
        pixels = _pixels(loaded, latents, mode, dtype, tiling)
        is_number, _ = _looked_at(pixels)
        if is_number:
            known.add(loaded.key)
    if not is_number:
        raise UserError("The picture came out as no numbers: try another scheduler, fewer steps or lower guidance.")
    # As diffusers' VaeImageProcessor rounds, value for value.
    shades = ((pixels * 0.5 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    if shades.shape[1] == 1:
        shades = shades.expand(-1, 3, -1, -1)
    return Decoded(shades[0].permute(1, 2, 0).contiguous().cpu().numpy(), again, name_of(dtype))


def encode_image(loaded: LoadedModel, image: Image.Image, tiling: Tiling | None = None) -> Any:
    """Return the latents of a picture, (1, channels, height / f, width / f) in the UNet's dtype.

    The likeliest ones, as in ComfyUI: a draw around them would take from the noise that the seed stands for. Encoded in
    the number format that stock uses; what is no number there is encoded again in float32.
    """
    import torch

    pipe = loaded.pipe
    pixels = pipe.image_processor.preprocess(image).to(loaded.device.kind)
    dtype = torch.float32 if _asks_for_float32(pipe.vae) else pipe.vae.dtype
    latents = _likeliest(loaded.speed.vae(pipe.vae, dtype), pixels, tiling)
    if dtype != torch.float32 and not bool(latents.isfinite().all()):
        latents = _likeliest(loaded.speed.vae(pipe.vae, torch.float32), pixels, tiling)
    if not bool(latents.isfinite().all()):
        raise UserError("The init image came out as no numbers: the model's VAE cannot be used with it.")
    return latents.to(loaded.dtype)


def _asks_for_float32(vae: Any) -> bool:
    return bool(getattr(vae.config, "force_upcast", False))


def _likeliest(vae: Any, pixels: Any, tiling: Tiling | None) -> Any:
    def encoded(some: Any) -> Any:
        return vae.encode(some.to(vae.dtype)).latent_dist.mode().float()

    latents = encoded(pixels) if tiling is None else tiling.encode(encoded, pixels)
    mean, std = getattr(vae.config, "latents_mean", None), getattr(vae.config, "latents_std", None)
    if mean is not None and std is not None:
        latents = latents - latents.new_tensor(mean).view(1, -1, 1, 1)
        latents = latents / latents.new_tensor(std).view(1, -1, 1, 1)
    return latents * vae.config.scaling_factor


def _pixels(loaded: LoadedModel, latents: Any, mode: str, dtype: Any, tiling: Tiling | None) -> Any:
    """(1, 3, height, width) in -1..1, float32."""
    config = loaded.pipe.vae.config
    scaled = latents.to(dtype) / config.scaling_factor
    mean, std = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
    if mean is not None and std is not None:
        scaled = latents.to(dtype) * scaled.new_tensor(std).view(1, -1, 1, 1) / config.scaling_factor
        scaled = scaled + scaled.new_tensor(mean).view(1, -1, 1, 1)
    decoder = loaded.speed.decoder(loaded.pipe, mode, dtype)
    return (decoder(scaled) if tiling is None else tiling.decode(decoder, scaled)).float()


def _looked_at(pixels: Any) -> tuple[bool, float]:
    """Whether all pixels are numbers, and the largest: one wait for the device."""
    import torch

    is_number, brightest = torch.stack([pixels.isfinite().all().float(), pixels.max()]).tolist()
    return bool(is_number), brightest
