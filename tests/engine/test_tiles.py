"""Tiles: as the whole would be, with no seam where they meet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from sdxl_tui.core.hires import Hires
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobDone, JobFailed, StepDone
from sdxl_tui.engine.decode import decode, encode_image
from sdxl_tui.engine.pipelines import img2img_pipe
from sdxl_tui.engine.tiles import Tiling, in_tiles, starts
from tests.engine.conftest import Lab, request
from tests.engine.test_pictures import difference

LARGE = Hires(4.0, "lanczos", 8, 0.4)


def smooth(width: int, height: int) -> Image.Image:
    """A picture whose only edges are a disc's."""
    x, y = numpy.meshgrid(numpy.linspace(0, 1, width), numpy.linspace(0, 1, height))
    disc = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.09
    pixels = numpy.stack([80 + 100 * x, 60 + 120 * y, 120 + 80 * disc], axis=-1)
    return Image.fromarray(pixels.astype("uint8"))


def seam(picture: Image.Image, borders: list[int]) -> float:
    """The mean step across the edges of tiles, as a share of that across all other columns and rows."""
    pixels = numpy.asarray(picture).astype(float)
    shares = []
    for axis in (0, 1):
        steps = numpy.abs(numpy.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2))
        at = [border - 1 for border in borders if 0 < border < pixels.shape[axis]]
        others = numpy.delete(steps, at)
        shares.append(steps[at].mean() / others.mean())
    return max(shares)


def edges(length: int, side: int) -> list[int]:
    places = starts(length, side)
    return [*places[1:], *(place + side for place in places[:-1])]


