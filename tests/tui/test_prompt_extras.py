"""Prompts: tokens and where the encoders cut, weights off, variants, and earlier ones found by word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdxl_tui.tui.token_counts import TokenCounts, border_words, borders_of, count_parts, own_borders
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_jobs

OpenLab = Callable[..., Any]


class Letters:
    """A tokenizer with a token for each x."""

    def encode(self, text: str, add_special_tokens: bool) -> Any:
        offsets = [(place, place + 1) for place, letter in enumerate(text) if letter == "x"]
        return SimpleNamespace(offsets=offsets, ids=[0] * len(offsets))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model has a tokenizer that counts the letter x."""
    from sdxl_tui.core.tokens import TokenCounter

    def load(self: TokenCounts, model: Any) -> None:
        self._counters[model.id] = (TokenCounter(Letters()), TokenCounter(Letters()))

    monkeypatch.setattr(TokenCounts, "load", load)


@pytest.mark.usefixtures("counted")
async def test_the_count_and_the_border_follow_while_typing(open_lab: OpenLab) -> None:
    async with open_lab(prompt="x " * 74) as lab:
        await lab.sees("74/75")
        assert lab.home.form.prompt.area._borders == ()
        await lab.type("xquiet x last")
        await lab.sees("76 in 2")
        assert lab.home.form.prompt.area._borders == (155,)
        assert lab.home.form.prompt.area.text[155:] == "x last"
        await lab.press("alt+n")
        await lab.type("xx")
        await lab.sees("2/75")


@pytest.mark.usefixtures("counted")
async def test_plain_turns_weights_off(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a (red:1.3) fox") as lab:
        await lab.press("enter")
        assert lab.engine.request.prompt_syntax == "a1111"
        await lab.press("ctrl+p")
        await lab.type("syntax plain")
        await lab.press("down", "enter")
        await lab.until(lambda: lab.draft.text("prompt_syntax") == "plain")
        await lab.press("enter")
        assert (lab.engine.request.prompt_syntax, lab.engine.request.prompt) == ("plain", "a (red:1.3) fox")


def test_both_encoders_are_said_where_they_differ() -> None:
    from sdxl_tui.core.tokens import Measure

    assert count_parts([Measure(81, (300,)), Measure(81, (300,))]) == [("81 in 2", "muted")]
    assert count_parts([Measure(76, (300,)), Measure(74, ())]) == [("76 in 2 and 74/75", "muted")]
    assert borders_of([Measure(76, (300,)), Measure(76, (298,))]) == [298, 300]
    assert own_borders([3, 20], "film of {prompt}, grain", "a red fox") == []
    assert own_borders([10], "film of {prompt}, grain", "a red fox") == [2]
    assert border_words([9], "a red fox, grain") == [('from "grain"  ', "muted")]


async def test_the_form_keeps_the_template_and_the_job_gets_the_text(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a {red|red} fox, 100% cotton, a $5 bill {") as lab:
        await lab.press("enter")
        assert lab.engine.request.prompt == "a red fox, 100% cotton, a $5 bill {"
        assert lab.engine.request.prompt_template == "a {red|red} fox, 100% cotton, a $5 bill {"
        assert lab.draft.prompt == "a {red|red} fox, 100% cotton, a $5 bill {"


async def test_an_earlier_prompt_is_found_by_its_words(open_lab: OpenLab, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    log_jobs(folder, {"prompt": "a castle in the snow"}, {"prompt": f"a lantern {NASTY}"}, {"prompt": "snow on a roof"})
    async with open_lab(prompt="my draft") as lab:
        await lab.until(lambda: len(lab.home.prompts.newest_first) == 3)
        await lab.press("ctrl+r")
        await lab.sees("3 prompts")
        await lab.type("snow castle")
        await lab.sees("1 of 3 prompts")
        assert lab.home.form.prompt.area.text == "a castle in the snow"
        await lab.press("escape")
        assert lab.home.form.prompt.area.text == lab.draft.prompt == "my draft"
        assert lab.app.focused.id == "prompt-area"
        await lab.press("escape", "slash")
        await lab.type("[/]")
        await lab.press("enter")
        assert lab.draft.prompt == f"a lantern {NASTY}"
        assert lab.engine.jobs == []
        await lab.press("ctrl+r", "end", "enter")
        assert lab.draft.prompt == "a castle in the snow"


async def test_enter_alone_takes_the_newest_prompt(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(tmp_path / "pictures", {"prompt": "a castle"}, {"prompt": "a lantern"})
    async with open_lab(prompt="my draft") as lab:
        await lab.until(lambda: len(lab.home.prompts.newest_first) == 2)
        await lab.press("ctrl+r", "enter")
        assert lab.home.form.prompt.area.text == lab.draft.prompt == "a lantern"
