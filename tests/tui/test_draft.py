"""Who sets a value of the form: the user, else the style, else the model."""

from __future__ import annotations

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.styles import Style
from sdxl_tui.tui.draft import MODEL, STYLE, USER, Draft

PLAIN = Style("none", "None / Raw")
CINEMATIC = Style("cinematic", "Cinematic", "", "cinematic still", "", "dpmpp_2m", 35)


def test_sources() -> None:
    draft = Draft(CATALOGUE[DEMO], CINEMATIC)
    draft.edit("steps", "20")
    assert [draft.source(field) for field in ("steps", "scheduler", "guidance")] == [USER, STYLE, MODEL]


def test_an_edited_value_equal_to_the_default_stays_the_users() -> None:
    draft = Draft(CATALOGUE[DEMO], PLAIN)
    draft.edit("steps", "12")
    draft.style = CINEMATIC
    assert draft.text("steps") == "12"


def test_a_distilled_model_keeps_its_own_settings_and_says_so() -> None:
    draft = Draft(CATALOGUE["stabilityai/sdxl-turbo"], CINEMATIC)
    draft.prompt = "a red fox"
    assert draft.request().steps == 4
    assert draft.request().styled_prompt == "a red fox, cinematic still"
    assert draft.remarks() == ["SDXL Turbo keeps its own settings: Cinematic brings its words only."]


@pytest.mark.parametrize(
    ("field", "text"), [("size", "big"), ("guidance", "."), ("seed", "99999999999"), ("batch", "0")]
)
def test_a_bad_value_is_a_sentence(field: str, text: str) -> None:
    draft = Draft(CATALOGUE[DEMO], PLAIN)
    draft.prompt = "a red fox"
    draft.edit(field, text)
    with pytest.raises(UserError):
        draft.request()


def test_sizes_are_valid_for_every_model() -> None:
    for model in CATALOGUE.values():
        draft = Draft(model, PLAIN)
        draft.prompt = "a red fox"
        for size in draft.sizes():
            draft.edit("size", size)
            draft.request()
