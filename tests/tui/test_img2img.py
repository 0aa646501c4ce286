"""Image to image from the form: the init image by key, path, paste and list, and what it brings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.modes import IMG2IMG, TXT2IMG
from sdxl_tui.engine import Img2ImgFailed, Img2ImgReady
from tests.tui.conftest import NASTY, REAL

OpenLab = Callable[..., Any]
SMALL = pytest.mark.parametrize("size", [(80, 24)], ids=str)
NASTY_NAME = NASTY.replace("/", "")


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with pictures of two shapes in it and things that are none."""
    folder = tmp_path / "here"
    (folder / "more").mkdir(parents=True)
    monkeypatch.chdir(folder)
    Image.new("RGB", (600, 400), "red").save(folder / "wide.png")
    Image.new("RGB", (400, 600), "blue").save(folder / f"tall {NASTY_NAME}.png")
    Image.new("RGB", (300, 300), "green").save(folder / "more" / "square.jpg")
    (folder / "notes.png").write_text("not a picture")
    (folder / "notes.txt").write_text("not even by its name")
    return folder


async def choose_mode(lab: Any, name: str) -> None:
    """Take a mode from its list."""
    await lab.press("alt+j")
    await lab.type(name)
    await lab.press("enter")


async def make(lab: Any) -> Path:
    """Make a picture and put the hands on it."""
    await lab.press("enter")
    (path,) = lab.engine.let_finish(lab.engine.jobs[-1])
    await lab.until(lambda: lab.home.pane.shown and lab.home.pane.shown.path == path)
    await lab.press("escape")
    return path


