"""Repeat, why, delete, start from a picture, settings of a picture file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdxl_tui.core import joblog
from sdxl_tui.core.models import DEMO
from sdxl_tui.engine import JobDone
from sdxl_tui.tui.log_wording import repeated_note
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_job, log_jobs

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")

DEMO_JOB = {
    "model": DEMO,
    "model_name": "Demo",
    "style": "None / Raw",
    "styled_prompt": "a red fox",
    "negative_prompt": "",
    "styled_negative_prompt": "",
    "seed": 118,
    "seeds": [118],
    "steps": 4,
    "guidance_scale": 4.0,
    "width": 128,
    "height": 128,
    "pixels_sha256": ["a" * 64],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the lab's pictures and log lie."""
    return tmp_path / "pictures"


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """What was moved to the trash, in place of the desktop's own."""
    moved: list[Path] = []

    def send(path: Path) -> None:
        path.unlink()
        moved.append(path)

    monkeypatch.setattr("send2trash.send2trash", send)
    return moved


async def open_gallery(lab: Any) -> None:
    """Go there, and wait for the first job's picture."""
    await lab.press("escape", "2")
    await lab.until(lambda: lab.app.screen.in_view())


async def test_a_repeat_is_the_same_job_and_says_that_its_pixels_are_the_same(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, DEMO_JOB)
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("r")
        await lab.until(lambda: lab.engine.jobs)
        request = lab.engine.request
        assert (request.model.id, request.prompt, request.seed, request.steps) == (DEMO, "a red fox", 118, 4)
        await lab.until(lambda: any("queued again" in note for note in lab.notes))
        job = lab.engine.jobs[0]
        lab.engine.emit(JobDone(job.id, (), 1.0, {"pixels_sha256": ["a" * 64]}))
        await lab.until(lambda: any(note.startswith("● The repeat of job") for note in lab.notes))
        assert any(note.endswith("has the same pixels.") for note in lab.notes)
        await lab.sees("the same pixels")


async def test_a_repeat_with_other_pixels_says_what_differs(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {**DEMO_JOB, "device": "H100", "versions": {"torch": "2.10"}})
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("r")
        await lab.until(lambda: lab.engine.jobs)
        await lab.press("1")
        after = {"pixels_sha256": ["b" * 64], "device": f"CPU {NASTY}", "versions": {"torch": "2.11"}}
        lab.engine.emit(JobDone(lab.engine.jobs[0].id, (), 1.0, after))
        await lab.until(lambda: any("has other pixels" in note for note in lab.notes))
        note = next(note for note in lab.notes if "has other pixels" in note)
        assert note.startswith("▲")
        assert f"The device was H100, now it is CPU {NASTY}." in note
        assert "torch was 2.10, now it is 2.11." in note


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": f"gone/{NASTY}"}, "There is no model"),
        ({"mode": "img2img", "init_image": "/nowhere/cat.png", "strength": 0.6}, "cat.png"),
        ({"steps": 999}, "Steps go from 1 to 200."),
        ({"steps": "many"}, "damaged"),
        ({"model": "John6666/cyberrealistic-xl-v58-sdxl"}, "is incomplete"),
    ],
)
async def test_what_cannot_be_repeated_is_a_sentence(
    open_lab: OpenLab, folder: Path, changes: dict[str, Any], sentence: str
) -> None:
    log_jobs(folder, {**DEMO_JOB, **changes})
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("r")
        await lab.until(lambda: any(note.startswith("×") and sentence in note for note in lab.notes))
        assert not lab.engine.jobs


def test_a_repeat_of_a_line_without_hashes_cannot_be_told() -> None:
    glyph, sentence = repeated_note({"job_id": "20260101-000000-abc123"}, {"pixels_sha256": ["b"]})
    assert glyph == "▲"
    assert sentence.startswith("The repeat of job abc123 is done; its line has no pixels_sha256")


async def test_why_it_failed_is_said_in_full(open_lab: OpenLab, folder: Path) -> None:
    error = f"Out of memory {NASTY}, " + "and so on " * 12 + "to the end."
    log_jobs(folder, {"prompt": "a dog", "status": "failed", "error": error, "outputs": []})
    async with open_lab() as lab:
        await open_gallery(lab)
        for key in ("e", "enter"):
            await lab.press(key)
            await lab.sees("It failed.")
            shown = " ".join(row[:46].strip(" ▌│") for row in lab.shown.splitlines())
            assert "smaller" in shown
            await lab.press("escape")
            assert lab.app.screen.TAB == "gallery"


