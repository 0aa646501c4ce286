"""TAESD-XL, a tiny decoder for SDXL's latents: sharper previews for whoever has it in the hub cache."""

from __future__ import annotations

import logging
from typing import Any

from sdxl_tui.core.cache import find_repo

log = logging.getLogger(__name__)

REPO = "madebyollin/taesdxl"
LONGEST_SIDE = 512
"""Of a preview, in pixels."""


class TinyDecoder:
    """Decodes on a stream of its own, beside the denoising; to be used by one thread."""

    def __init__(self, vae: Any, device: Any) -> None:
        import torch

        self._vae = vae
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def paint(self, latents: Any, mark: Any) -> Any:
        """Return uint8 (pictures, height, width, 3) on the CPU, of latents that are there once ``mark`` is passed."""
        import torch

        with torch.no_grad():
            if self._stream is None:
                return self._painted(latents).cpu()
            with torch.cuda.stream(self._stream):
                self._stream.wait_event(mark)
                return self._painted(latents).cpu()

    def _painted(self, latents: Any) -> Any:
        import torch

        values = self._vae.decode(latents.to(self._vae.dtype) / self._vae.config.scaling_factor, return_dict=False)[0]
        scale = min(1.0, LONGEST_SIDE / max(values.shape[-2:]))
        size = [max(1, round(side * scale)) for side in values.shape[-2:]]
        small = torch.nn.functional.interpolate(values.float(), size, mode="area")
        return ((small.permute(0, 2, 3, 1) + 1) * 127.5).clamp(0, 255).to(torch.uint8)


def load_tiny_decoder(device: Any, dtype: Any) -> TinyDecoder | None:
    """Return TAESD-XL on a device; None when the hub cache has none that can be used."""
    folder = find_repo(REPO)
    if folder is None:
        return None
    try:
        from diffusers import AutoencoderTiny

        vae = AutoencoderTiny.from_pretrained(str(folder), torch_dtype=dtype, use_safetensors=True)
        return TinyDecoder(vae.to(device).eval(), device)
    except Exception as error:
        log.warning("%s in %s cannot be used, previews stay coarse", REPO, folder, exc_info=error)
        return None
