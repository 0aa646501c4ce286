"""The frames screen: a sheet that fills, a player that keeps to its budget, exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual._compositor import CompositorUpdate

from sdxl_tui.core.modes import ANIMATE_STEPS
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_job

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the lab's pictures and log lie."""
    return tmp_path / "pictures"


def log_sequence(folder: Path, number: int, frames: int, planned: int | None = None, **changes: Any) -> None:
    """Append a sequence to the log, its frames painted, no two cells alike."""
    names = [f"old{number}_frame_{index + 1:03d}.png" for index in range(frames)]
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        noise = Image.effect_noise((96, 96), 90).convert("RGB")
        Image.blend(noise, Image.new("RGB", noise.size, (200, 30 * index % 256, 60)), 0.5).save(folder / name)
    usual = {
        "mode": "animate_steps",
        "prompt": f"sequence {number}",
        "frames": planned or frames,
        "motion": "light",
        "outputs": names,
        "seeds": list(range(500, 500 + (planned or frames))),
        "frame_prompts": [f"told {index + 1}" for index in range(planned or frames)],
        "width": 96,
        "height": 96,
    }
    log_job(folder, number, {**usual, **changes})


def submit(lab: Any, frames: int, **changes: Any) -> Any:
    """Queue a sequence of small frames."""
    request = replace(lab.draft.request(), mode=ANIMATE_STEPS, frames=frames, steps=4, width=64, height=64, **changes)
    return lab.app.rooms.desk.submit(request)


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def play(lab: Any) -> tuple[Any, Clock]:
    """Begin to play by a clock of the test's own."""
    player, clock = lab.app.screen.player, Clock()
    player.clock = clock
    await lab.press("space")
    await lab.until(lambda: player._playback is not None)
    return player, clock


async def drawn(lab: Any, player: Any) -> None:
    """Wait until what comes next is drawn."""
    await lab.until(lambda: not player._reel._works)


