"""The speeds on a GPU: exact is stock bit for bit, fast is as good, and neither ever costs a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from sdxl_tui.core.masks import Rectangle, draw_mask
from sdxl_tui.core.models import Model
from sdxl_tui.engine import JobDone
from tests.engine.test_pictures import difference
from tests.gpu.conftest import GpuLab, big, pictures

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

NO_WORSE = 2.0
"""Mean difference (of 255) between a fast picture and stock's, on random weights: float16 sums in another order."""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    init, mask = tmp_path / "init.png", tmp_path / "mask.png"
    Image.effect_noise((1200, 900), 60).convert("RGB").save(init)
    draw_mask((1200, 900), [Rectangle(300, 200, 700, 600)]).save(mask)
    return {"init_image": init, "mask_image": mask}


WAYS: dict[str, dict[str, Any]] = {
    "txt2img": {},
    "another size": {"width": 832, "height": 1216},
    "small, three at once": {"width": 192, "height": 200, "batch_size": 3},
    "turbo": {"width": 512, "height": 512, "steps": 4, "guidance_scale": 0.0, "scheduler": "euler_a"},
    "long prompt": {"prompt": "a red apple on a table, " * 20},
    "dpmpp_2m_karras": {"scheduler": "dpmpp_2m_karras"},
    "unipc": {"scheduler": "unipc"},
    "img2img": {"mode": "img2img", "init_image": None, "strength": 0.6},
    "inpaint": {"mode": "inpaint", "init_image": None, "mask_image": None},
    "animate": {"mode": "animate_steps", "frames": 3, "motion": "latent"},
}


@pytest.mark.parametrize("way", WAYS)
def test_exact_is_stock_bit_for_bit_and_fast_is_near(
    lab: GpuLab, sdxl: Model, files: dict[str, Path], way: str
) -> None:
    own = {name: files.get(name, value) if value is None else value for name, value in WAYS[way].items()}
    eager, exact, fast, again = (
        pictures(lab, sdxl, speed=speed, **own) for speed in ("eager", "exact", "fast", "fast")
    )
    for stock, replayed, fused, repeated in zip(eager, exact, fast, again, strict=True):
        assert stock.tobytes() == replayed.tobytes()
        assert fused.tobytes() == repeated.tobytes()
        print(f"{way}: fast against stock {difference(stock, fused):.3f} of 255")
        assert difference(stock, fused) < NO_WORSE
    assert len({picture.tobytes() for picture in eager}) == len(eager)


def test_every_kernel_computes_its_reference() -> None:
    from tests.engine import kernels_interpreted

    kernels_interpreted.check("cuda")


def test_a_vae_that_overflows_is_remembered_and_its_pictures_are_stock_s(lab: GpuLab, sdxl: Model) -> None:
    [before] = pictures(lab, sdxl, speed="fast")
    loaded = lab.engine._residency.loaded
    weight = loaded.pipe.vae.decoder.conv_in.weight
    kept = weight.data.clone()
    weight.data *= 60000 / weight.abs().max()
    loaded.arena.generation += 1
    try:
        first, second = (lab.run(big(sdxl, steps=1, speed="fast")) for _ in range(2))
        assert (first.record["vae_dtype"], first.record["decoded_again"]) == ("float16", [0])
        assert second.record["vae_dtype"] == "float32"
        assert "decoded_again" not in second.record
        stock = lab.run(big(sdxl, steps=1, speed="eager"))
        shown = [Image.open(done.outputs[0]).convert("RGB") for done in (first, second, stock)]
        assert shown[0].tobytes() == shown[1].tobytes()
        assert difference(shown[1], shown[2]) < NO_WORSE
        assert ImageChops.difference(shown[1], Image.new("RGB", (1024, 1024))).getbbox() is not None
    finally:
        pictures(lab, sdxl, speed="fast", steps=1)
        loaded.pipe.vae.decoder.conv_in.weight.data.copy_(kept)
        loaded.arena.generation += 1
        loaded.speed.overflowing.clear()
    [after] = pictures(lab, sdxl, speed="fast")
    assert before.tobytes() == after.tobytes()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no kernel image is available")

    monkeypatch.setattr("sdxl_tui.engine.painters.FastPainter._step", fail)


def test_a_speed_that_fails_leaves_the_job_to_stock(tmp_path: Path, sdxl: Model, failing: None) -> None:
    lab = GpuLab(tmp_path)
    try:
        [stock] = pictures(lab, sdxl, speed="eager", steps=2)
        done = lab.run(big(sdxl, speed="fast", steps=2))
        assert isinstance(done, JobDone), done
        assert done.record["speed"] == "eager"
        assert Image.open(done.outputs[0]).convert("RGB").tobytes() == stock.tobytes()
        assert lab.run(big(sdxl, speed="fast", steps=2)).record["speed"] == "exact"
    finally:
        lab.engine.close(timeout=60)


def test_graphs_are_dropped_over_their_budget_and_captured_again(lab: GpuLab, sdxl: Model) -> None:
    import torch

    [first] = pictures(lab, sdxl, speed="fast")
    graphs = lab.engine._residency.loaded.speed._graphs
    budget, graphs._budget = graphs._budget, 0
    try:
        for side in (512, 576, 640, 704):
            pictures(lab, sdxl, speed="fast", width=side, height=side, steps=2)
            assert len(graphs._captured) == 1
        held = torch.cuda.memory_reserved()
        pictures(lab, sdxl, speed="fast", width=704, height=704, steps=2)
        assert torch.cuda.memory_reserved() <= held * 1.05
    finally:
        graphs._budget = budget
    [again] = pictures(lab, sdxl, speed="fast")
    assert first.tobytes() == again.tobytes()
