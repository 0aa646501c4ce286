"""Sizes by aspect, in the pixels of a model's native area."""

from __future__ import annotations

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.request import check_side
from sdxl_tui.core.sizes import presets, read_size


def test_a_full_size_model_gets_what_sdxl_was_trained_on() -> None:
    sizes = {size.aspect: (size.width, size.height) for size in presets(1024, 1024)}
    assert sizes["1:1"] == (1024, 1024)
    assert sizes["16:9"] == (1344, 768)
    assert sizes["9:21"] == (640, 1536)


@pytest.mark.parametrize("model", CATALOGUE.values(), ids=lambda model: model.name)
def test_every_preset_of_every_model_can_be_made_and_has_about_its_area(model: object) -> None:
    sizes = presets(model.width, model.height)
    assert (sizes[0].width, sizes[0].height) == (model.width, model.height)
    for size in sizes:
        check_side("Width", size.width)
        check_side("Height", size.height)
        assert size.width * size.height == pytest.approx(model.width * model.height, rel=0.08)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1216x832", (1216, 832)), (" 640 X 1536 ", (640, 1536)), ("16:9", (1344, 768)), ("2.39:1", (1584, 664))],
)
def test_a_size_is_typed_in_pixels_or_as_an_aspect(text: str, size: tuple[int, int]) -> None:
    read = read_size(text, 1024, 1024)
    assert (read.width, read.height) == size


@pytest.mark.parametrize("text", ["0:9", "16:", "1021x1024", "32x32", "wide", "900:1"])
def test_what_is_no_size_is_a_sentence(text: str) -> None:
    with pytest.raises(UserError):
        read_size(text, 1024, 1024)