def count_bytes(lab: Any) -> list[int]:
    """Count what is painted from now on."""
    painted: list[int] = []
    display = lab.app._display

    def counted(screen: Any, renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            painted.append(len(renderable.render_segments(lab.app.console).encode()))
        display(screen, renderable)

    lab.app._display = counted
    return painted


async def test_the_sheet_fills_as_frames_come(open_lab: OpenLab) -> None:
    async with open_lab(prompt=f"a moon {NASTY}") as lab:
        job = submit(lab, 4, seed=77)
        await lab.press("escape", "4")
        await lab.sees("waits")
        lab.engine.let_start(job)
        lab.engine.let_make(job, 1)
        lab.engine.let_step(job, 6)
        await lab.sees("2/4")
        await lab.sees("001")
        screen = lab.app.screen
        await lab.until(lambda: screen.player.at == 0 and screen.sheet.roll.places == 1)
        lab.engine.let_make(job, 2)
        await lab.until(lambda: screen.player.at == 1)
        await lab.press("left")
        lab.engine.let_make(job, 3)
        await lab.until(lambda: screen.sheet.roll.places == 3)
        assert screen.player.at == 0
        await lab.sees("seed 77")
        lab.engine.let_stop(job, 13)
        await lab.sees("partial: 3 of 4")
        assert [frame.path.name[-7:] for frame in screen.sequence.frames] == ["001.png", "002.png", "003.png"]


async def test_sequences_of_the_log_are_chosen(open_lab: OpenLab, folder: Path) -> None:
    log_job(folder, 0, {"prompt": "no sequence"})
    log_sequence(folder, 1, 3, planned=6, status="partial", prompt=NASTY, frame_prompts=[NASTY] * 6)
    log_sequence(folder, 2, 2)
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("1 of 2")
        await lab.sees("told 1")
        await lab.press("right")
        await lab.sees("told 2")
        await lab.press("comma")
        await lab.sees("partial: 3 of 6")
        await lab.sees(NASTY[:20])
        await lab.press("comma")
        await lab.sees("There is no earlier sequence.")
        await lab.press("escape", "slash")
        await lab.sees("2 sequences")
        await lab.type("sequence 2")
        await lab.press("enter")
        await lab.until(lambda: lab.app.screen.sequence.prompt == "sequence 2")
        assert lab.app.focused is lab.app.screen.player.bar


async def test_without_sequences_it_says_how_to_start_one(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("No sequences yet: n starts one.")
        await lab.press(
            "space", "e", "l", "minus", "z", "u", "i", "y", "right", "slash", "comma", "tab", "down", "enter"
        )
        await lab.press("escape", "n")
        await lab.until(lambda: lab.app.screen is lab.home)


async def test_it_plays_by_the_clock_and_drops_what_is_late(open_lab: OpenLab, folder: Path) -> None:
    log_sequence(folder, 1, 6)
    async with open_lab(settings={"link_bytes": 2_000_000}) as lab:
        await lab.press("escape", "4")
        await lab.sees("told 1")
        player, clock = await play(lab)
        await drawn(lab, player)
        clock.now = 0.26
        await lab.until(lambda: player.at == 1)
        clock.now = 1.01
        await lab.until(lambda: player.at == 4)
        clock.now = 1.51
        await lab.until(lambda: player.at == 0)
        await lab.press("l", "l")
        await lab.sees("once")
        await lab.until(lambda: player._playback is not None)
        await drawn(lab, player)
        clock.now += 10
        await lab.until(lambda: not player.playing)
        assert player.at == 5
        await lab.until(lambda: player.view.path is not None)
        await lab.sees("paused")


@pytest.mark.parametrize("budget", [20_000, 60_000, 100_000])
async def test_what_is_really_painted_keeps_to_the_budget(open_lab: OpenLab, folder: Path, budget: int) -> None:
    log_sequence(folder, 1, 6)
    async with open_lab(settings={"link_bytes": budget}) as lab:
        await lab.press("escape", "4")
        await lab.sees("told 1")
        player, clock = await play(lab)
        await drawn(lab, player)
        clock.now = 0.26
        await lab.until(lambda: player.at == 1)
        await lab.pilot.pause()
        painted = count_bytes(lab)
        seen = []
        for step in range(2, 42):
            clock.now = step * 0.25 + 0.01
            player.tick()
            await drawn(lab, player)
            await lab.pilot.pause()
            seen.append(player.at)
        assert sum(painted) <= budget * 10 + max(painted)
        assert sum(painted) > budget * 10 * 0.3
        assert len(set(seen)) > 2
        assert max(painted) <= player._fit.bytes * 1.3
        await lab.press("space")
        await lab.sees("{}×{}".format(*player._fit.cells))


async def test_it_stops_when_nobody_looks(open_lab: OpenLab, folder: Path) -> None:
    log_sequence(folder, 1, 4)
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("told 1")
        player, _ = await play(lab)
        lab.app.app_focus = False
        await lab.until(lambda: not player.playing)
        lab.app.app_focus = True
        await lab.pilot.pause()
        player, _ = await play(lab)
        await lab.press("1")
        assert not player.playing
        await lab.press("4")
        player, _ = await play(lab)
        await lab.press("f1")
        assert not player.playing
        await lab.press("escape")
        await lab.until(lambda: player._fit is not None)
        await lab.pilot.pause(0.3)
        painted = count_bytes(lab)
        await lab.pilot.pause(1.0)
        assert painted == []


@pytest.mark.parametrize("name", ["gif", "webp", "mp4"])
async def test_export_asks_how_and_says_where(open_lab: OpenLab, folder: Path, name: str) -> None:
    log_sequence(folder, 1, 3)
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("told 1")
        await lab.press("l", "e")
        await lab.sees("3 frames, 4 a second, ping-pong")
        await lab.type(name)
        await lab.press("enter")
        file = folder / f"old1_frames.{name}"
        await lab.sees(f"{file.name} is exported")
        await lab.press("y")
        assert lab.app.clipboard == str(file)
        if name != "mp4":
            with Image.open(file) as picture:
                assert (picture.n_frames, picture.info.get("loop")) == (4, 0)
        assert lab.app.focused is lab.app.screen.player.bar
        await lab.press("escape")
        await lab.sees(f"● {file.name}")


async def test_an_export_is_stopped_or_fails_with_a_sentence(open_lab: OpenLab, folder: Path, monkeypatch: Any) -> None:
    log_sequence(folder, 1, 3)
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("told 1")
        (folder / "old1_frame_002.png").write_bytes(b"no picture")
        await lab.press("e", "enter")
        await lab.sees("× The frame old1_frame_002.png")

        from sdxl_tui.tui import exporting

        def endless(*arguments: Any, progress: Any, **options: Any) -> Path:
            while True:
                progress(1, 4)

        monkeypatch.setattr(exporting, "export_sequence", endless)
        await lab.press("escape", "e", "enter")
        await lab.sees("25 %")
        await lab.press("e")
        await lab.sees("An export is being written")
        await lab.press("x")
        await lab.sees("nothing is left")
        assert lab.engine.cancelled == []
        await lab.press("x")
        assert list(folder.glob("*.gif")) == []


async def test_the_sheet_is_walked_by_keys_and_mouse(open_lab: OpenLab, folder: Path) -> None:
    log_sequence(folder, 1, 8)
    async with open_lab() as lab:
        await lab.press("escape", "4")
        await lab.sees("008")
        screen = lab.app.screen
        await lab.press("tab")
        assert lab.app.focused is screen.sheet
        await lab.press("right", "space")
        assert screen.in_view().path in lab.app.rooms.desk.kept
        await lab.sees("◆")
        await lab.press("down")
        assert screen.player.at == 1 + screen.sheet.columns
        await lab.pilot.click(screen.sheet, offset=(3, 1))
        await lab.until(lambda: screen.player.at == 0)
        await lab.press("z")
        await lab.press("tab", "tab", "escape")
        assert lab.app.screen is screen
        await lab.until(lambda: screen.player.at == 2 and screen.sheet.at == 2)
        screen.player.clock = Clock()
        await lab.press("enter")
        await lab.until(lambda: screen.player._playback is not None)
        assert screen.player.at == 2
        await lab.pilot.click(screen.player.timeline, offset=(1, 0))
        await lab.until(lambda: screen.player.at == 0 and not screen.player.playing)


@pytest.mark.parametrize("size", [(40, 12), (50, 30), (120, 16), (200, 60)], ids=str)
async def test_every_size_has_sheet_player_and_keys(open_lab: OpenLab, folder: Path, size: tuple[int, int]) -> None:
    log_sequence(folder, 1, 240, motion="latent", easing="ease_in_out", end_seeds=[9])
    async with open_lab() as lab:
        await lab.press("escape", "4")
        for text in ("001", "■ paused", "4 frames/s"):
            await lab.sees(text)
        await lab.sees_picture(2)
        await lab.press("end")
        await lab.sees("240")
        player, clock = await play(lab)
        await drawn(lab, player)
        clock.now = 0.3
        await lab.until(lambda: player.at != 239)
        await lab.press("e")
        await lab.sees("WebP")
        await lab.press("escape", "tab", "up")
        assert lab.app.focused is lab.app.screen.sheet


async def test_home_takes_frames_as_pictures_of_the_job(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a moon") as lab:
        job = submit(lab, 240, seed=1)
        lab.engine.let_start(job)
        lab.engine.let_make(job, 3)
        await lab.until(lambda: lab.home.pane.shown is not None and lab.home.pane.shown.index == 2)
        await lab.press("escape")
        await lab.sees("3 of 240")
        await lab.sees("4 frames")
        lab.engine.let_finish(job)
        await lab.until(lambda: lab.home.pane.shown.index == 239)
        await lab.until(lambda: "● 240 frames are made: 4 plays and exports them." in lab.notes)
        await lab.press("up", "home", "end", "z", "tab", "escape")
        assert lab.app.screen is lab.home
        await lab.press("4")
        await lab.until(lambda: lab.app.screen.TAB == "frames" and lab.app.screen.sheet.roll.places == 240)
