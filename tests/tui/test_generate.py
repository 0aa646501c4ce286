"""The home screen: type, enter, look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.engine import ModelFailed, Notice
from sdxl_tui.tui.widgets.page import Page
from tests.tui.conftest import BROKEN, NASTY, REAL

OpenLab = Callable[..., Any]


async def test_enter_sends_what_was_typed(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a red fox")
        await lab.press("enter")
        assert lab.engine.request.styled_prompt == "a red fox"
        assert lab.engine.request.model.id == DEMO
        assert lab.app.focused.id == "prompt-area"


async def test_the_effective_text_on_the_screen_is_the_one_sent(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "c", "i", "n")
        await lab.sees("+ cinematic still, dramatic")
        await lab.press("enter", "enter")
        assert lab.engine.request.styled_prompt == "a red fox, cinematic still, dramatic lighting"
        assert lab.engine.request.styled_negative_prompt == "flat lighting"
        await lab.press("alt+t", "f", "i", "l", "m")
        await lab.sees("= analog photo of a red fox,")
        await lab.press("enter", "enter")
        assert lab.engine.request.styled_prompt == "analog photo of a red fox, grain"


async def test_enter_twice_makes_two_jobs_with_their_own_seeds(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter", "enter")
        first, second = lab.engine.jobs
        assert first.id != second.id
        assert first.seed != second.seed
        lab.engine.let_start(first)
        await lab.sees("+1")


async def test_an_empty_prompt_is_a_sentence_and_no_job(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("enter")
        assert lab.engine.jobs == []
        assert lab.notes[0].startswith("× The prompt is empty")
        await lab.type("a")
        assert not any("empty" in note for note in lab.notes)


async def test_nasty_text_is_shown_as_it_is(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type(NASTY)
        await lab.press("alt+n")
        await lab.paste(NASTY)
        await lab.press("alt+t", "n", "a", "s", "enter", "enter")
        assert lab.engine.request.prompt == NASTY
        assert lab.engine.request.negative_prompt == NASTY
        job = lab.engine.jobs[0]
        lab.engine.let_start(job)
        lab.engine.emit(Notice(job.id, f"A note: {NASTY}"))
        lab.engine.let_fail(job, f"It broke: {NASTY}")
        await lab.until(lambda: f"× It broke: {NASTY}" in lab.notes)
        assert lab.shown.count(NASTY) >= 3
        await lab.press("escape", "w")
        await lab.sees("A note:")
        page = lab.app.screen.query_one(Page).render().plain
        assert f"▲ A note: {NASTY}" in " ".join(page.split())


async def test_a_paste_becomes_one_paragraph(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.paste("a red\nfox\r\nin\tsnow\x1b[2J\n")
        assert lab.draft.prompt == "a red fox in snow␛[2J"


async def test_a_style_brings_its_settings_and_takes_back_exactly_those(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+e", "2", "0", "alt+t", "c", "i", "n", "enter", "enter")
        request = lab.engine.request
        assert (request.scheduler, request.steps, request.guidance_scale) == ("dpmpp_2m", 20, 5.0)
        await lab.press("alt+t", "n", "o", "n", "enter", "enter")
        request = lab.engine.request
        assert (request.scheduler, request.steps, request.guidance_scale) == ("euler", 20, 4.0)
        assert request.styled_prompt == "a red fox"
        await lab.press("alt+e", "delete", "enter")
        assert lab.engine.request.steps == CATALOGUE[DEMO].steps


async def test_a_model_brings_its_defaults(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+g", "6", ".", "5", "alt+m", "r", "e", "a", "l", "enter", "enter")
        request = lab.engine.request
        assert (request.model.id, request.width, request.steps) == (REAL, 1024, 30)
        assert request.guidance_scale == 6.5


async def test_a_model_that_is_not_ready_says_why(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+m", "c", "y", "b", "enter")
        await lab.sees("incomplete: unet/")
        assert lab.app.focused.id == "picker"
        await lab.press("escape", "enter")
        assert lab.engine.request.model.id == DEMO
        await lab.press("tab", "tab", "tab", "tab", "tab", "c", "y", "b", "enter")
        assert lab.draft.model.id == BROKEN
        assert len(lab.engine.jobs) == 1
        assert lab.notes[0] == "× CyberRealistic XL 5.8 is incomplete: unet/ has 3.1 of 4.8 GiB."
        await lab.press("d", "e", "m", "o", "enter")
        assert len(lab.engine.jobs) == 2


async def test_without_a_given_model_the_first_ready_one_is_chosen(open_lab: OpenLab) -> None:
    async with open_lab(model=None) as lab:
        await lab.until(lambda: lab.draft.model.id == REAL)
        assert lab.engine.loads == []


async def test_a_load_shows_its_progress_and_then_enter_generates(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox", load=True) as lab:
        assert [model.id for model in lab.engine.loads] == [DEMO]
        await lab.sees("load Demo, generate 1")
        lab.engine.let_load(CATALOGUE[DEMO], 0.62)
        await lab.sees("loading UNet 62 %, 0.38 s")
        await lab.press("enter")
        assert len(lab.engine.jobs) == 1
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.sees("enter  generate 1")
        await lab.sees("● Demo")
        if size[0] >= 100:  # In one row with seven tabs the model comes before the device.
            await lab.sees("CPU, 2 cores")


async def test_a_load_that_fails_says_why(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        lab.engine.emit(ModelFailed(DEMO, "Demo", "not enough GPU memory.", "SDXL Turbo"))
        lab.engine.let_fail(lab.engine.jobs[0], "Demo did not load: not enough GPU memory.")
        await lab.until(lambda: not lab.state.busy)
        failures = [note for note in lab.notes if note.startswith("×")]
        assert failures == ["× Demo did not load: not enough GPU memory. SDXL Turbo is still in use."]


async def test_steps_are_counted_under_the_picture(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        job = lab.engine.jobs[0]
        lab.engine.let_start(job)
        for step in range(1, 8):
            lab.engine.let_step(job, step)
        await lab.sees("7/12")
        await lab.sees("6.7 it/s")


async def test_a_failed_job_says_why_and_the_text_stays(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        job = lab.engine.jobs[0]
        lab.engine.let_start(job)
        lab.engine.let_fail(job, "The scheduler cannot run 1 step.")
        await lab.sees("× The scheduler cannot run 1")
        await lab.sees("a red fox")
        await lab.press("enter")
        assert not any("scheduler cannot" in note for note in lab.notes)


async def test_a_bad_number_is_a_sentence(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+e", "9", "9", "9", "enter")
        assert lab.engine.jobs == []
        assert lab.notes[0] == "× Steps go from 1 to 200."
        await lab.press("4", "0", "backspace", "backspace", "backspace", "backspace", "backspace", "enter")
        assert lab.engine.request.steps == 12
        await lab.press("alt+s", *"1021x1024", "enter")
        await lab.sees("Width 1021 is no multiple of 8")
        assert len(lab.engine.jobs) == 1


async def test_arrows_step_numbers_and_sizes(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "right", "right", "alt+g", "left", "alt+s", "right", "enter", "enter")
        request = lab.engine.request
        assert (request.batch_size, request.guidance_scale, request.width, request.height) == (3, 3.5, 144, 112)


async def test_letters_are_text_in_the_prompt_and_commands_on_the_picture(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("tg")
        assert lab.draft.prompt == "tg"
        await lab.press("escape", "g")
        assert lab.app.focused.id == "guidance"
        await lab.press("e")
        assert lab.app.focused.id == "steps"
        await lab.press("t")
        await lab.sees("4 styles")
        await lab.press("alt+p", "alt+z")
        assert lab.app.focused.id == "prompt-area"
        assert lab.draft.prompt == "tg"


async def test_tab_looks_and_shift_tab_types(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("tab")
        await lab.sees(" look ")
        await lab.press("shift+tab")
        await lab.sees(" type ")
        await lab.press("tab", "tab")
        assert lab.app.focused.id == "negative-area"


async def test_arrows_walk_through_the_batch_and_the_path_is_shown(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "4", "alt+p", "enter")
        job = lab.engine.jobs[0]
        lab.engine.let_start(job)
        paths = lab.engine.let_finish(job)
        await lab.sees("picture 4 of 4")
        await lab.sees(paths[3].name[-20:])
        await lab.sees_picture()
        await lab.press("escape", "left", "left")
        await lab.sees("picture 2 of 4")
        await lab.sees(f"seed {job.seeds[1]}")
        await lab.press("k", "enter")
        assert lab.engine.jobs[1].seed == job.seeds[1]


async def test_a_new_picture_does_not_push_away_the_one_in_view(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "2", "enter", "enter")
        first, second = lab.engine.jobs
        lab.engine.let_finish(first)
        await lab.sees("picture 2 of 2")
        await lab.press("escape", "left")
        paths = lab.engine.let_finish(second)
        await lab.until(lambda: len(lab.state.paintings) == 4)
        assert lab.home.pane.shown.job is lab.state.jobs[first.id]
        await lab.press("end")
        assert lab.home.pane.shown.path == paths[1]


async def test_a_picture_that_is_gone_is_a_sentence(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "2", "enter")
        paths = lab.engine.let_finish(lab.engine.jobs[0])
        paths[0].unlink()
        await lab.press("escape", "left")
        await lab.until(lambda: any("cannot be shown" in note for note in lab.notes))


async def test_ctrl_c_stops_the_running_job(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter", "enter")
        first, second = lab.engine.jobs
        lab.engine.let_start(first)
        await lab.sees("stop")
        await lab.press("ctrl+c")
        assert lab.engine.cancelled == [first.id]
        lab.engine.let_stop(first, 3)
        await lab.until(lambda: "– Stopped at step 3, nothing saved; enter runs it again." in lab.notes)
        await lab.press("ctrl+c")
        assert lab.engine.cancelled == [first.id, second.id]


async def test_quit_asks_once_while_a_job_runs(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter", "enter")
        lab.engine.let_start(lab.engine.jobs[0])
        lab.engine.let_step(lab.engine.jobs[0], 5)
        await lab.until(lambda: lab.state.step)
        await lab.press("ctrl+q")
        await lab.sees("A job runs (5 of 12)")
        await lab.press("escape")
        assert lab.app.is_running
        assert lab.app.screen is lab.home
        await lab.press("ctrl+q", "ctrl+q")
        await lab.until(lambda: lab.app._exit)


async def test_quit_leaves_at_once_when_nothing_runs(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("ctrl+q")
        await lab.until(lambda: lab.app._exit)


async def test_help_names_the_keys(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("f1")
        await lab.sees("this screen")
        await lab.press("escape")
        assert lab.app.screen is lab.home


async def test_the_palette_has_actions_and_choices(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("ctrl+p")
        await lab.sees("Choose the scheduler")
        await lab.type("style cine")
        await lab.sees("Take this style")
        await lab.press("down", "enter")
        await lab.until(lambda: lab.draft.style.id == "cinematic")


async def test_turbo_says_that_the_negative_has_no_effect(open_lab: OpenLab) -> None:
    async with open_lab(model="stabilityai/sdxl-turbo") as lab:
        await lab.press("alt+n")
        await lab.type("people")
        assert "▲ SDXL Turbo runs at guidance 0, so the negative prompt has no effect." in lab.notes


async def test_ctrl_c_with_nothing_to_stop_says_how_to_leave(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("ctrl+c")
        assert lab.engine.cancelled == []
        assert any("ctrl+q quits" in note for note in lab.notes)
