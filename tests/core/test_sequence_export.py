"""A sequence as one file: what a player of it sees."""

from __future__ import annotations

import resource
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from sdxl_tui.core.animation import play_order
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.sequence_export import export_path, export_sequence

COUNT = 6


@pytest.fixture
def frames(tmp_path: Path) -> list[Path]:
    """A bar that moves over a coloured ground."""
    paths = []
    for number in range(COUNT):
        frame = Image.new("RGB", (96, 64), (200, 30, 60))
        ImageDraw.Draw(frame).rectangle((number * 12, 0, number * 12 + 12, 64), (40, 90, 220))
        paths.append(tmp_path / f"20261124-120000_a-bar_frame_{number + 1:03}.png")
        frame.save(paths[-1])
    return paths


def played(path: Path) -> tuple[list[Image.Image], float]:
    """The frames a player shows and how many seconds they take."""
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            images = [frame.to_image() for frame in container.decode(stream)]
            return images, float(stream.duration * stream.time_base)
    images, seconds = [], 0.0
    with Image.open(path) as file:
        for number in range(file.n_frames):
            file.seek(number)
            file.load()
            images.append(file.convert("RGB"))
            seconds += file.info["duration"] / 1000
    return images, seconds


def apart(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_every_frame_is_shown_in_its_colours_for_its_time(frames: list[Path], ending: str) -> None:
    told: list[tuple[int, int]] = []
    target = export_path(frames[0], ending)
    assert target.name == f"20261124-120000_a-bar_frames.{ending}"
    path = export_sequence(frames, target, fps=12, progress=lambda done, total: told.append((done, total)))
    images, seconds = played(path)
    assert len(images) == COUNT
    for image, frame in zip(images, frames, strict=True):
        assert apart(image, Image.open(frame)) < 5
        assert (
            all(abs(a - b) < 8 for a, b in zip(image.getpixel((90, 5)), (200, 30, 60), strict=True))
            or frame is frames[-1]
        )
    assert seconds == pytest.approx(COUNT / 12, abs=0.011)
    assert told == [(done, COUNT) for done in range(COUNT + 1)]
    assert sorted(file.name for file in path.parent.iterdir() if file.name.startswith(".")) == []


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_ping_pong_goes_back(frames: list[Path], ending: str) -> None:
    images, _ = played(export_sequence(frames, frames[0].with_name(f"x.{ending}"), ping_pong=True))
    assert len(images) == 2 * COUNT - 2
    assert apart(images[1], images[-1]) < apart(images[1], images[2]) / 2


@pytest.mark.parametrize(("ending", "loop", "said"), [("gif", True, 0), ("gif", False, None), ("webp", False, 1)])
def test_whether_it_loops_is_in_the_file(frames: list[Path], ending: str, loop: bool, said: int | None) -> None:
    path = export_sequence(frames, frames[0].with_name(f"x.{ending}"), loop=loop)
    assert Image.open(path).info.get("loop") == said


def test_play_order() -> None:
    assert play_order(4, ping_pong=False, loop=True) == [0, 1, 2, 3]
    assert play_order(4, ping_pong=True, loop=True) == [0, 1, 2, 3, 2, 1]
    assert play_order(4, ping_pong=True, loop=False) == [0, 1, 2, 3, 2, 1, 0]
    assert play_order(2, ping_pong=True, loop=True) == [0, 1]
    assert play_order(1, ping_pong=True, loop=False) == [0]


def test_a_taken_name_counts_up(frames: list[Path]) -> None:
    target = frames[0].with_name("x.gif")
    target.write_text("mine")
    assert export_sequence(frames, target).name == "x-2.gif"
    assert target.read_text() == "mine"


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_a_stopped_export_leaves_nothing(frames: list[Path], ending: str) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Stopped

    before = sorted(frames[0].parent.iterdir())
    with pytest.raises(Stopped):
        export_sequence(frames, frames[0].with_name(f"x.{ending}"), progress=stop)
    assert sorted(frames[0].parent.iterdir()) == before


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_what_cannot_be_exported_is_one_sentence(
    frames: list[Path], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = frames[0].with_name(f"x.{ending}")
    with pytest.raises(UserError, match="There are no frames"):
        export_sequence([], target)
    with pytest.raises(UserError, match="frames a second"):
        export_sequence(frames, target, fps=0)
    with pytest.raises(UserError, match=r"^The frame gone.png is missing or damaged: nothing is exported\.$"):
        export_sequence([*frames, frames[0].with_name("gone.png")], target)
    Image.new("RGB", (32, 32)).save(frames[2])
    with pytest.raises(UserError, match="is 32×32 and the first one 96×64"):
        export_sequence(frames, target)
    (frames[0].parent / "file").write_text("a file")
    with pytest.raises(UserError, match="The sequence is not exported"):
        export_sequence(frames[:2], frames[0].parent / "file" / target.name)
    assert not list(frames[0].parent.glob(".*"))


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_a_disk_that_takes_no_more_is_one_sentence(frames: list[Path], ending: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    try:
        with pytest.raises(UserError, match=r"^The sequence is not exported: .*File too large"):
            export_sequence(frames, frames[0].with_name(f"x.{ending}"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(frames[0].parent.glob(".*"))
    assert not list(frames[0].parent.glob("x*"))


def test_another_ending_names_what_there_is(frames: list[Path]) -> None:
    with pytest.raises(UserError, match=r"x\.avi has no ending that says how to export it: \.gif, \.webp, \.mp4\."):
        export_sequence(frames, frames[0].with_name("x.avi"))
