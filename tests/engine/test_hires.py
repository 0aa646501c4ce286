"""Larger pictures by a second pass, through the real pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.repeat import request_of, same_pixels
from sdxl_tui.engine import JobCancelled, JobDone, JobStarted, PictureSaved, Preview, StepDone
from tests.engine.conftest import Lab, request
from tests.engine.test_pictures import difference

METHODS = ("latent", "lanczos")


def hires(**changes: Any) -> Hires:
    return Hires(**({"factor": 1.5, "method": "lanczos", "steps": 4, "strength": 0.5} | changes))


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_is_made_larger_and_stays_the_picture(shared_lab: Lab, method: str) -> None:
    [small] = shared_lab.pictures(steps=8)
    [large] = shared_lab.pictures(steps=8, hires=hires(method=method, steps=8))
    assert large.size == (192, 192)
    assert difference(large.resize(small.size, Image.Resampling.LANCZOS), small) < 25


def test_what_is_larger_is_painted_and_not_only_scaled(shared_lab: Lab) -> None:
    [small] = shared_lab.pictures(steps=8)
    near, far = (shared_lab.pictures(steps=8, hires=hires(steps=8, strength=strength))[0] for strength in (0.25, 0.9))
    scaled = small.resize((192, 192), Image.Resampling.LANCZOS)
    assert 0 < difference(near, scaled) < difference(far, scaled)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scheduler", ["euler_a", "dpmpp_2m_karras"])
def test_a_picture_of_a_batch_is_the_single_one(shared_lab: Lab, method: str, scheduler: str) -> None:
    own = {"hires": hires(method=method), "scheduler": scheduler}
    batch = shared_lab.pictures(**own, seed=5, batch_size=2)
    for picture, seed in zip(batch, (5, 6), strict=True):
        assert difference(picture, shared_lab.pictures(**own, seed=seed)[0]) < 1
    assert difference(*batch) > 1


def test_the_latent_way_never_decodes_between(shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.engine import enlarging

    decoded, decode = [], enlarging.decode
    monkeypatch.setattr(enlarging, "decode", lambda *a: decoded.append(a) or decode(*a))
    shared_lab.pictures(hires=hires(method="latent"))
    assert not decoded
    shared_lab.pictures(hires=hires(method="lanczos"))
    assert len(decoded) == 1


def test_every_scheduler_is_the_models_own_again_in_the_second_pass(shared_lab: Lab) -> None:
    """A Karras one stays Karras, and the next job's is not."""
    before = shared_lab.pictures(scheduler="dpmpp_2m")[0].tobytes()
    shared_lab.pictures(scheduler="dpmpp_2m_karras", hires=hires())
    assert shared_lab.pictures(scheduler="dpmpp_2m")[0].tobytes() == before


def test_steps_of_both_passes_are_counted(shared_lab: Lab) -> None:
    shared_lab.seen.clear()
    done = shared_lab.run(request(steps=3, batch_size=2, hires=hires(steps=5, strength=0.5)))
    [started] = [event for event in shared_lab.seen if isinstance(event, JobStarted)]
    steps = [event for event in shared_lab.seen if isinstance(event, StepDone)]
    assert started.steps == 3 + 2 * 2
    assert [event.step for event in steps] == list(range(1, 8))
    assert steps[-1].eta == pytest.approx(0)
    assert isinstance(done, JobDone)


def test_previews_of_the_second_pass_are_of_the_picture_at_work(lab: Lab) -> None:
    lab.engine.show_previews(0.0)
    lab.run(request(steps=2, batch_size=2, hires=hires(steps=8, strength=0.5)))
    seen = {event.index for event in lab.seen if isinstance(event, Preview)}
    assert seen == {0, 1}


def test_the_log_the_picture_and_the_infotext_say_it_and_it_is_repeated(shared_lab: Lab) -> None:
    done = shared_lab.run(request(hires=hires(method="latent")))
    record = done.record
    assert record["hires"] == {"factor": 1.5, "method": "latent", "steps": 4, "strength": 0.5}
    assert (record["width"], record["height"]) == (128, 128)
    assert "plan" not in record
    with Image.open(done.outputs[0]) as picture:
        assert picture.size == (192, 192)
        assert json.loads(picture.text["sdxl_tui"])["hires"] == record["hires"]
        text = picture.text["parameters"]
    assert "Size: 128x128, Denoising strength: 0.5," in text
    assert "Hires upscale: 1.5, Hires steps: 4, Hires upscaler: Latent" in text
    again = shared_lab.run(request_of(record, load_catalogue(), {}))
    assert again.record["hires"] == record["hires"]
    assert same_pixels(record, again.record)


