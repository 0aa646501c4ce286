"""A job that would not fit: what the form says, what the warning offers, and what is sent in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import vram
from sdxl_tui.core.plans import QUICKEST, Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.vram import NEARLY, OTHERS, SAME, Card, Choice, Outlook, Process
from sdxl_tui.engine import CopiesChanged
from sdxl_tui.tui.screens import vram_warning
from sdxl_tui.tui.screens.vram_warning import VramWarning
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_jobs
from tests.tui.test_log_actions import DEMO_JOB, open_gallery

OpenLab = Callable[..., Any]
GIB = 1024**3
FULL = Card(80 * GIB, 17 * GIB, 15 * GIB, spare=GIB, copies=13 * GIB, graphs=2 * GIB, has_model=True)
EMPTY = replace(FULL, free=65 * GIB)
PACKED = replace(FULL, free=0, spare=0, copies=0, graphs=0)
STRANGERS = (Process(48213, 41 * GIB, f"python {NASTY} \x1b[31m\n", "mira"), Process(50120, None))

pytestmark = pytest.mark.usefixtures("own_home")


def arithmetic(request: GenerationRequest, card: Card, *, reserve: int = 0, **_: Any) -> Outlook:
    """A stand-in for the real one: 3 GiB a picture."""
    room = card.free + card.spare - reserve
    asked = Choice(request.plan, (request.width, request.height), 3 * GIB * request.pictures, room, SAME)
    if not asked.over:
        return Outlook(asked, (), 0.04)
    lean = room + card.copies + card.graphs
    half = (request.pictures + 1) // 2
    ways = (
        Choice(Plan(lean=True), asked.size, asked.needs, lean, SAME),
        Choice(Plan(True, half), asked.size, 3 * GIB * half, lean, NEARLY, 1.5),
        Choice(Plan(True, 1, True), asked.size, 2 * GIB, lean, NEARLY, 2.0),
        Choice(Plan(True, half), (64, 64), GIB, lean, OTHERS, 0.5),
    )
    return Outlook(asked, ways, 0.04)


@pytest.fixture(autouse=True)
def _estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vram, "outlook", arithmetic)
    monkeypatch.setattr(vram_warning, "DEAF_SECONDS", 0.0)


async def fill(lab: Any, batch: int, card: Card = FULL) -> None:
    """Let the lab have this card, and the form this batch."""
    lab.engine.let_read(card, others=STRANGERS)
    await lab.until(lambda: lab.state.meter is not None)
    lab.home.take("batch", str(batch))
    await lab.pilot.pause()


async def warned(lab: Any, batch: int = 12, card: Card = FULL) -> VramWarning:
    """Send a job that does not fit, and wait for the warning."""
    await fill(lab, batch, card)
    await lab.press("enter")
    await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
    await lab.pilot.pause()
    return lab.app.screen


async def test_a_job_that_fits_says_so_and_is_sent(open_lab: OpenLab) -> None:
    async with open_lab(prompt=f"a red fox {NASTY}") as lab:
        await fill(lab, 2)
        await lab.sees("fits")
        await lab.press("enter")
        assert lab.engine.request.plan == QUICKEST
        assert not any("needs" in note for note in lab.notes)


async def test_the_form_warns_while_typing_and_no_longer_when_there_is_room(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await fill(lab, 12)
        await lab.sees("▲ 18.5 GiB over")
        assert "▲ This job needs 36.0 GiB, 17.5 are free: 6 + 6 would fit." in lab.notes
        lab.engine.let_read(EMPTY)
        await lab.sees("fits")
        assert not any("This job needs" in note for note in lab.notes)


async def test_nothing_is_said_on_a_cpu(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.take("batch", "64")
        await lab.pilot.pause()
        assert "fits" not in lab.shown
        assert "over" not in lab.shown.replace("looking over", "")
        await lab.press("enter")
        assert len(lab.engine.jobs) == 1


async def test_the_warning_says_who_has_the_memory_and_what_could_be_done(open_lab: OpenLab) -> None:
    async with open_lab(prompt=f"a red fox {NASTY}") as lab:
        lab.engine.emit(CopiesChanged({"a": "VRAM", "b": "VRAM", "c": "RAM"}, 13 * GIB, 20 * GIB))
        await warned(lab)
        shown = lab.shown
        assert "▲ This job needs 18.5 GiB more than is free" in shown
        assert "estimate ± 4 %" in shown
        assert "12 pictures at 128×128, text to image, Demo" in shown
        for label in ("us 14.0", "others 48.0", "free 17.5", "this job 36.0"):
            assert label in shown
        assert "pid 48213 python [/] [red]x[/red]" in shown
        assert "\x1b" not in shown
        assert "run as 6 + 6" in shown
        assert "× 3.5 over" in shown
        assert shown.count("● fits") == 3
        assert "run one by one, tiled decode" in shown
        assert "make them 64×64" in shown
        assert "It gives back 2 model copies, 13.0 GiB, and graphs, 2.0 GiB." in shown
        assert f"enter {'run as 6 + 6' if lab.app.size.width > 100 else 'marked one'}" in shown.splitlines()[-1]
        assert all(key in shown.splitlines()[-1] for key in ("esc back", "r run anyway", "1-4 choose", "a always fit"))


@pytest.mark.parametrize(
    ("key", "plan", "side"),
    [
        ("enter", Plan(True, 6), 128),
        ("1", Plan(lean=True), 128),
        ("2", Plan(True, 6), 128),
        ("3", Plan(True, 1, True), 128),
        ("4", Plan(True, 6), 64),
        ("alt+3", Plan(True, 1, True), 128),
        ("r", QUICKEST, 128),
    ],
)
@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_each_key_sends_the_job_its_way(open_lab: OpenLab, key: str, plan: Plan, side: int) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press(key)
        await lab.until(lambda: lab.engine.jobs)
        request = lab.engine.request
        assert (request.plan, request.width, request.batch_size) == (plan, side, 12)
        assert len(lab.engine.jobs) == 1
        assert not isinstance(lab.app.screen, VramWarning)
        assert lab.app.focused.id == "prompt-area"


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_note_says_what_was_done(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press("2")
        await lab.until(lambda: lab.engine.jobs)
        said = "● It runs as 6 + 6: 18.0 of 32.5 GiB; the pictures are nearly the same."
        assert said in lab.notes
        await fill(lab, 1)
        await lab.press("enter")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        assert said not in lab.notes


async def test_escape_goes_back_and_nothing_is_lost(open_lab: OpenLab) -> None:
    async with open_lab(prompt=f"a red fox {NASTY}") as lab:
        await warned(lab)
        await lab.press("escape")
        assert lab.engine.jobs == []
        assert lab.app.screen is lab.home
        assert lab.home.form.prompt.area.text == f"a red fox {NASTY}"
        assert lab.draft.text("batch") == "12"
        assert lab.app.focused.id == "prompt-area"


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_keys_that_were_typed_on_into_the_prompt_choose_nothing(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vram_warning, "DEAF_SECONDS", 1000.0)
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press("a", "r", "1", "enter")
        assert isinstance(lab.app.screen, VramWarning)
        assert lab.engine.jobs == []
        assert load_settings(environ={}).vram_fit == "ask"
        await lab.press("escape")
        assert lab.app.screen is lab.home


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_arrows_mark_and_enter_takes_the_marked_way(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press("down")
        await lab.sees("enter run one by one, tiled decode")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == Plan(True, 1, True)


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_a_click_on_a_way_takes_it(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.pilot.click("#ways", offset=(10, 3))
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.size == (64, 64)


async def test_always_fit_is_written_and_fits_this_job_and_the_next(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press("a")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == Plan(True, 6)
        assert load_settings(environ={}).vram_fit == "always"
        await lab.press("enter")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        assert lab.engine.request.plan == Plan(True, 6)
        assert lab.app.screen is lab.home
        said = "▲ This job would not have fitted: it runs as 6 + 6: 18.0 of 32.5 GiB; the pictures are nearly the same."
        assert said in lab.notes


async def test_always_fit_that_cannot_be_written_says_why_and_stays(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        (own_home / "settings.toml").write_text("theme = [broken")
        await warned(lab)
        await lab.press("a")
        assert isinstance(lab.app.screen, VramWarning)
        await lab.sees("× ")
        assert lab.engine.jobs == []
        await lab.press("escape")


async def test_where_nothing_fits_the_warning_opens_though_it_should_fit_by_itself(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox", settings={"vram_fit": "always"}) as lab:
        await warned(lab, card=PACKED)
        assert "● fits" not in lab.shown
        await lab.sees("Nothing fits now")
        await lab.press("enter")
        assert isinstance(lab.app.screen, VramWarning)
        await lab.press("r")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == QUICKEST


async def test_memory_that_is_freed_meanwhile_is_shown(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        lab.engine.let_read(EMPTY)
        await lab.sees("This job fits now")
        await lab.sees("run it as it is")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == QUICKEST


async def test_a_way_marked_by_hand_stays_marked_when_the_card_changes(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.press("down")
        lab.engine.let_read(replace(FULL, free=16 * GIB))
        await lab.sees("19.5 GiB more")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == Plan(True, 1, True)


async def test_the_check_is_switched_off_for_the_session(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await fill(lab, 12)
        await lab.sees("over")
        await lab.press("alt+C")
        assert "● Memory check: off; jobs are sent as they are." in lab.notes
        assert not any("This job needs" in note for note in lab.notes)
        assert not lab.home.form.enter_bar.has_class("-risky")
        assert lab.app.focused.id == "prompt-area"
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        await lab.press("alt+C")
        await lab.until(lambda: any("This job needs" in note for note in lab.notes))


async def test_the_card_is_read_anew_when_a_job_is_sent(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await fill(lab, 12, EMPTY)
        await lab.sees("fits")
        lab.engine.card = FULL
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
        await lab.press("escape")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_more_like_it_asks_once_and_fits_them_all(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        lab.engine.let_start(lab.engine.jobs[0])
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.until(lambda: lab.home.pane.shown is not None)
        await fill(lab, 1, replace(FULL, free=GIB))
        await lab.press("tab", "v", "3", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
        await lab.sees("3 jobs of 1 picture at")
        await lab.press("1")
        await lab.until(lambda: len(lab.engine.jobs) == 4)
        assert [job.request.plan for job in lab.engine.jobs[1:]] == [Plan(lean=True)] * 3


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_a_style_that_is_tried_goes_the_same_way(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await fill(lab, 12)
        await lab.press("alt+5")
        await lab.press("p")
        await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
        await lab.press("2")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.plan == Plan(True, 6)


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_a_repeat_from_the_gallery_goes_the_same_way(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(tmp_path / "pictures", DEMO_JOB)
    async with open_lab() as lab:
        lab.engine.let_read(replace(FULL, free=GIB))
        await open_gallery(lab)
        await lab.press("r")
        await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
        await lab.press("escape")
        assert lab.engine.jobs == []
        await lab.press("r")
        await lab.until(lambda: isinstance(lab.app.screen, VramWarning))
        await lab.press("1")
        await lab.until(lambda: any("queued again" in note for note in lab.notes))
        assert (lab.engine.request.seed, lab.engine.request.plan) == (118, Plan(lean=True))
        assert any("It gives back copies and graphs" in note for note in lab.notes)


async def test_a_heavy_model_speaks_up(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.draft.model = replace(lab.draft.model, heavy=True)
        await fill(lab, 2)
        assert "▲ Demo is a heavy model: this job takes about 6.0 GiB; the batch is left as it is." in lab.notes
        assert lab.draft.text("batch") == "2"


async def test_others_who_take_much_are_told_until_they_give_it_back(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.engine.let_read(EMPTY)
        await lab.until(lambda: lab.state.meter is not None)
        lab.engine.let_read(replace(EMPTY, free=6 * GIB))
        await lab.until(lambda: "▲ Others took 59 GiB since the last job; 6 GiB are free now." in lab.notes)
        lab.engine.let_read(EMPTY)
        await lab.until(lambda: not any("Others took" in note for note in lab.notes))
