"""Previews show what comes, only when somebody asks, and never cost a picture."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image, ImageStat

from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.engine import JobDone, JobStarted, PictureSaved, Preview, StepDone, latent_colours, preview, tiny_decoder
from sdxl_tui.engine.decode import encode_image
from sdxl_tui.engine.tiny_decoder import load_tiny_decoder
from tests.engine.conftest import Lab, request
from tests.engine.test_pictures import difference


def seen(lab: Lab, **changes: Any) -> tuple[list[Preview], list[Image.Image]]:
    """The previews of a job, and its pictures."""
    lab.seen.clear()
    done = lab.run(request(**changes))
    assert isinstance(done, JobDone), done
    shown = [event for event in lab.seen if isinstance(event, Preview)]
    assert all(event.job_id == done.record["job_id"] for event in shown)
    return shown, [Image.open(path).convert("RGB") for path in done.outputs]


def likeness(small: Image.Image, picture: Image.Image) -> float:
    """Mean difference of a preview to a picture of its size."""
    return difference(small, picture.resize(small.size, Image.Resampling.BOX))


@pytest.mark.parametrize("scheduler", list(SCHEDULERS))
def test_the_last_preview_is_like_the_picture_and_unlike_another(shared_lab: Lab, scheduler: str) -> None:
    shared_lab.engine.show_previews(0)
    shown, [picture] = seen(shared_lab, scheduler=scheduler, steps=12, seed=3)
    shared_lab.engine.show_previews(None)
    _, [other] = seen(shared_lab, prompt="a blue bowl on grass", seed=9)
    last = shown[-1]
    assert last.image.size == (32, 32)
    assert last.image.mode == "RGB"
    assert likeness(last.image, picture) < 20
    assert likeness(last.image, picture) < likeness(last.image, other) / 2


def test_it_clears_up_on_the_way(shared_lab: Lab) -> None:
    shared_lab.engine.show_previews(0)
    shown, [picture] = seen(shared_lab, steps=16, seed=3)
    shared_lab.engine.show_previews(None)
    assert len(shown) > 2
    assert likeness(shown[0].image, picture) > likeness(shown[-1].image, picture)
    middle = shown[len(shown) // 2].image
    noise = sum(ImageStat.Stat(Image.effect_noise(middle.size, 80).convert("RGB")).stddev)
    assert sum(ImageStat.Stat(middle).stddev) < noise


def test_nobody_asks_nobody_is_shown_anything(shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("made for nobody")

    monkeypatch.setattr(preview, "colours_of", never)
    assert seen(shared_lab, steps=4)[0] == []
    shared_lab.engine.show_previews(3600)
    assert seen(shared_lab, steps=4)[0] == []
    shared_lab.engine.show_previews(None)


def test_the_picture_is_the_same_with_previews(shared_lab: Lab) -> None:
    for scheduler in ("euler_a", "dpmpp_2m", "unipc"):
        _, [without] = seen(shared_lab, scheduler=scheduler, steps=5)
        shared_lab.engine.show_previews(0)
        _, [with_them] = seen(shared_lab, scheduler=scheduler, steps=5)
        shared_lab.engine.show_previews(None)
        assert without.tobytes() == with_them.tobytes()


def test_previews_come_while_the_job_runs(shared_lab: Lab) -> None:
    shared_lab.engine.show_previews(0)
    seen(shared_lab, steps=12)
    shared_lab.engine.show_previews(None)
    kinds = [type(event) for event in shared_lab.seen]
    first = kinds.index(Preview)
    assert kinds.index(JobStarted) < first < len(kinds) - 1 - kinds[::-1].index(StepDone)
    assert first < kinds.index(PictureSaved)


def test_a_sequence_shows_the_frame_under_way(shared_lab: Lab) -> None:
    shared_lab.engine.show_previews(0)
    shown, frames = seen(shared_lab, mode="animate_steps", frames=3, motion="latent", steps=8, end_seeds=(40,))
    shared_lab.engine.show_previews(None)
    assert {event.index for event in shown} == {0, 1, 2}
    for index, frame in enumerate(frames):
        last = [event for event in shown if event.index == index][-1]
        assert likeness(last.image, frame) < 40


def test_a_preview_that_breaks_costs_no_picture(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no room for a preview")

    monkeypatch.setattr(preview, "colours_of", broken)
    lab.engine.show_previews(0)
    assert seen(lab, steps=4)[0] == []


def test_the_map_of_sdxl_is_the_known_one() -> None:
    vae = SimpleNamespace(config=SimpleNamespace(latent_channels=4, scaling_factor=0.13025))
    assert latent_colours.is_sdxls(vae)
    unet = SimpleNamespace(device="cpu")

    class Pipe:
        pass

    pipe = Pipe()
    pipe.vae, pipe.unet = vae, unet
    latents = torch.zeros(1, 4, 2, 3)
    latents[:, 0] = 1
    loaded = Pipe()
    loaded.pipe = pipe
    painted = latent_colours.colours_of(loaded).paint(latents)
    assert painted.shape == (1, 2, 3, 3)
    assert painted[0, 0, 0].tolist() == [187, 179, 182]


def test_the_map_of_another_vae_is_fitted_to_it(shared_lab: Lab) -> None:
    shared_lab.pictures(steps=1)
    loaded = shared_lab.engine._residency.loaded
    colours = Image.new("RGB", (128, 128), (200, 60, 30))
    colours.paste((20, 90, 220), (0, 0, 64, 128))
    with torch.no_grad():
        painted = latent_colours.colours_of(loaded).paint(encode_image(loaded, colours))[0]
    assert difference(Image.fromarray(painted.numpy()), colours.resize((32, 32))) < 20


# TAESD-XL


@pytest.fixture
def taesd(own_home: Path, tmp_path: Path) -> Path:
    """A decoder of random weights in the hub cache."""
    from diffusers import AutoencoderTiny

    entry = tmp_path / "hub" / "models--madebyollin--taesdxl"
    folder = entry / "snapshots" / "abc"
    torch.manual_seed(0)
    AutoencoderTiny(encoder_block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8)).save_pretrained(
        folder
    )
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text("abc")
    return folder


def test_taesd_is_used_from_the_hub_cache(taesd: Path) -> None:
    decoder = load_tiny_decoder(torch.device("cpu"), torch.float32)
    painted = decoder.paint(torch.randn(2, 4, 8, 16), None)
    assert (painted.shape, painted.dtype) == ((2, 64, 128, 3), torch.uint8)
    assert decoder.paint(torch.randn(1, 4, 8, 128), None).shape == (1, 32, 512, 3)


def test_without_it_or_with_a_broken_one_previews_are_coarse(taesd: Path, caplog: pytest.LogCaptureFixture) -> None:
    (taesd / "config.json").write_text(json.dumps({"_class_name": "AutoencoderTiny", "latent_channels": 3}))
    assert load_tiny_decoder(torch.device("cpu"), torch.float32) is None
    assert "previews stay coarse" in caplog.text
    assert tiny_decoder.find_repo("madebyollin/taesdxl") == taesd
    for file in taesd.iterdir():
        file.unlink()
    taesd.rmdir()
    assert load_tiny_decoder(torch.device("cpu"), torch.float32) is None


def test_the_engine_turns_to_taesd_as_soon_as_it_is_there(
    lab: Lab, taesd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's latents have other channels: the decoder is told to take them for SDXL's."""
    monkeypatch.setattr(preview, "is_sdxls", lambda _: True)
    monkeypatch.setattr(preview, "REST", 0)
    real = tiny_decoder.TinyDecoder.paint
    monkeypatch.setattr(tiny_decoder.TinyDecoder, "paint", lambda self, latents, mark: real(self, latents[:, :4], mark))
    lab.engine.show_previews(0)
    shown, _ = seen(lab, steps=100, width=64, height=64)
    sizes = [event.image.size for event in shown]
    assert sizes[0] == (16, 16)
    assert sizes[-1] == (128, 128)
