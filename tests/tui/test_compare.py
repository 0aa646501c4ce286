"""Two pictures side by side, one in the other's place, and their difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.tui.compare_wording import changed_words, compare
from sdxl_tui.tui.differences import difference_of
from sdxl_tui.tui.pictured import Pictured
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_jobs

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the lab's pictures and log lie."""
    return tmp_path / "pictures"


async def compare_two(lab: Any) -> None:
    """Mark the newest picture of the gallery, and compare the one before with it."""
    await lab.press("escape", "2")
    await lab.until(lambda: lab.app.screen.in_view())
    await lab.press("c")
    await lab.until(lambda: any(note.startswith("● This picture is A;") for note in lab.notes))
    await lab.press("right", "c")
    await lab.sees("pixel")


async def test_what_differs_is_said_and_c_goes_through_the_ways(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(
        folder,
        {"prompt": "one", "styled_prompt": f"a quiet sea {NASTY}", "guidance_scale": 6.5, "seeds": [118]},
        {"prompt": "two", "styled_prompt": "a violet hour sea", "guidance_scale": 5.0, "seeds": [7]},
    )
    async with open_lab() as lab:
        await compare_two(lab)
        screen = lab.app.screen
        await lab.sees("differs in 3")
        rows = {row.split()[0]: row for row in lab.shown.splitlines() if "→" in row}
        assert "5.0" in rows["guidance"].split("→")[0]
        assert "6.5" in rows["guidance"].split("→")[1]
        assert [row for row in lab.shown.splitlines() if "same: " in row]
        await lab.sees_picture()
        assert screen.in_view().seed == 118
        await lab.press("tab")
        assert screen.in_view().seed == 7
        await lab.press("c")
        assert screen.pair[1].size.width == 0
        await lab.sees(" A ")
        await lab.press("tab")
        await lab.sees(" B ")
        await lab.press("c")
        await lab.sees(" A − B ")
        await lab.press("plus", "right", "equals_sign", "0", "shift+down", "minus")
        await lab.press("c")
        await lab.until(lambda: screen.pair[1].size.width > 0)
        await lab.press("space")
        await lab.sees("◆")
        await lab.press("u")
        assert lab.draft.prompt == f"a quiet sea {NASTY}"
        await lab.press("escape", "escape")
        assert lab.app.screen.TAB == "gallery"
        await lab.press("up", "c")
        await lab.until(lambda: any("A no longer" in note for note in lab.notes))


async def test_both_pictures_are_zoomed_together(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {}, {})
    async with open_lab() as lab:
        await compare_two(lab)
        first, second = lab.app.screen.pair
        await lab.until(lambda: first._drawn and second._drawn)
        await lab.press("plus", "plus", "right")
        await lab.until(lambda: not first._drawing and first._drawn.part != first._drawn.whole)
        await lab.until(lambda: second._drawn.corner == first._drawn.corner)
        assert second._drawn.scale == first._drawn.scale


async def test_compare_from_home_and_zoom(open_lab: OpenLab) -> None:
    async with open_lab(prompt=NASTY) as lab:
        await lab.press("alt+a", "2", "enter")
        paths = lab.engine.let_finish(lab.engine.jobs[-1])
        await lab.until(lambda: lab.home.pane.shown and lab.home.pane.shown.path == paths[-1])
        await lab.press("escape", "c", "left", "z")
        await lab.sees("1 of 2")
        await lab.press("c")
        await lab.sees("differs in 1")
        assert lab.app.screen.TAB == "compare"
        await lab.press("f1")
        await lab.sees("A or B" if lab.app.size.width > 100 else "other picture")
        await lab.press("escape", "escape", "escape")
        assert lab.app.screen is lab.home


async def test_a_picture_that_is_gone_is_a_sentence(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "one"}, {"prompt": "two"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.until(lambda: lab.app.screen.in_view())
        await lab.press("c")
        lab.app.screen.in_view().path.unlink()
        await lab.press("down", "c")
        await lab.sees("cannot be shown")
        await lab.press("c", "c", "c", "escape", "escape")
        assert lab.app.screen.TAB == "gallery"


@pytest.mark.parametrize("size", [(40, 12), (200, 60)], ids=str)
async def test_other_windows(open_lab: OpenLab, folder: Path, size: tuple[int, int]) -> None:
    log_jobs(folder, {}, {"seeds": [9]})
    async with open_lab() as lab:
        await compare_two(lab)
        await lab.sees("1 of ")
        await lab.press("c", "c", "c")


def test_settings_that_neither_has_are_not_counted() -> None:
    a, b = (Pictured(None, {"prompt": "x", "steps": 3, "seed": seed}, 0) for seed in (1, 2))
    comparison = compare(a, b)
    assert comparison.differing == (("seed", "1", "2"),)
    assert dict(comparison.same) == {"mode": "txt2img", "steps": "3", "prompt": "x"}


def test_changed_words_stand_out_and_the_rest_is_cut() -> None:
    before = "a sailboat on a glowing sea under a moon, drifting mist, quiet"
    first, second = changed_words(before, before.replace("mist,", "mist, violet hour,"))
    assert "".join(text for text, _ in first) == "… moon, drifting mist, quiet"
    assert ("violet hour, ", "key") in second
    assert changed_words("", "x") == ([("–", "muted")], [("x", "key")])


def test_the_difference_is_measured_and_brightened(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (10, 10, 10)).save(tmp_path / "a.png")
    Image.new("RGB", (16, 16), (20, 10, 10)).save(tmp_path / "b.png")
    difference = difference_of(tmp_path / "a.png", tmp_path / "b.png")
    assert difference.picture.size == (8, 8)
    assert difference.mean == pytest.approx(10 / 3)
    assert difference.picture.getpixel((0, 0)) == (255, 0, 0)
    same = difference_of(tmp_path / "a.png", tmp_path / "a.png")
    assert (same.mean, same.factor) == (0, 0)
