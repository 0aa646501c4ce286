"""The whole way of a job on a GPU, on SDXL at its full size in float16."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sdxl_tui.core.check import check_model
from sdxl_tui.core.masks import Rectangle, draw_mask
from sdxl_tui.core.models import CATALOGUE, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.source_images import fitted
from sdxl_tui.engine import Engine, JobCancelled, JobDone, ModelFailed, ModelLoaded, ModelLoading, StepDone
from tests.engine.conftest import Lab, request
from tests.engine.test_decode import spoil
from tests.engine.test_pictures import difference

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

TOLERANCE = 2.0
"""Mean difference (of 255) between a picture made alone and in a batch: float16 sums come in another order there."""


class GpuLab(Lab):
    """The engine as it chooses its device itself; it keeps no copies, so that memory can be counted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.engine.close(timeout=60)
        self.engine = Engine(Settings(output_dir=folder, keep_vram="0", keep_ram="0"), self.reports.put)
        self.engine.start()


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from tests.gpu.full_size import build

    folder = tmp_path_factory.mktemp("sdxl")
    build(folder)
    base = CATALOGUE["stabilityai/stable-diffusion-xl-base-1.0"]
    model = replace(base, id="test/sdxl", name="SDXL", folder=folder)
    report = check_model(model)
    assert report.state == "ready", report.problems
    assert 6.4 < report.size_bytes / 2**30 < 6.6
    return model


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuLab]:
    lab = GpuLab(tmp_path_factory.mktemp("pictures"))
    yield lab
    assert lab.engine.close(timeout=60)


def big(model: Model, **changes: object):
    return request(**{"model": model, "width": 1024, "height": 1024, "steps": 8, **changes})


def pictures(lab: Lab, *arguments: object, **changes: object) -> list[Image.Image]:
    done = lab.run(big(*arguments, **changes))
    assert isinstance(done, JobDone), done
    return [Image.open(path).convert("RGB") for path in done.outputs]


def test_it_loads_with_its_steps_in_order_and_paints_in_float16(lab: GpuLab, sdxl: Model) -> None:
    lab.engine.load(sdxl)
    loaded = lab.until(ModelLoaded)
    steps = list(dict.fromkeys(event.step for event in lab.seen if isinstance(event, ModelLoading)))
    assert [step for step in steps if step != "starting torch"] == [
        "checking", "text encoders", "UNet", "VAE", "warm-up",
    ]  # fmt: skip
    done = lab.run(big(sdxl, steps=30))
    assert isinstance(done, JobDone), done
    assert (done.record["dtype"], done.record["vae_dtype"]) == ("float16", "float32")
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

    [ours] = pictures(lab, sdxl, seed=11, negative_prompt="blue")
    loaded = lab.engine._residency.loaded
    loaded.pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    noise = torch.randn((1, 4, 128, 128), generator=torch.Generator().manual_seed(11))
    loaded.pipe.vae.to(torch.float16)  # as stock holds it; it casts it up for each decode
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
    loaded.pipe.vae.to(torch.float32)
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
    text = config.read_text().replace("512,\n    512", "512,\n    256")
    config.unlink()
    config.write_text(text)
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


def test_a_vae_that_overflows_in_float16_is_decoded_again(lab: GpuLab, sdxl: Model) -> None:
    pictures(lab, sdxl, steps=1)
    spoil(lab.engine._residency.loaded.pipe.vae)
    done = lab.run(big(sdxl, steps=2))
    assert isinstance(done, JobDone), done
    assert (done.record["vae_dtype"], done.record["decoded_again"]) == ("float16", [0])


def test_out_of_memory_fails_the_job_with_a_sentence_and_the_next_one_runs(lab: GpuLab, sdxl: Model) -> None:
    """The last test: its model keeps the VAE that the test before it spoiled."""
    failed = lab.run(big(sdxl, steps=1, batch_size=64, width=2048, height=2048))
    assert "Out of memory" in failed.reason
    assert "Traceback" not in failed.reason
    assert isinstance(lab.run(big(sdxl, steps=1)), JobDone)
