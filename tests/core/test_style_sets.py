"""Several styles as one."""

from __future__ import annotations

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.repeat import request_of
from sdxl_tui.core.style_sets import MOST, combined, find_style, style_of, words_only
from sdxl_tui.core.styles import Style

STYLES = {
    style.id: style
    for style in (
        Style("none", "None / Raw"),
        Style("cinematic", "Cinematic", "", "cinematic still", "flat", "dpmpp_2m", 35, 5.0),
        Style("35mm_film", "35mm Film", "", "grain", "digital", None, 30),
        Style("poster", "Poster", "", "poster of {prompt}, bold"),
        Style("frame", "Frame", "", "a framed {prompt}"),
        Style("plus", "A + B", "", "a plus b"),
    )
}


def test_words_come_in_the_order_that_was_chosen() -> None:
    one, other = find_style("cinematic + 35mm film", STYLES), find_style("film+cinematic", STYLES)
    assert (one.id, one.name) == ("cinematic+35mm_film", "Cinematic + 35mm Film")
    assert one.styled_prompt("a fox") == "a fox, cinematic still, grain"
    assert one.styled_negative_prompt("") == "flat, digital"
    assert other.styled_prompt("a fox") == "a fox, grain, cinematic still"


def test_the_last_that_sets_something_wins() -> None:
    style = find_style("cinematic+film", STYLES)
    assert (style.scheduler, style.steps, style.guidance) == ("dpmpp_2m", 30, 5.0)
    assert find_style("film+cinematic", STYLES).steps == 35


def test_texts_with_a_place_nest_in_their_order() -> None:
    prompt = "a {prompt} sign"
    assert find_style("cinematic+poster", STYLES).styled_prompt(prompt) == f"poster of {prompt}, cinematic still, bold"
    assert find_style("poster+cinematic", STYLES).styled_prompt(prompt) == f"poster of {prompt}, bold, cinematic still"
    assert find_style("poster+frame", STYLES).styled_prompt("x") == "a framed poster of x, bold"
    assert find_style("frame+poster", STYLES).styled_prompt("x") == "poster of a framed x, bold"


def test_none_adds_nothing_and_one_is_itself() -> None:
    assert combined([STYLES["none"], STYLES["poster"]]) is STYLES["poster"]
    assert combined([STYLES["none"]]) is STYLES["none"]
    assert find_style("none + cinematic + none", STYLES).id == "cinematic"


def test_a_name_with_a_plus_stays_whole() -> None:
    assert find_style("a + b", STYLES).id == "plus"
    assert find_style("poster + a + b + frame", STYLES).id == "poster+plus+frame"
    assert style_of("Poster + A + B", STYLES) == find_style("poster+plus", STYLES)
    assert style_of("poster+plus", STYLES) == style_of("POSTER + a + B", STYLES)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("cinematic + cinematic", "Cinematic is there twice"),
        ("cinematic + fim", "There is no style 'fim'; did you mean"),
        ("cinematic + [/]", "There is no style '[/]'"),
        ("m + poster", "'m' fits several styles"),
    ],
)
def test_what_does_not_go_together_is_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        find_style(typed, STYLES)
    assert str(error.value).startswith(sentence)
    assert style_of(typed, STYLES) is None


def test_too_many_are_refused() -> None:
    many = {f"s{number}": Style(f"s{number}", f"S{number}", "", "x") for number in range(MOST + 1)}
    assert find_style("+".join(list(many)[:MOST]), many).styled_prompt("a") == "a" + ", x" * MOST
    with pytest.raises(UserError, match="are too many: 6 go together at most"):
        find_style("+".join(many), many)


def test_a_log_line_of_several_is_repeated_with_them() -> None:
    style = find_style("cinematic+poster", STYLES)
    record = {
        "model": "demo",
        "prompt": "a fox",
        "style": style.name,
        "styled_prompt": style.styled_prompt("a fox"),
        "styled_negative_prompt": style.styled_negative_prompt(""),
        "scheduler_choice": "euler",
    }
    assert request_of(record, CATALOGUE, STYLES).style == style
    gone = {key: value for key, value in STYLES.items() if key != "poster"}
    request = request_of(record, CATALOGUE, gone)
    assert request.styled_prompt == record["styled_prompt"]
    assert request.style.name == style.name


def test_a_distilled_model_takes_the_words_only() -> None:
    style = find_style("cinematic+film", STYLES)
    turbo, base = CATALOGUE["stabilityai/sdxl-turbo"], CATALOGUE["stabilityai/stable-diffusion-xl-base-1.0"]
    assert words_only(turbo, style) == f"{turbo.name} keeps its own settings: {style.name} brings its words only."
    assert words_only(base, style) == words_only(turbo, STYLES["poster"]) == ""
