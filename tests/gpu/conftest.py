"""SDXL at its full size, made once for all tests, and the engine on the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.core.check import check_model
from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobDone
from tests.engine.conftest import Lab, request


class GpuLab(Lab):
    """The engine as it chooses its device itself; it keeps no copies, so that memory can be counted."""

    def __init__(self, folder: Path, **settings: object) -> None:
        super().__init__(folder)
        self.engine.close(timeout=60)
        chosen = {"keep_vram": "0", "keep_ram": "0", **settings}
        self.engine = Engine(Settings(output_dir=folder, **chosen), self.reports.put)  # type: ignore[arg-type]
        self.engine.start()


@pytest.fixture(scope="session")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from sdxl_tui.engine.bench.random_weights import random_model

    model = replace(random_model(tmp_path_factory.mktemp("sdxl")), id="test/sdxl", name="SDXL")
    report = check_model(model)
    assert report.state == "ready", report.problems
    assert 6.4 < report.size_bytes / 2**30 < 6.6
    return model


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuLab]:
    lab = GpuLab(tmp_path_factory.mktemp("pictures"))
    yield lab
    assert lab.engine.close(timeout=60)


def big(model: Model, *prompt: str, **changes: object):
    return request(*prompt, **{"model": model, "width": 1024, "height": 1024, "steps": 8, "speed": "fast", **changes})


def pictures(lab: Lab, *arguments: object, **changes: object) -> list[Image.Image]:
    done = lab.run(big(*arguments, **changes))
    assert isinstance(done, JobDone), done
    return [Image.open(path).convert("RGB") for path in done.outputs]
