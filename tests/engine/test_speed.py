"""The speeds through the engine, with a stand-in for the graphs that only a GPU has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.models import Model
from sdxl_tui.engine import JobDone, Notice, painters, speed
from sdxl_tui.engine.bench.random_weights import write_random_model
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.speed import Speed
from tests.engine.conftest import Lab, in_folder, request
from tests.engine.test_pictures import difference

CHANGES: dict[str, dict[str, Any]] = {
    "unet": {"block_out_channels": (64, 128, 128), "attention_head_dim": (1, 2, 2)},
    "vae": {"block_out_channels": (64, 64, 128)},
}
"""What makes the demo model one that the fast form knows, still small."""


class Direct:
    """In the place of Graphs: the same work, done at once."""

    def __init__(self, budget: int) -> None:
        self.seen: list[Any] = []

    def run(self, key: Any, function: Any, inputs: Sequence[Any]) -> Any:
        self.seen.append(key)
        return function(*inputs)

    def drop(self) -> int:
        return 0


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("small")
    write_random_model(folder, DEMO_FOLDER, CHANGES)
    return in_folder(folder, "test/small")


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Direct]:
    """Every mode can run; the stand-ins that were made."""
    made: list[Direct] = []

    def begin(self: Speed, arena: Any) -> None:
        original(self, arena)
        self._on_gpu = True
        self._graphs = Direct(0)
        made.append(self._graphs)

    monkeypatch.setattr(speed, "obstacle_to_triton", lambda: None)
    original = Speed.__init__
    monkeypatch.setattr(Speed, "__init__", begin)
    return made


def job(model: Model, **changes: Any) -> Any:
    return request(**{"model": model, "steps": 2, "width": 64, "height": 64, **changes})


def shown(done: Any) -> Image.Image:
    assert isinstance(done, JobDone), done
    return Image.open(done.outputs[0]).convert("RGB")


def test_on_a_cpu_every_speed_is_eager_and_the_log_says_so(shared_lab: Lab) -> None:
    done = shared_lab.run(request(speed="fast", steps=1))
    assert (done.record["speed"], done.record["speed_choice"]) == ("eager", "fast")


@pytest.mark.parametrize("way", [{}, {"guidance_scale": 0.0}, {"batch_size": 2, "scheduler": "dpmpp_2m_karras"}])
def test_exact_is_eager_bit_for_bit_and_fast_is_near(
    lab: Lab, small: Model, graphs: list[Direct], way: dict[str, Any]
) -> None:
    eager, exact, fast = (lab.run(job(small, speed=name, **way)) for name in ("eager", "exact", "fast"))
    assert [done.record["speed"] for done in (eager, exact, fast)] == ["eager", "exact", "fast"]
    assert shown(eager).tobytes() == shown(exact).tobytes()
    assert difference(shown(eager), shown(fast)) < 0.1
    assert {key[0] for key in graphs[0].seen} == {"exact", "fast"}


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(Device, "dtype", property(lambda _: torch.float16))


def test_a_vae_that_overflows_is_remembered_by_the_fast_speed(
    lab: Lab, small: Model, graphs: list[Direct], half: None
) -> None:
    lab.run(job(small, speed="fast"))
    weight = lab.engine._residency.loaded.pipe.vae.decoder.conv_in.weight
    weight.data *= 60000 / float(weight.abs().max())
    first, second, eager = (lab.run(job(small, speed=name)) for name in ("fast", "fast", "eager"))
    assert (first.record["vae_dtype"], first.record["decoded_again"]) == ("float16", [0])
    assert second.record["vae_dtype"] == eager.record["vae_dtype"] == "float32"
    assert "decoded_again" not in second.record
    assert sum(isinstance(event, Notice) for event in lab.seen) == 1
    assert shown(first).tobytes() == shown(second).tobytes()
    assert difference(shown(second), shown(eager)) < 2


def test_a_speed_that_fails_leaves_its_job_to_the_next_best(
    lab: Lab, small: Model, graphs: list[Direct], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no kernel image is available")

    stock = shown(lab.run(job(small, speed="eager")))
    lab.run(job(small, speed="fast"))
    monkeypatch.setattr(painters.FastPainter, "_step", fail)
    for _ in range(2):
        done = lab.run(job(small, speed="fast"))
        assert shown(done).tobytes() == stock.tobytes()
        assert done.record["speed"] == "exact"


def test_a_model_that_is_not_built_as_sdxl_is_runs_the_next_best(lab: Lab, graphs: list[Direct]) -> None:
    assert lab.run(request(speed="fast", steps=1)).record["speed"] == "exact"
