"""The main job as a person does it: start, type, enter, look, quit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from sdxl_tui.core.queue_store import QueueStore
from tests.e2e.terminal import LAB, Colour, Terminal

PAINTED = r"picture 1 of 1[\s\S]*[▀▄█▘▝▖▗▚▞▌▐▙▟▛▜]{4}[\s\S]*_01\.png"
"""A screen that shows one finished picture and its path."""


def mean_of(parts: list[Colour]) -> list[float]:
    """The mean of many parts of cells; of few, nothing."""
    return [sum(channel) / len(parts) for channel in zip(*parts, strict=True)] if len(parts) > 2000 else []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a command in a terminal that ends with the test."""
    opened: list[Terminal] = []

    def start(command: str, columns: int = 120, rows: int = 40) -> Terminal:
        opened.append(Terminal(tmp_path, command, columns, rows))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_type_a_prompt_and_a_picture_is_on_the_screen_and_on_disk(
    start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = start(f"{LAB} demo")
    terminal.wait_for("Demo loaded in")
    terminal.press("C-u")
    terminal.type("a [red]castle[/red] on a hill, 50% fog")
    terminal.press("Enter")
    screen = terminal.wait_for(PAINTED)
    assert "a [red]castle[/red] on a hill" in screen

    [path] = (tmp_path / "output_images").glob("*.png")
    assert "_a-red-castle-red-on-a-hill-50-fog_seed" in path.name
    assert path.name[-30:] in screen
    with Image.open(path) as picture:
        record = json.loads(picture.text["sdxl_tui"])
        assert picture.size == (128, 128)
    assert record["prompt"] == "a [red]castle[/red] on a hill, 50% fog"
    [line] = (tmp_path / "output_images" / "jobs.log").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["status"], json.loads(line)["outputs"]) == ("done", [path.name])
    assert "Traceback" not in (tmp_path / "logs" / "app_events.log").read_text(encoding="utf-8")

    terminal.press("C-q")
    terminal.wait_for("exit code 0", seconds=10)


def test_the_colours_on_the_screen_are_those_of_the_file(start: Callable[..., Terminal], tmp_path: Path) -> None:
    """The mean colour of the cells is that of the picture: it is shown, not something like it."""
    terminal = start(f"{LAB} demo")
    terminal.wait_for("Demo loaded in")
    terminal.press("Enter")
    terminal.wait_for(PAINTED)
    [path] = (tmp_path / "output_images").glob("*.png")
    with Image.open(path) as picture:
        meant = pytest.approx(ImageStat.Stat(picture).mean, abs=8)
    end = time.monotonic() + 10
    while (seen := mean_of(terminal.quadrants())) != meant:
        assert time.monotonic() < end, (seen, meant)
        time.sleep(0.1)


def test_quitting_in_the_middle_of_a_job_asks_once_logs_it_and_keeps_the_queue(
    start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = start(f"{LAB} demo", 80, 24)
    terminal.wait_for("Demo")
    terminal.press("Enter", "Enter", "Enter")
    terminal.wait_for(r"\d+/12")
    terminal.press("C-q")
    asked = terminal.wait_for("enter stop and quit")
    assert "stay" in asked
    terminal.press("C-q")
    terminal.wait_for("exit code 0", seconds=10)
    lines = (tmp_path / "output_images" / "jobs.log").read_text(encoding="utf-8").splitlines()
    statuses = [json.loads(line)["status"] for line in lines]
    assert statuses.count("cancelled") == 1
    with closing(QueueStore(tmp_path / "output_images")) as store:
        assert len(store.read()) == 3 - len(lines)


def test_a_second_lab_on_the_folder_is_told_where_the_first_is(start: Callable[..., Terminal]) -> None:
    first = start(f"{LAB} demo")
    first.wait_for("Demo")
    second = start(f"{LAB} demo; echo exit code $?; {LAB} demo --output-dir elsewhere")
    asked = second.wait_for("q quit")
    assert "A lab runs in this folder since" in asked
    assert "tmux" in asked
    second.type("q")
    second.wait_for("exit code 0")
    second.wait_for("Demo")
    first.press("C-q")
    first.wait_for("exit code 0", seconds=10)


def test_keys_that_arrive_in_one_burst_are_all_meant(start: Callable[..., Terminal], tmp_path: Path) -> None:
    """As a slow line delivers them: each key acts on what the one before it did."""
    terminal = start(f"{LAB} demo")
    terminal.wait_for("Demo loaded in")
    prompt = [";", "send-keys", "-l", "a castle", ";", "send-keys", "Enter", "Tab"]
    terminal.press("C-u", *prompt, *"g6.5", *"e3", "Enter", *"a2", "Enter")
    terminal.wait_for("job 3 of 3")
    lines = [json.loads(line) for line in (tmp_path / "output_images" / "jobs.log").read_text().splitlines()]
    asked = [(line["prompt"], line["steps"], line["guidance_scale"], line["batch_size"]) for line in lines]
    assert asked[:2] == [("a castle", 12, 4.0, 1), ("a castle", 3, 6.5, 1)]
    terminal.wait_for("picture 2 of 2")
    last = json.loads((tmp_path / "output_images" / "jobs.log").read_text().splitlines()[-1])
    assert (last["steps"], last["guidance_scale"], last["batch_size"]) == (3, 6.5, 2)


def test_the_loop_of_a_day(start: Callable[..., Terminal], tmp_path: Path) -> None:
    """Type, again, another guidance, keep, hold the seed, other settings, and back to those of the picture."""

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in (tmp_path / "output_images" / "jobs.log").read_text().splitlines()]

    terminal = start(f"{LAB} demo")
    terminal.wait_for("Demo loaded in")
    terminal.press("M-e", "3", "M-p", "C-u")
    terminal.type("a lighthouse")
    terminal.press("Enter")
    terminal.wait_for("picture 1 of 1.*seed")
    terminal.press("Enter")
    terminal.wait_for("picture 1 of 1  job 2 of 2")
    terminal.press("Tab", *"g6.5", "Enter")
    terminal.wait_for("job 3 of 3")
    terminal.press("Escape", "Space")
    terminal.wait_for("◆")
    terminal.press("k")
    held = str(lines()[-1]["seed"])
    terminal.wait_for(rf"seed +{held}\b.*▌")
    terminal.press(*"g9", "Enter")
    terminal.wait_for("job 4 of 4")
    terminal.press("Escape", "Left")
    terminal.wait_for("job 3 of 4")
    terminal.press("u")
    terminal.wait_for(r"guidance +6\.5")

    asked = [(line["prompt"], line["steps"], line["guidance_scale"]) for line in lines()]
    assert asked == [("a lighthouse", 3, guidance) for guidance in (4.0, 4.0, 6.5, 9.0)]
    seeds = [line["seed"] for line in lines()]
    assert len(set(seeds)) == 3
    assert seeds[2] == seeds[3]

    terminal.press("2")
    terminal.wait_for("4 pictures · today")
    terminal.press("/")
    terminal.type("kept:yes")
    terminal.wait_for("1 of 4 pictures")