async def test_i_starts_from_the_picture_in_view_and_again_goes_back_to_text(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        path = await make(lab)
        await lab.press("i")
        await lab.sees("picture 1 of 1  seed")
        await lab.sees("7 of 12 steps will run")
        await lab.press("enter")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        request = lab.engine.request
        assert (request.mode, request.init_image, request.strength) == (IMG2IMG, path, 0.6)
        await lab.press("i")
        await lab.until(lambda: "init image" not in lab.shown)
        await lab.press("enter")
        await lab.until(lambda: len(lab.engine.jobs) == 3)
        assert lab.engine.request.mode == TXT2IMG


async def test_a_path_is_completed_and_brings_its_size(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox", model=REAL) as lab:
        await choose_mode(lab, "image to image")
        await lab.until(lambda: lab.app.focused.id == "init_image")
        await lab.type("wi")
        await lab.sees("wide.png")
        assert lab.draft.text("size") == "1024×1024"
        await lab.until(lambda: lab.app.focused._suggestion)
        await lab.press("tab")
        await lab.sees("600×400 gives 1216×832")
        assert lab.draft.text("size") == "1216×832"
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert (lab.engine.request.width, lab.engine.request.height) == (1216, 832)
        assert lab.engine.request.init_image == Path("wide.png")
        await lab.press("ctrl+u")
        await lab.until(lambda: lab.draft.text("size") == "1024×1024")


async def test_the_arrows_walk_through_what_a_path_can_go_on_as(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await choose_mode(lab, "image to image")
        await lab.type("./")
        field = lab.app.focused
        await lab.until(lambda: field.completer.found)
        values = []
        for _ in range(5):
            await lab.press("down")
            values.append(field.value)
        assert values == ["./more/", "./notes.png", f"./tall {NASTY_NAME}.png", "./wide.png", "./"]
        await lab.press("up", "up")
        await lab.sees("in ")
        assert lab.draft.text("init_image") == f"./tall {NASTY_NAME}.png"
        await lab.until(lambda: lab.draft.text("size") == "104×152")


@SMALL
async def test_the_users_own_size_wins(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox", model=REAL) as lab:
        await lab.press("alt+s", *"512x512", "enter")
        await lab.press("alt+i")
        await lab.paste("wide.png")
        await lab.sees("600×400, cropped to your 512×512")
        await lab.press("alt+s", "delete", "enter", "alt+p")
        lab.draft.edit("size", "")
        lab.home.show()
        assert lab.draft.text("size") == "1216×832"


@pytest.mark.parametrize("way", ["'{}'", "file://{}", "{}\n"])
@SMALL
async def test_a_path_is_pasted_as_terminals_give_it(
    open_lab: OpenLab, pictures: Path, size: tuple[int, int], way: str
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+i")
        await lab.paste(way.format(pictures / "wide.png"))
        await lab.sees("600×400")
        assert lab.draft.text("init_image") == str(pictures / "wide.png")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("notes.png", "notes.png is not a picture"),
        ("more", "more is a folder"),
        ("no[/]thing.png", "There is no file no[/]thing.png"),
        ("", "choose an init image"),
    ],
)
async def test_a_bad_file_is_one_sentence_and_loses_nothing(
    open_lab: OpenLab, pictures: Path, name: str, sentence: str
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+h", "0", ".", "4")
        await lab.press("alt+i", "alt+i")
        await lab.until(lambda: lab.app.focused.id == "init_image")
        await lab.type(name)
        await lab.press("enter")
        await lab.until(lambda: any(note.startswith("×") and sentence in note for note in lab.notes))
        assert lab.engine.jobs == []
        assert (lab.draft.prompt, lab.draft.text("strength")) == ("a red fox", "0.4")
        await lab.press("ctrl+u")
        await lab.type("wide.png")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.strength == 0.4
        assert not any(sentence in note for note in lab.notes)


async def test_files_are_found_in_a_list(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("ctrl+o")
        await lab.sees("in here/")
        await lab.sees("more/")
        assert "notes.txt" not in lab.shown
        await lab.type("mor")
        await lab.press("enter")
        await lab.sees("square.jpg")
        await lab.press("backspace")
        await lab.sees("in here/")
        await lab.type("tall")
        await lab.sees("1 of 5 in here/")
        await lab.press("enter")
        await lab.sees("400×600 gives 104×152")
        assert not lab.home.form.picker.visible
        await lab.press("ctrl+o")
        await lab.sees("in here/")
        await lab.press("home")
        await lab.pilot.pause()
        assert lab.draft.text("init_image") == str(pictures / f"tall {NASTY_NAME}.png")
        await lab.press("end", "escape")
        await lab.until(lambda: not lab.home.form.picker.visible)
        assert lab.draft.text("init_image") == str(pictures / f"tall {NASTY_NAME}.png")


async def test_strength_by_key_digits_and_steps(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+h", "minus", "minus", "right")
        assert lab.draft.text("strength") == "0.55"
        await lab.press("0", ".", "0", "5")
        await lab.sees("no step: 0.084 is the least")
        await lab.press("alt+i", "alt+i")
        await lab.paste("wide.png")
        await lab.press("enter")
        await lab.until(lambda: any("smallest strength that works is 0.084" in note for note in lab.notes))
        assert lab.engine.jobs == []
        await lab.press("alt+h", "7", "enter")
        await lab.until(lambda: any("Strength goes from above 0 to 1" in note for note in lab.notes))


async def test_image_to_image_is_preloaded_and_says_so(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+6", "i")
        await lab.sees("load one first")
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.until(lambda: lab.state.model == DEMO)
        await lab.press("i")
        assert lab.engine.preloads == 1
        lab.engine.emit(Img2ImgReady(DEMO, "Demo", 0.1))
        await lab.until(lambda: lab.state.img2img_is_ready)
        await lab.sees("it shares every weight of Demo")
        await lab.press("i")
        assert lab.engine.preloads == 1
        lab.engine.let_load(CATALOGUE[REAL])
        await lab.until(lambda: not lab.state.img2img_is_ready)
        lab.engine.emit(Img2ImgFailed(f"It broke: {NASTY}"))
        await lab.sees(f"× It broke: {NASTY}"[:40])


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_card_says_whether_image_to_image_is_ready(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+i")
        await lab.sees("□ not loaded yet")
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.until(lambda: lab.state.model == DEMO)
        await lab.press("f4")
        assert lab.engine.preloads == 1
        lab.engine.emit(Img2ImgReady(DEMO, "Demo", 0.1))
        await lab.sees("● ready")


async def test_start_from_is_there_for_other_screens(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_from(Path("more/square.jpg"))
        await lab.sees("300×300 gives 128×128")
        assert lab.draft.mode == IMG2IMG


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_the_smallest_window_shows_the_card_in_hand(
    open_lab: OpenLab, size: tuple[int, int], pictures: Path
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+i")
        await lab.paste("wide.png")
        await lab.sees("600×400")
        await lab.press("alt+h")
        await lab.sees("strength")


async def test_an_idle_screen_with_an_init_image_paints_nothing(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+i")
        await lab.paste("wide.png")
        await lab.sees("600×400 gives")
        await lab.pilot.pause(0.5)
        painted: list[object] = []
        display = lab.app._display
        lab.app._display = lambda *arguments: (painted.append(arguments), display(*arguments))
        await lab.pilot.pause(1.0)
        assert painted == []


async def test_the_cards_leave_room_for_enter_and_notices(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox " * 12) as lab:
        await lab.press("alt+t", "c", "i", "n", "enter", "alt+i")
        await lab.paste("wide.png")
        lab.home.set_value("mode", "inpaint")
        lab.home.show()
        await lab.press("enter")
        await lab.sees("× Inpainting needs a mask")
        await lab.sees("enter  load Demo, generate 1")
        await lab.press("alt+g")
        await lab.sees("guidance")


async def test_help_and_palette_know_the_keys(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+i", "f1")
        await lab.sees("Take the next candidate")
        await lab.press("escape", "ctrl+p")
        await lab.type("draw mask")
        await lab.sees("Draw over the init image")


async def test_the_title_says_which_picture_is_the_init_image(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await make(lab)
        await lab.press("i")
        await lab.sees("i back to text")
        title = lab.home.pane.title
        assert ("init image" in title.text) == (size[0] >= 100)
        await lab.press("i")
        await lab.until(lambda: "init image" not in title.text)


async def test_a_missing_init_image_of_an_earlier_job_is_said(open_lab: OpenLab, pictures: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        path = await make(lab)
        await lab.press("i")
        await lab.sees("128×128, the size follows it")
        path.unlink()
        await lab.press("enter")
        await lab.until(lambda: any("There is no file" in note for note in lab.notes))
        assert len(lab.engine.jobs) == 1