@pytest.mark.parametrize(("length", "side"), [(32, 32), (33, 32), (64, 32), (100, 32), (512, 128), (511, 128), (8, 32)])
def test_tiles_cover_a_length_and_share_about_a_quarter(length: int, side: int) -> None:
    places = starts(length, side)
    assert places[0] == 0
    assert places[-1] == max(0, length - side)
    assert all(0 < after - before <= side - side // 4 + 1 for before, after in pairwise(places)), places


def test_what_looks_at_each_place_alone_comes_out_the_same() -> None:
    tensor = torch.randn(2, 3, 70, 100)
    made = in_tiles(lambda tile: tile * 2 + 1, tensor, 32, 1)
    assert torch.allclose(made, tensor * 2 + 1, atol=1e-5)
    large = in_tiles(lambda tile: tile.repeat_interleave(8, -1).repeat_interleave(8, -2), tensor, 32, 8)
    assert torch.allclose(large, tensor.repeat_interleave(8, -1).repeat_interleave(8, -2), atol=1e-5)
    small = in_tiles(lambda tile: tile[..., ::8, ::8], torch.arange(96.0 * 128).view(1, 1, 96, 128), 64, 1 / 8)
    assert torch.allclose(small, torch.arange(96.0 * 128).view(1, 1, 96, 128)[..., ::8, ::8])


@pytest.fixture(scope="module")
def loaded(shared_lab: Lab) -> Any:
    shared_lab.run(request(steps=1))
    return shared_lab.engine._residency.loaded


def test_tiled_encoding_and_decoding_are_close_to_the_whole_and_have_no_seams(loaded: Any) -> None:
    side = loaded.pipe.unet.config.sample_size
    factor = loaded.pipe.vae_scale_factor
    picture = smooth(3 * side * factor, 2 * side * factor)
    tiling = Tiling("on", loaded.pipe)
    with torch.no_grad():
        whole, tiled = encode_image(loaded, picture), encode_image(loaded, picture, tiling)
        assert (whole - tiled).abs().mean() < 0.3 * whole.std()
        before = Image.fromarray(decode(loaded, whole, "eager").pixels)
        after = Image.fromarray(decode(loaded, whole, "eager", tiling).pixels)
    assert tiling.plan["tiled"] == {"encode": "setting", "decode": "setting"}
    assert difference(before, after) < 20
    borders = [border * factor for border in edges(3 * side, side)]
    assert seam(after, borders) < 1.1 * seam(before, borders)


def test_a_tiled_second_pass_is_close_to_the_whole_and_has_no_seams(tmp_path: Path) -> None:
    pictures, records = {}, {}
    for tiles in ("off", "on"):
        lab = TilingLab(tmp_path / tiles, tiles)
        done = lab.run(request("a red apple on a blue background", steps=8, hires=LARGE))
        assert isinstance(done, JobDone), done
        pictures[tiles], records[tiles] = Image.open(done.outputs[0]).convert("RGB"), done.record
        side = lab.engine._residency.loaded.pipe.unet.config.sample_size
        factor = lab.engine._residency.loaded.pipe.vae_scale_factor
        lab.engine.close(timeout=30)
    assert "plan" not in records["off"]
    assert records["on"]["plan"] == {
        "tiled": dict.fromkeys(("encode", "denoise", "decode"), "setting"),
        "tile": side * factor,
        "overlap": side * factor // 4,
    }
    assert difference(pictures["off"], pictures["on"]) < 10
    borders = [border * factor for border in edges(512 // factor, side)]
    assert seam(pictures["on"], borders) < 1.1 * seam(pictures["off"], borders)


class TilingLab(Lab):
    def __init__(self, folder: Path, tiles: str) -> None:
        super().__init__(folder)
        self.engine.close(timeout=30)
        self.engine = Engine(Settings(output_dir=folder, device="cpu", tiles=tiles), self.reports.put)
        self.engine.start()


def test_beyond_four_times_the_trained_area_a_picture_is_done_in_tiles_by_itself(shared_lab: Lab) -> None:
    small = shared_lab.run(request(steps=2, hires=Hires(2.0, "lanczos", 4, 0.3)))
    assert "plan" not in small.record
    large = shared_lab.run(request(steps=2, hires=Hires(2.2, "latent", 4, 0.3)))
    assert large.record["plan"]["tiled"] == {"denoise": "size", "decode": "size"}
    assert Image.open(large.outputs[0]).size == (280, 280)


def no_room(limit: int, function: Callable[..., Any]) -> Callable[..., Any]:
    def small_card(tensor: Any, *arguments: Any, **options: Any) -> Any:
        if max(tensor.shape[-2:]) > limit:
            raise MemoryError
        return function(tensor, *arguments, **options)

    return small_card


def test_where_there_is_no_room_for_the_whole_it_is_done_in_tiles(
    shared_lab: Lab, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unet, vae = loaded.pipe.unet, loaded.pipe.vae
    side = unet.config.sample_size
    monkeypatch.setattr(unet, "forward", no_room(side, unet.forward))
    monkeypatch.setattr(vae, "decode", no_room(side, vae.decode))
    shared_lab.seen.clear()
    done = shared_lab.run(request(steps=2, hires=Hires(2.0, "latent", 4, 0.5)))
    assert isinstance(done, JobDone), done
    assert done.record["plan"]["tiled"] == {"denoise": "memory", "decode": "memory"}
    assert [event.step for event in shared_lab.seen if isinstance(event, StepDone)] == [1, 2, 3, 4]
    assert "forward" in vars(unet)  # the card is as small as before

    monkeypatch.setattr(img2img_pipe(loaded).unet, "forward", no_room(side // 2, unet.forward))
    failed = shared_lab.run(request(steps=2, hires=Hires(2.0, "latent", 4, 0.5)))
    assert isinstance(failed, JobFailed)
    assert failed.reason.startswith("Out of memory ")


def test_what_only_saves_time_gives_way_before_tiles(loaded: Any) -> None:
    """One tile and the whole are other pictures; a model that lies ready beside it is none."""
    side, room = loaded.pipe.unet.config.sample_size, [10**9]

    def decode(latents: Any) -> Any:
        if room and latents.shape[-1] > side:
            raise MemoryError
        return latents.repeat_interleave(8, -1).repeat_interleave(8, -2)

    latents = torch.randn(1, 3, side + 8, side + 8)
    tiling = Tiling("auto", loaded.pipe, room.pop)
    assert torch.equal(tiling.decode(decode, latents), decode(latents))
    assert tiling.plan is None


def test_a_pass_that_begins_again_is_the_pass_that_would_have_been(
    shared_lab: Lab, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sampler that draws noise at each step draws the same; steps are counted once."""
    asked = request(steps=2, scheduler="euler_a", hires=Hires(2.0, "latent", 8, 0.5))
    undisturbed = shared_lab.run(asked)
    unet = img2img_pipe(loaded).unet
    side, forward, falls = unet.config.sample_size, unet.forward, [4, 3]

    def crowded(sample: Any, *arguments: Any, **options: Any) -> Any:
        if falls and sample.shape[-1] > side:
            falls[0] -= 1
            if not falls[0]:
                falls.pop(0)
                raise MemoryError
        return forward(sample, *arguments, **options)

    monkeypatch.setattr(unet, "forward", crowded)
    room = [10**9]
    monkeypatch.setattr(shared_lab.engine._residency, "make_room_for_job", lambda: room.pop() if room else 0)
    shared_lab.seen.clear()
    done = shared_lab.run(asked)
    assert isinstance(done, JobDone), done
    assert done.record["plan"]["tiled"] == {"denoise": "memory"}
    assert [event.step for event in shared_lab.seen if isinstance(event, StepDone)][-1] == 6

    falls[:] = [4]
    room.append(10**9)
    again = shared_lab.run(asked)
    assert "plan" not in again.record
    assert again.record["pixels_sha256"] == undisturbed.record["pixels_sha256"]


def test_noise_alone_is_never_denoised_in_tiles(shared_lab: Lab) -> None:
    """Each tile would be a picture of its own."""
    done = shared_lab.run(request(steps=1, width=640, height=640))
    assert done.record["plan"]["tiled"] == {"decode": "size"}