async def test_delete_asks_once_moves_to_the_trash_and_leaves_the_log(
    open_lab: OpenLab, folder: Path, trash: list[Path]
) -> None:
    log_jobs(folder, {"batch_size": 2, "seeds": [1, 2]}, {"prompt": NASTY})
    before = (folder / joblog.NAME).read_bytes()
    async with open_lab() as lab:
        await open_gallery(lab)
        single = lab.app.screen.in_view().path
        await lab.press("delete")
        await lab.sees("to the")
        await lab.press("x", "d", "escape")
        assert single.exists()
        await lab.press("delete", "enter")
        await lab.sees("file gone")
        assert trash == [single]
        await lab.until(lambda: any(note.startswith(f"● {single.name} is in the trash") for note in lab.notes))
        await lab.press("delete", "space", "z", "i")
        await lab.press("down", "delete")
        await lab.sees("all 2 of its job")
        await lab.press("a")
        await lab.until(lambda: len(trash) == 3)
        await lab.until(lambda: lab.shown.count("file gone") == 2)
        assert lab.app.is_running
    assert (folder / joblog.NAME).read_bytes() == before


async def test_a_trash_that_takes_nothing_is_a_sentence(
    open_lab: OpenLab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr("send2trash.send2trash", refuse)
    log_jobs(folder, {})
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("z", "delete", "enter")
        await lab.until(lambda: any("stays where it is" in note for note in lab.notes))
        await lab.sees("stays where")


async def test_a_picture_becomes_the_init_image_from_gallery_and_zoom(
    open_lab: OpenLab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_jobs(folder, {})
    async with open_lab() as lab:
        taken: list[Path] = []
        monkeypatch.setattr(type(lab.home), "start_from", lambda self, path: taken.append(path))
        await open_gallery(lab)
        path = lab.app.screen.in_view().path
        await lab.press("i")
        assert lab.app.screen is lab.home
        await lab.press("2", "z")
        await lab.sees("all of 64×64")
        await lab.press("i")
        await lab.until(lambda: lab.app.screen is lab.home)
        assert taken == [path, path]


async def test_more_like_it_of_a_job_of_the_log(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {**DEMO_JOB, "batch_size": 1})
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("v")
        await lab.sees("how many?")
        await lab.press("2", "enter")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        assert {job.request.prompt for job in lab.engine.jobs} == {"a red fox"}
        assert len({job.seed for job in lab.engine.jobs} | {118}) == 3
        assert lab.app.focused is lab.app.screen.browser
        await lab.press("v", "escape")
        assert len(lab.engine.jobs) == 2
        assert lab.app.focused is lab.app.screen.browser


def a1111_picture(path: Path, prompt: str) -> None:
    """Save a picture as AUTOMATIC1111 does."""
    chunk = PngInfo()
    settings = "Steps: 25, Sampler: Euler a, CFG scale: 6, Seed: 77, Size: 64x64, Model: realvisxlV50"
    chunk.add_text("parameters", f"{prompt}\nNegative prompt: dog\n{settings}")
    Image.new("RGB", (64, 64), (9, 90, 200)).save(path, pnginfo=chunk)


async def test_settings_of_another_programs_picture_by_its_path(
    open_lab: OpenLab, folder: Path, tmp_path: Path
) -> None:
    log_jobs(folder, {})
    path = tmp_path / "elsewhere.png"
    a1111_picture(path, "a blue whale")
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("p")
        await lab.paste(str(path)[:-5])
        await lab.sees("See it in full size")
        await lab.press("down", "enter")
        await lab.sees("Made with AUTOMATIC1111")
        await lab.press("u", "escape", "escape")
        assert lab.draft.prompt == "a blue whale"
        assert lab.draft.negative_prompt == "dog"
        assert (lab.draft.text("steps"), lab.draft.text("scheduler")) == ("25", "euler_a")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nothing.png", "There is no file"), ("text.png", "is not a picture"), ("plain.png", "holds no settings")],
)
async def test_a_file_without_settings_is_a_sentence(
    open_lab: OpenLab, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "text.png").write_text(NASTY)
    Image.new("RGB", (64, 64)).save(tmp_path / "plain.png")
    async with open_lab() as lab:
        lab.app.rooms.open_picture(tmp_path / name)
        await lab.until(lambda: any(sentence in note for note in lab.notes))


async def test_our_own_picture_brings_its_own_settings(open_lab: OpenLab, folder: Path) -> None:
    folder.mkdir()
    chunk = PngInfo()
    chunk.add_itxt("sdxl_tui", json.dumps({**DEMO_JOB, "prompt": NASTY, "styled_prompt": NASTY, "image_index": 0}))
    Image.new("RGB", (64, 64)).save(folder / "own.png", pnginfo=chunk)
    async with open_lab() as lab:
        lab.app.rooms.open_picture(folder / "own.png")
        await lab.sees("Made here")
        await lab.press("u")
        assert lab.draft.prompt == NASTY
        log_job(folder, 1, {})


async def test_paths_to_copy_are_the_hosts(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, DEMO_JOB)
    [path] = folder.glob("*.png")
    nasty = f"/srv/{NASTY.replace('/', '')}"
    async with open_lab(settings={"host_dir": f"{folder.parent}={nasty}"}) as lab:
        await open_gallery(lab)
        await lab.press("y")
        assert lab.app.clipboard == f"{nasty}/pictures/{path.name}"
        await lab.press("o")
        assert any(f"{nasty}/pictures/{path.name}" in note for note in lab.notes)
