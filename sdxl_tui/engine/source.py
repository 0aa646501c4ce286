"""What an image-to-image or inpaint job starts from, ready for the pipeline, and back around what it repainted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import masks
from sdxl_tui.core.modes import INPAINT, starts_from_a_picture
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.source_images import fitted, read_init, read_mask
from sdxl_tui.engine.decode import encode_image
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.tiles import Tiling

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Source:
    """A picture to start from, in the size of the job."""

    image: Image.Image
    """RGB."""
    latents: Any
    """(1, channels, height / f, width / f) in the UNet's dtype, f being the VAE's factor."""
    facts: dict[str, str]
    """Log keys: the hashes of the files."""
    mask: Image.Image | None = None
    """Mode L, inpainting only: how much of the repainted picture each pixel shows."""
    cells: Any = None
    """(1, 1, height / f, width / f) in the UNet's dtype, inpainting only: 1 where the latents are repainted, else 0."""

    def pasted(self, picture: Image.Image) -> Image.Image:
        """Return a repainted picture with the very pixels of the init image outside of the mask and its fade."""
        from PIL import Image

        return picture if self.mask is None else Image.composite(picture, self.image, self.mask)


def prepare(request: GenerationRequest, loaded: LoadedModel, tiling: Tiling) -> Source | None:
    """Read and encode what a request starts from; None when that is noise alone.

    ``tiling`` says whether it is encoded in tiles. Raises UserError when a file cannot be used.
    """
    if not starts_from_a_picture(request.mode):
        return None
    assert request.init_image is not None, "a request with such a mode has one"
    pipe, size = loaded.pipe, (request.width, request.height)
    loaded.speed.prepare(pipe, request.speed)
    init = read_init(request.init_image)
    image, facts = fitted(init.image, *size), {"init_image_sha256": init.sha256}
    if request.mode != INPAINT:
        return Source(image, encode_image(loaded, image, tiling), facts)
    assert request.mask_image is not None, "a request with such a mode has one"
    read = read_mask(request.mask_image, init, request.init_image)
    facts["mask_sha256"] = read.sha256
    white = fitted(read.image, *size)
    mask, cells = masks.faded(white, request.mask_blur), _cells(white, request.mask_blur, loaded)
    return Source(image, encode_image(loaded, image, tiling), facts, mask, cells)


def _cells(white: Image.Image, blur: int, loaded: LoadedModel) -> Any:
    side, processor = loaded.pipe.vae_scale_factor, loaded.pipe.image_processor
    pixels = processor.numpy_to_pt(processor.pil_to_numpy(masks.cells(white, blur, side)))
    return pixels[..., ::side, ::side].to(loaded.device.kind, loaded.dtype)
