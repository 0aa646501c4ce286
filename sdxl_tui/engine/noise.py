"""Starting noise: drawn per image by its own CPU generator in float32, so that a seed means the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdxl_tui.core.animation import Between
from sdxl_tui.engine.loader import LoadedModel


class Noise:
    """The noise of a size in pixels. It is the start that A1111 (RNG=CPU) and ComfyUI use for a seed, too."""

    def __init__(self, loaded: LoadedModel, width: int, height: int) -> None:
        factor = loaded.pipe.vae_scale_factor
        self._shape = (1, loaded.pipe.unet.config.in_channels, height // factor, width // factor)
        self._place = (loaded.device.kind, loaded.dtype)

    def draw(self, seed: int) -> tuple[Any, Any]:
        """Return a seed's generator, ready for what a sampler draws after the start, and its start.

        The start is (1, channels, height / f, width / f) in float32 on the CPU, f being the VAE's factor.
        """
        import torch

        generator = torch.Generator().manual_seed(seed)
        return generator, torch.randn(self._shape, generator=generator)

    def between(self, seeds: Between[int]) -> Any:
        """Return the start at a point between two seeds', on the sphere: as likely a noise as they are."""
        _, start = self.draw(seeds.start)
        if seeds.share == 0 or seeds.start == seeds.end:
            return start
        _, end = self.draw(seeds.end)
        return slerp(start.flatten(), end.flatten(), seeds.share).reshape(self._shape)

    def ready(self, starts: Sequence[Any]) -> Any:
        """Return starts as one batch on the device, in the UNet's dtype."""
        import torch

        return torch.cat(list(starts)).to(*self._place)


def slerp(start: Any, end: Any, share: float) -> Any:
    """Interpolate spherically along the last dimension; ``share`` 0 gives ``start`` and 1 ``end``, bit for bit.

    Vectors that point (almost) the same way, or have no length, are interpolated linearly (Shoemake 1985).
    """
    import torch

    dtype, start, end = start.dtype, start.float(), end.float()
    lengths = start.norm(dim=-1, keepdim=True) * end.norm(dim=-1, keepdim=True)
    cosine = (start * end).sum(-1, keepdim=True) / lengths.clamp(min=1e-12)
    angle = torch.acos(cosine.clamp(-1, 1))
    sine = torch.sin(angle)
    flat = (cosine.abs() > 0.9995) | (lengths < 1e-12)
    safe = torch.where(flat, torch.ones_like(sine), sine)
    from_start = torch.where(flat, torch.full_like(sine, 1 - share), torch.sin((1 - share) * angle) / safe)
    from_end = torch.where(flat, torch.full_like(sine, share), torch.sin(share * angle) / safe)
    return (from_start * start + from_end * end).to(dtype)
