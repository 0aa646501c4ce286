"""The model with random weights, drawn on the GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.engine.bench.random_weights import write_random_model
from tests.engine.conftest import checked

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]


def test_the_same_name_is_the_same_weights_on_this_card(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_random_model(tmp_path / name, DEMO_FOLDER)
        assert checked(tmp_path / name)
        drawn.append(next((tmp_path / name / "unet").glob("*.safetensors")).read_bytes())
    assert drawn[0] == drawn[1]
