"""The meter on a real card, with another process on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from sdxl_tui.core.models import Model
from sdxl_tui.engine import CardRead
from tests.gpu.conftest import GpuLab, big
from tests.gpu.test_vram import filled

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

GIB = 2**30


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuLab]:
    lab = GpuLab(tmp_path_factory.mktemp("meter"))
    yield lab
    assert lab.engine.close(timeout=60)


def test_ours_and_the_others_are_told_apart(lab: GpuLab, sdxl: Model) -> None:
    """Printed: what the meter says before and while another process takes the most of the card."""
    lab.run(big(sdxl))
    lab.engine.show_meter(True)
    alone = lab.until(CardRead)
    print(alone)
    assert alone.card.has_model
    held = torch.cuda.memory_reserved()
    assert 6.5 * GIB < held <= alone.card.ours < held + 2 * GIB
    assert alone.card.others < GIB
    with filled(20.0):
        while (crowded := lab.until(CardRead)).card.free > 21 * GIB:
            pass
        print(crowded)
        now = lab.engine.read_card()
        assert now is not None
        assert abs(now.free - 20 * GIB) < GIB
        assert now.others > 40 * GIB
        assert abs(now.ours - alone.card.ours) < GIB
        assert crowded.others, "the driver names who is on the card"
    assert alone.temperature is not None
    assert alone.watts is not None


def test_graphs_and_copies_are_named(lab: GpuLab, sdxl: Model) -> None:
    lab.run(big(sdxl, batch_size=4, steps=2))
    card = lab.engine.read_card()
    assert card is not None
    assert card.graphs > 0.5 * GIB
    assert card.ours > card.graphs + card.spare
