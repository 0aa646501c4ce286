"""Every mode through the real pipeline: from a picture, around a mask, frame by frame."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops, ImageDraw

from sdxl_tui.core import masks
from sdxl_tui.core.source_images import fitted
from sdxl_tui.engine import Img2ImgFailed, Img2ImgReady, JobCancelled, JobDone, JobFailed, JobStarted, PictureSaved
from sdxl_tui.engine.decode import decode, encode_image
from tests.engine.conftest import Lab, request
from tests.engine.test_pictures import difference

SIZE = (64, 64)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of another size and shape than the job."""
    picture = Image.new("RGB", (150, 100), "navy")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((30, 10, 110, 90), "orange")
    draw.rectangle((60, 40, 90, 70), "white")
    path = tmp_path_factory.mktemp("init") / "photo.png"
    picture.save(path)
    return path


@pytest.fixture(scope="module")
def mask(photo: Path) -> Path:
    path = photo.with_name("mask.png")
    masks.draw_mask((150, 100), [masks.Rectangle(60, 30, 90, 60)]).save(path)
    return path


def small(mode: str, **changes: Any) -> dict[str, Any]:
    return {"mode": mode, "width": SIZE[0], "height": SIZE[1], "steps": 4, **changes}


def shown(photo: Path) -> Image.Image:
    """The init image in the job's size."""
    return fitted(Image.open(photo).convert("RGB"), *SIZE)


def test_distance_to_the_init_grows_with_strength(shared_lab: Lab, photo: Path) -> None:
    """To the init as the model's own VAE gives it back."""
    strengths = (0.1, 0.2, 0.4, 0.7, 1.0)
    pictures = [
        shared_lab.pictures(**small("img2img", init_image=photo, strength=strength, steps=10))[0]
        for strength in strengths
    ]
    loaded = shared_lab.engine._residency.loaded
    with torch.no_grad():
        init = Image.fromarray(decode(loaded, encode_image(loaded, shown(photo)), "eager").pixels)
    distances = [difference(picture, init) for picture in pictures]
    assert all(far > near for near, far in pairwise(distances)), distances
    assert distances[-1] > 10 * distances[0], distances


@pytest.mark.parametrize("scheduler", ["euler_a", "dpmpp_2m_karras", "unipc", "default"])
def test_every_scheduler_starts_from_a_picture(shared_lab: Lab, photo: Path, mask: Path, scheduler: str) -> None:
    for mode, more in (("img2img", {}), ("inpaint", {"mask_image": mask})):
        [picture] = shared_lab.pictures(**small(mode, init_image=photo, strength=0.5, scheduler=scheduler, **more))
        assert picture.size == SIZE


@pytest.mark.parametrize("strength", [0.25, 0.6, 1])
def test_only_the_steps_that_strength_leaves_are_counted(shared_lab: Lab, photo: Path, strength: float) -> None:
    shared_lab.seen.clear()
    done = shared_lab.run(request(**small("img2img", init_image=photo, strength=strength, steps=8)))
    started = [event for event in shared_lab.seen if isinstance(event, JobStarted)]
    counted = [event.step for event in shared_lab.seen if type(event).__name__ == "StepDone"]
    assert counted == list(range(1, int(8 * strength) + 1))
    assert started[-1].steps == counted[-1]
    assert isinstance(done, JobDone)


def test_a_batch_from_a_picture_is_the_single_pictures(shared_lab: Lab, photo: Path, mask: Path) -> None:
    for own in (small("img2img", init_image=photo), small("inpaint", init_image=photo, mask_image=mask)):
        batch = shared_lab.pictures(**own, seed=5, batch_size=2)
        for picture, seed in zip(batch, (5, 6), strict=True):
            assert difference(picture, shared_lab.pictures(**own, seed=seed)[0]) < 1
        assert difference(*batch) > 0.1
        assert batch[0].tobytes() == shared_lab.pictures(**own, seed=5, batch_size=2)[0].tobytes()


@pytest.mark.parametrize("blur", [0, 1, 8, 21])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_inpaint_keeps_every_pixel_outside_of_mask_and_blur(
    shared_lab: Lab, photo: Path, mask: Path, blur: int, strength: float
) -> None:
    [picture] = shared_lab.pictures(
        **small("inpaint", init_image=photo, mask_image=mask, mask_blur=blur, strength=strength)
    )
    white = fitted(Image.open(mask).convert("L"), *SIZE)
    left, top, right, bottom = white.getbbox()
    around = (left - blur, top - blur, right + blur, bottom + blur)
    changed = ImageChops.difference(picture, shown(photo))
    assert changed.crop((left, top, right, bottom)).convert("L").getextrema()[1] > 10
    box = changed.getbbox()
    assert around[0] <= box[0] < box[2] <= around[2], (box, around)
    assert around[1] <= box[1] < box[3] <= around[3], (box, around)


