"""The whole way of a job on a GPU, on SDXL at its full size in float16."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sdxl_tui.core.masks import Rectangle, draw_mask
from sdxl_tui.core.models import Model
from sdxl_tui.core.source_images import fitted
from sdxl_tui.engine import JobCancelled, JobDone, ModelFailed, ModelLoaded, ModelLoading, StepDone
from tests.engine.test_pictures import difference
from tests.gpu.conftest import GpuLab, big, pictures

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

TOLERANCE = 2.0
"""Mean difference (of 255) between a picture made alone and in a batch: float16 sums come in another order there."""


def test_it_loads_with_its_steps_in_order_and_paints_in_float16(lab: GpuLab, sdxl: Model) -> None:
    lab.engine.load(sdxl)
    loaded = lab.until(ModelLoaded)
    steps = list(dict.fromkeys(event.step for event in lab.seen if isinstance(event, ModelLoading)))
    assert [step for step in steps if step != "starting torch"] == [
        "checking", "text encoders", "UNet", "VAE", "warm-up",
    ]  # fmt: skip
    done = lab.run(big(sdxl, steps=30))
    assert isinstance(done, JobDone), done
    assert (done.record["speed"], done.record["dtype"], done.record["vae_dtype"]) == ("fast", "float16", "float16")
    assert done.record["device"] == loaded.device
    print(f"load {loaded.seconds:.2f} s, 1024x1024, 30 steps, to disk: {done.seconds:.2f} s on {loaded.device}")


def test_the_same_seed_is_the_same_picture(lab: GpuLab, sdxl: Model) -> None:
    [first], [again], [other] = (pictures(lab, sdxl, seed=seed) for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert difference(first, other) > 5


def test_a_picture_of_a_batch_is_the_single_one(lab: GpuLab, sdxl: Model) -> None:
    batch = pictures(lab, sdxl, seed=3, batch_size=4)
    [alone] = pictures(lab, sdxl, seed=5)
    print(f"in a batch of 4 against alone: {difference(batch[2], alone):.3f} of 255")
    assert difference(batch[2], alone) < TOLERANCE


@pytest.mark.parametrize("scheduler", ["default", "euler_a", "dpmpp_2m_karras", "unipc"])
def test_every_scheduler_paints_the_same_twice(lab: GpuLab, sdxl: Model, scheduler: str) -> None:
    [first], [again] = (pictures(lab, sdxl, scheduler=scheduler, width=832, height=1216) for _ in range(2))
    assert first.size == (832, 1216)
    assert first.tobytes() == again.tobytes()


def test_it_is_what_stock_diffusers_paints(lab: GpuLab, sdxl: Model) -> None:
    import torch

    from sdxl_tui.engine.schedulers import make_scheduler

    [ours] = pictures(lab, sdxl, seed=11, negative_prompt="blue", speed="exact")
    loaded = lab.engine._residency.loaded
    loaded.pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    noise = torch.randn((1, 4, 128, 128), generator=torch.Generator().manual_seed(11))
    loaded.speed.prepare(loaded.pipe, "eager")
    weights = {name: parameter.data for name, parameter in loaded.pipe.vae.named_parameters()}
    with torch.no_grad():
        stock = loaded.pipe(
            prompt="a red apple",
            negative_prompt="blue",
            num_inference_steps=8,
            guidance_scale=4.0,
            width=1024,
            height=1024,
            latents=noise.to("cuda", torch.float16),
        ).images[0]
    for name, parameter in loaded.pipe.vae.named_parameters():
        parameter.data = weights[name]  # stock casts its VAE up, and down again into other memory
    assert difference(ours, stock) == 0


def test_the_other_modes_paint_the_same_twice_over_shared_weights(lab: GpuLab, sdxl: Model, tmp_path: Path) -> None:
    import torch

    init, mask = tmp_path / "init.png", tmp_path / "mask.png"
    Image.effect_noise((1200, 900), 60).convert("RGB").save(init)
    draw_mask((1200, 900), [Rectangle(300, 200, 700, 600)]).save(mask)
    pictures(lab, sdxl)
    used = torch.cuda.memory_allocated()
    for own in (
        {"mode": "img2img", "init_image": init},
        {"mode": "inpaint", "init_image": init, "mask_image": mask},
        {"mode": "animate_steps", "frames": 3, "motion": "latent"},
    ):
        first, again = pictures(lab, sdxl, **own), pictures(lab, sdxl, **own)
        assert [one.tobytes() for one in first] == [other.tobytes() for other in again]
    assert torch.cuda.memory_allocated() < used * 1.05
    [repainted] = pictures(lab, sdxl, mode="inpaint", init_image=init, mask_image=mask, mask_blur=0)
    changed = ImageChops.difference(repainted, fitted(Image.open(init).convert("RGB"), 1024, 1024))
    white = fitted(Image.open(mask).convert("L"), 1024, 1024)
    assert changed.getbbox() is not None
    assert ImageChops.subtract(changed.convert("L"), white).getbbox() is None


def test_cancel_stops_within_a_step_and_the_next_job_runs(lab: GpuLab, sdxl: Model) -> None:
    job = lab.engine.submit(big(sdxl, steps=100))
    lab.until(StepDone)
    lab.engine.cancel(job.id)
    assert isinstance(lab.end(job), JobCancelled)
    assert pictures(lab, sdxl)


def test_a_broken_model_leaves_the_one_in_use_and_no_memory_behind(lab: GpuLab, sdxl: Model, tmp_path: Path) -> None:
    import torch

    [before] = pictures(lab, sdxl)
    held = torch.cuda.memory_reserved()
    broken = tmp_path / "broken"
    shutil.copytree(sdxl.folder, broken, copy_function=_linked)
    config = broken / "vae" / "config.json"
    values = json.loads(config.read_text())
    config.unlink()
    config.write_text(json.dumps(values | {"block_out_channels": [128, 256, 512, 256]}))
    lab.engine.load(replace(sdxl, id="test/broken", folder=broken))
    failed = lab.until(ModelFailed)
    assert "vae" in failed.reason
    assert failed.still_in_use == "SDXL"
    [after] = pictures(lab, sdxl)
    assert before.tobytes() == after.tobytes()
    assert torch.cuda.memory_reserved() <= held * 1.05


def _linked(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def test_another_model_takes_the_place_and_the_first_one_comes_back_the_same(lab: GpuLab, sdxl: Model) -> None:
    import torch

    [first] = pictures(lab, sdxl)
    used = torch.cuda.memory_allocated()
    pictures(lab, replace(sdxl, id="test/other"))
    [again] = pictures(lab, sdxl)
    assert first.tobytes() == again.tobytes()
    assert torch.cuda.memory_allocated() < used * 1.05


def test_out_of_memory_fails_the_job_with_a_sentence_and_the_next_one_runs(lab: GpuLab, sdxl: Model) -> None:
    failed = lab.run(big(sdxl, steps=1, batch_size=64, width=2048, height=2048))
    assert "Out of memory" in failed.reason
    assert "Traceback" not in failed.reason
    assert isinstance(lab.run(big(sdxl, steps=1)), JobDone)
