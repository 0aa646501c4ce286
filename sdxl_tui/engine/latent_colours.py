"""What colour a cell of latents is, by a linear map: a small picture for next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sdxl_tui.engine.decode import encode_image
from sdxl_tui.engine.loader import LoadedModel

SDXL_SCALING, SDXL_CHANNELS = 0.13025, 4
SDXL_COLOURS = (
    (0.3651, 0.4232, 0.4341),
    (-0.2533, -0.0042, 0.1068),
    (0.1076, 0.1111, -0.0362),
    (-0.3165, -0.2492, -0.2188),
)
"""Red, green and blue of each of the channels, as ComfyUI has them (``comfy/latent_formats.py``, ``SDXL``)."""
SDXL_BIAS = (0.1084, -0.0175, -0.0011)

CELLS = 32
"""Side of the latents that the map of another VAE is fitted on."""


@dataclass(frozen=True)
class Colours:
    """Latents to colours."""

    weights: Any
    """(channels, 3), float32 on the device."""
    bias: Any
    """(3,), float32 on the device."""

    def paint(self, latents: Any) -> Any:
        """Return uint8 (pictures, height / f, width / f, 3) of latents (pictures, channels, height / f, width / f)."""
        import torch

        values = latents.permute(0, 2, 3, 1).float() @ self.weights + self.bias
        return ((values + 1) * 127.5).clamp(0, 255).to(torch.uint8)


_known: WeakKeyDictionary[Any, Colours] = WeakKeyDictionary()


def colours_of(loaded: LoadedModel) -> Colours:
    """Return the map for a model's VAE: SDXL's, or one that is fitted to it once."""
    pipe = loaded.pipe
    if pipe not in _known:
        import torch

        weights, bias = (SDXL_COLOURS, SDXL_BIAS) if is_sdxls(pipe.vae) else _fitted(loaded)
        place = {"device": pipe.unet.device, "dtype": torch.float32}
        _known[pipe] = Colours(torch.as_tensor(weights, **place), torch.as_tensor(bias, **place))
    return _known[pipe]


def is_sdxls(vae: Any) -> bool:
    """Whether a VAE has the latents of SDXL's."""
    return vae.config.latent_channels == SDXL_CHANNELS and abs(vae.config.scaling_factor - SDXL_SCALING) < 1e-3


def _fitted(loaded: LoadedModel) -> tuple[Any, Any]:
    """The map that gives the colours of a picture of soft spots back from its latents, by least squares."""
    import numpy
    import torch
    from PIL import Image

    side = CELLS * loaded.pipe.vae_scale_factor
    spots = numpy.random.default_rng(0).integers(0, 256, (CELLS // 4, CELLS // 4, 3), dtype=numpy.uint8)
    picture = Image.fromarray(spots).resize((side, side), Image.Resampling.BICUBIC)
    cells = picture.resize((CELLS, CELLS), Image.Resampling.BOX)
    colours = torch.from_numpy(numpy.array(cells)).reshape(-1, 3).float() / 127.5 - 1
    latents = encode_image(loaded, picture)[0].flatten(1).T.float().cpu()
    known = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    solution = torch.linalg.lstsq(known, colours).solution
    return solution[:-1], solution[-1]