def test_what_is_white_is_repainted_whole_and_blur_only_fades_around_it(
    shared_lab: Lab, photo: Path, mask: Path
) -> None:
    hard, soft = (
        shared_lab.pictures(**small("inpaint", init_image=photo, mask_image=mask, mask_blur=blur, strength=1))[0]
        for blur in (0, 12)
    )
    box = fitted(Image.open(mask).convert("L"), *SIZE).getbbox()
    assert difference(hard.crop(box), shown(photo).crop(box)) > 5
    ring = [ImageChops.difference(picture, shown(photo)).getbbox() for picture in (hard, soft)]
    assert ring[1][0] < ring[0][0]
    assert ring[1][2] > ring[0][2]


def test_every_weight_is_shared_and_none_is_cast(shared_lab: Lab, photo: Path, mask: Path) -> None:
    shared_lab.run(request(**small("txt2img", steps=1)))
    pipe = shared_lab.engine._residency.loaded.pipe
    dtypes = [parameter.dtype for parameter in pipe.unet.parameters()]
    shared_lab.run(request(**small("inpaint", init_image=photo, mask_image=mask)))
    loaded = shared_lab.engine._residency.loaded
    assert loaded.pipe is pipe
    [sibling] = loaded.siblings.values()
    for name in ("unet", "vae", "text_encoder", "text_encoder_2"):
        ours, theirs = getattr(pipe, name), getattr(sibling, name)
        pairs = zip(ours.parameters(), theirs.parameters(), strict=True)
        assert all(one is other for one, other in pairs), name
    assert [parameter.dtype for parameter in pipe.unet.parameters()] == dtypes


def test_text_to_image_is_the_same_after_the_other_modes(shared_lab: Lab, photo: Path, mask: Path) -> None:
    before = shared_lab.pictures(**small("txt2img"))[0].tobytes()
    shared_lab.pictures(**small("inpaint", init_image=photo, mask_image=mask, scheduler="dpmpp_2m_karras"))
    assert shared_lab.pictures(**small("txt2img"))[0].tobytes() == before


def test_the_log_line_names_picture_mask_and_their_hashes(shared_lab: Lab, photo: Path, mask: Path) -> None:
    done = shared_lab.run(request(**small("inpaint", init_image=photo, mask_image=mask, strength=0.5, mask_blur=3)))
    record = done.record
    assert (record["mode"], record["strength"], record["mask_blur"]) == ("inpaint", 0.5, 3)
    assert (record["init_image"], record["mask_image"]) == (str(photo), str(mask))
    assert record["init_image_sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert record["mask_sha256"] == hashlib.sha256(mask.read_bytes()).hexdigest()
    assert "frames" not in record
    with Image.open(done.outputs[0]) as picture:
        assert "Denoising strength: 0.5" in picture.text["parameters"]
        assert json.loads(picture.text["sdxl_tui"])["mask_sha256"] == record["mask_sha256"]


def test_an_init_image_that_is_gone_fails_the_job_with_a_sentence(shared_lab: Lab, tmp_path: Path) -> None:
    failed = shared_lab.run(request(**small("img2img", init_image=tmp_path / "gone.png")))
    assert isinstance(failed, JobFailed)
    assert failed.reason == f"There is no file {tmp_path / 'gone.png'}."
    assert failed.record["mode"] == "img2img"


def test_preload_says_when_it_is_ready_and_another_model_is_not(lab: Lab, photo: Path, demo_folder: Path) -> None:
    from tests.engine.conftest import in_folder

    lab.engine.preload_img2img()
    assert lab.until(Img2ImgFailed).reason == "No model is in use: load one first."
    lab.run(request(**small("txt2img", steps=1)))
    assert not lab.engine.status.img2img_is_ready
    lab.engine.preload_img2img()
    assert lab.until(Img2ImgReady).name == "Demo"
    assert lab.engine.status.img2img_is_ready
    other = in_folder(demo_folder, "test/other")
    lab.run(request(**small("txt2img", steps=1, model=other)))
    assert not lab.engine.status.img2img_is_ready
    lab.run(request(**small("img2img", init_image=photo, model=other)))
    assert lab.engine.status.img2img_is_ready


# Animations


def frames(lab: Lab, count: int = 4, **changes: Any) -> JobDone:
    done = lab.run(request(**small("animate_steps", frames=count, **changes)))
    assert isinstance(done, JobDone), done
    return done


def opened(done: JobDone) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in done.outputs]