def test_image_to_image_is_made_larger_too(shared_lab: Lab, tmp_path: Path) -> None:
    Image.effect_noise((100, 100), 80).convert("RGB").save(tmp_path / "init.png")
    own = {"mode": "img2img", "init_image": tmp_path / "init.png", "strength": 0.5}
    done = shared_lab.run(request(**own, hires=hires(factor=2)))
    assert Image.open(done.outputs[0]).size == (256, 256)
    assert (done.record["strength"], done.record["hires"]["strength"]) == (0.5, 0.5)


def test_stopped_in_the_second_pass_what_is_whole_is_saved_and_nothing_else(lab: Lab) -> None:
    job = lab.engine.submit(request(steps=2, batch_size=2, hires=hires(steps=40, strength=0.5)))
    lab.until(PictureSaved)
    lab.engine.cancel(job.id)
    end = lab.end(job)
    assert isinstance(end, JobCancelled)
    assert (end.record["status"], len(end.record["outputs"])) == ("partial", 1)

    job = lab.engine.submit(request(steps=2, hires=hires(steps=100, strength=1)))
    while lab.until(StepDone).step < 4:
        pass
    lab.engine.cancel(job.id)
    end = lab.end(job)
    assert (end.record["status"], end.record["outputs"]) == ("cancelled", [])
    assert 4 <= end.step < 102
    assert len(list(lab.folder.glob("*.png"))) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hires": {"factor": 1}}, "Hires factor goes from above 1 to 4."),
        ({"hires": {"factor": float("nan")}}, "Hires factor goes from above 1 to 4."),
        ({"hires": {"method": "esrgan"}}, "There is no hires method 'esrgan'; there are latent, lanczos."),
        ({"hires": {"strength": 0}}, "Hires strength goes from above 0 to 1."),
        ({"hires": {"steps": 0}}, "Hires steps go from 1 to 200."),
        (
            {"hires": {"steps": 4, "strength": 0.2}},
            "Hires strength 0.2 of 4 steps is less than one step: the smallest strength that works is 0.25.",
        ),
        (
            {"width": 2048, "height": 1024, "hires": {"factor": 2.5}},
            "2048×1024 times 2.5 is 5120×2560, and sides go to 4096 pixels: the largest factor that works is 2.",
        ),
        (
            {"width": 4096, "hires": {"factor": 2}},
            "4096×128 times 2 is 8192×256, and sides go to 4096 pixels: it is as large as it can be.",
        ),
        ({"hires": {"factor": 1.01}}, "128×128 times 1.01 is no larger: 1.07 is."),
        (
            {"mode": "inpaint", "init_image": Path("a.png"), "mask_image": Path("b.png"), "hires": {}},
            "A second pass would repaint what inpainting keeps: leave hires out, and make the picture larger then.",
        ),
        (
            {"mode": "animate_steps", "hires": {}},
            "Frames are not made larger: leave hires out, and make the one you like larger then.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        request(**(changes | {"hires": hires(**changes["hires"])}))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("size", "factor", "wanted"),
    [
        ((1024, 1024), 1.5, (1536, 1536)),
        ((832, 1216), 1.5, (1248, 1824)),
        ((1000, 1000), 1.1, (1096, 1096)),
        ((1160, 1160), 1.1, (1272, 1272)),
        ((64, 4096), 1, None),
    ],
)
def test_sizes_are_cut_to_multiples_of_8(size: tuple[int, int], factor: float, wanted: tuple[int, int] | None) -> None:
    if wanted is not None:
        assert request(width=size[0], height=size[1], hires=hires(factor=factor)).size == wanted
    assert request(width=size[0], height=size[1]).size == size


def test_pixels_are_numbers_everywhere(shared_lab: Lab) -> None:
    [picture] = shared_lab.pictures(hires=hires(factor=2, method="latent", strength=1))
    assert numpy.asarray(picture).std() > 5
