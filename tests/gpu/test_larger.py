"""Larger pictures on a GPU: memory stays bounded in tiles, and what comes out is close to the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import Model
from sdxl_tui.engine import JobDone
from tests.engine.test_pictures import difference
from tests.gpu.conftest import GpuLab, big

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(900)]


def made(lab: GpuLab, model: Model, **changes: object) -> tuple[Image.Image, float, dict[str, object]]:
    """The picture of a job, the GiB that it took at most, and its log line; the second time, all being captured."""
    for _ in range(2):
        done = lab.run(big(model, **changes))
        assert isinstance(done, JobDone), done
    return Image.open(done.outputs[0]).convert("RGB"), done.record["vram"]["peak"] / 1024, done.record


@pytest.mark.parametrize("speed", ["eager", "exact", "fast"])
@pytest.mark.parametrize("method", ["latent", "lanczos"])
def test_twice_as_large_in_every_speed(lab: GpuLab, sdxl: Model, speed: str, method: str) -> None:
    """Printed: seconds and peak memory of 1024 made 2048."""
    picture, peak, record = made(lab, sdxl, speed=speed, hires=Hires(2.0, method, 8, 0.5))
    print(f"{speed}, {method}: {record['seconds']:.2f} s, {peak:.1f} GiB, {record.get('plan')}")
    assert picture.size == (2048, 2048)
    assert record["speed"] == speed
    assert "plan" not in record
    assert max(high - low for low, high in picture.getextrema()) > 20


def test_exact_is_eager_in_the_second_pass_too(lab: GpuLab, sdxl: Model) -> None:
    own = {"hires": Hires(1.5, "latent", 8, 0.5)}
    assert made(lab, sdxl, speed="exact", **own)[0].tobytes() == made(lab, sdxl, speed="eager", **own)[0].tobytes()


def test_in_tiles_memory_is_that_of_a_tile(tmp_path: Path, sdxl: Model) -> None:
    """Printed: peak memory and seconds of 1024 made 3072, whole and in tiles."""
    pictures, peaks = {}, {}
    for tiles in ("off", "auto"):
        lab = GpuLab(tmp_path / tiles, tiles=tiles)
        pictures[tiles], peaks[tiles], record = made(lab, sdxl, hires=Hires(3.0, "lanczos", 8, 0.4))
        print(f"tiles {tiles}: {record['seconds']:.2f} s, {peaks[tiles]:.1f} GiB, {record.get('plan')}")
        assert lab.engine.close(timeout=60)
    assert record["plan"] == {
        "tiled": {"encode": "size", "denoise": "size", "decode": "size"},
        "tile": 1024,
        "overlap": 256,
    }
    assert peaks["auto"] < 0.7 * peaks["off"]
    assert difference(pictures["off"], pictures["auto"]) < 40