def test_light_frames_are_one_job_with_names_by_pattern(shared_lab: Lab) -> None:
    shared_lab.seen.clear()
    done = frames(shared_lab, 5, seed=2**32 - 3, motion="light")
    day, time, _ = done.record["job_id"].split("-")
    assert done.record["outputs"] == [f"{day}-{time}_a-red-apple_frame_{index:03}.png" for index in range(1, 6)]
    assert done.record["seeds"] == [2**32 - 3, 2**32 - 2, 2**32 - 1, 0, 1]
    assert done.record["frames"] == len(done.record["frame_prompts"]) == len(done.record["pixels_sha256"]) == 5
    assert (done.record["mode"], done.record["motion"], done.record["variation"]) == ("animate_steps", "light", 0.3)
    assert len(set(done.record["frame_prompts"])) == 5
    assert all(prompt.startswith("a red apple") for prompt in done.record["frame_prompts"])
    saved = [event for event in shared_lab.seen if isinstance(event, PictureSaved)]
    assert [(event.index, event.of) for event in saved] == [(index, 5) for index in range(5)]
    steps = [event.step for event in shared_lab.seen if type(event).__name__ == "StepDone"]
    assert steps == list(range(1, 21))
    lines = (shared_lab.folder / "jobs.log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["job_id"] for line in lines].count(done.record["job_id"]) == 1
    with Image.open(done.outputs[3]) as picture:
        assert picture.text["parameters"].startswith(done.record["frame_prompts"][3] + "\n")
        assert "Seed: 0," in picture.text["parameters"]


def test_a_frame_of_full_variation_is_the_single_picture_of_its_seed_and_words(shared_lab: Lab) -> None:
    done = frames(shared_lab, 3, variation=1, seed=40, scheduler="euler_a")
    for picture, seed, prompt in zip(opened(done), done.record["seeds"], done.record["frame_prompts"], strict=True):
        [single] = shared_lab.pictures(**small("txt2img", prompt=prompt, seed=seed, scheduler="euler_a"))
        assert picture.tobytes() == single.tobytes()


def test_frames_leave_the_first_with_variation_and_stay_without(shared_lab: Lab) -> None:
    def spread(variation: float) -> float:
        first, *others = opened(frames(shared_lab, 3, variation=variation))
        return sum(difference(first, other) for other in others)

    still, little, much = (spread(variation) for variation in (0, 0.2, 1))
    assert still == 0
    assert 0 < little < much


@pytest.mark.parametrize("scheduler", ["euler", "dpmpp_2m"])
def test_frames_between_seeds_are_nearer_to_their_neighbours_than_to_the_ends(shared_lab: Lab, scheduler: str) -> None:
    pictures = opened(frames(shared_lab, 7, motion="latent", seed=3, end_seeds=(4,), scheduler=scheduler))
    for index in range(2, 5):
        for neighbour in (index - 1, index + 1):
            for end in (0, 6):
                near, far = (difference(pictures[index], pictures[other]) for other in (neighbour, end))
                assert near < far, (index, neighbour, end)


def test_a_way_begins_and_ends_with_the_single_pictures(shared_lab: Lab) -> None:
    way = {"motion": "latent", "seed": 3, "end_seeds": (4, 9), "end_prompts": ("a blue bowl",)}
    pictures = opened(frames(shared_lab, 5, **way))
    [first] = shared_lab.pictures(**small("txt2img", seed=3))
    [last] = shared_lab.pictures(**small("txt2img", prompt="a blue bowl", seed=9))
    assert pictures[0].tobytes() == first.tobytes()
    assert pictures[-1].tobytes() == last.tobytes()


def test_one_seed_with_a_moving_prompt_moves_steadily(shared_lab: Lab) -> None:
    done = frames(shared_lab, 5, motion="prompt", end_prompts=("a blue bowl on a table",), easing="ease_in_out")
    assert set(done.record["seeds"]) == {1}
    assert done.record["end_prompts"] == ["a blue bowl on a table"]
    pictures = opened(done)
    whole = difference(pictures[0], pictures[-1])
    assert whole > 0
    assert all(difference(one, other) < whole for one, other in pairwise(pictures))


def test_prompts_of_different_lengths_meet(shared_lab: Lab) -> None:
    done = frames(shared_lab, 3, motion="prompt", end_prompts=("apple " * 100,), steps=1)
    assert len(done.outputs) == 3


def test_a_latent_motion_without_an_end_goes_to_the_next_seed_and_says_so(shared_lab: Lab) -> None:
    assert frames(shared_lab, 2, motion="latent", seed=7, steps=1).record["end_seeds"] == [8]
    drawn = frames(shared_lab, 2, motion="latent", end_seeds=(None,), steps=1).record["end_seeds"]
    assert len(drawn) == 1
    assert isinstance(drawn[0], int)


def test_a_cancelled_sequence_is_partial_and_keeps_its_frames(shared_lab: Lab) -> None:
    job = shared_lab.engine.submit(request(**small("animate_steps", frames=50)))
    shared_lab.until(PictureSaved)
    shared_lab.until(PictureSaved)
    assert shared_lab.engine.cancel(job.id)
    cancelled = shared_lab.end(job)
    assert isinstance(cancelled, JobCancelled)
    record = cancelled.record
    assert record["status"] == "partial"
    assert 2 <= len(record["outputs"]) < 50
    assert len(record["outputs"]) == len(record["pixels_sha256"])
    assert all((shared_lab.folder / name).is_file() for name in record["outputs"])
    assert record["frames"] == 50
