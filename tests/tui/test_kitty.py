"""Kitty graphics: what is sent, what lies in the terminal's store, and the cells that stand for it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from rich.style import Style
from textual.events import AppBlur, AppFocus

from sdxl_tui.tui import kitty, terminals
from sdxl_tui.tui.kitty_store import KEPT, KittyStore
from sdxl_tui.tui.outlet import Outlet
from sdxl_tui.tui.terminal_kinds import KITTY, XTERM
from sdxl_tui.tui.terminals import Client, Facts

OpenLab = Callable[..., Any]
SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)

IN_KITTY = Facts((Client(KITTY, (0, 41, 1), "xterm-kitty", key="one", cell=(8, 16)),))
IN_XTERM = Facts((Client(XTERM, (379,), "xterm", key="two", cell=(8, 16)),))


@dataclass
class KittyModel:
    """As much of a kitty as has a store, reading what is sent to it."""

    images: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    most: int = 0
    sent: int = 0
    _begun: dict[str, str] | None = None
    _data: str = ""

    def read(self, text: str) -> None:
        """Take a sequence."""
        text = re.sub(r"\x1bPtmux;(.*?)(?<!\x1b)\x1b\\", lambda found: found[1].replace("\x1b\x1b", "\x1b"), text)
        for control, _, payload in re.findall(r"\x1b_G([^;\x1b]*)(;([^\x1b]*))?\x1b\\", text):
            self._command(dict(part.split("=") for part in control.split(",")), payload.lstrip(";"))

    def _command(self, keys: dict[str, str], payload: str) -> None:
        assert keys["q"] == "2", "it would answer"
        if keys.get("a") == "d":
            assert self._begun is None, "data in pieces must not be interrupted"
            assert keys["d"] == "I", "a small i leaves the data"
            self.images.pop(int(keys["i"]), None)
            self.places.pop(int(keys["i"]), None)
            return
        assert len(payload) <= 4096
        self._begun = self._begun or keys
        self._data += payload
        if keys["m"] == "0":
            number = int(self._begun["i"])
            assert self._begun["U"] == "1"
            self.images[number] = base64.b64decode(self._data, validate=True)
            self.places[number] = int(self._begun["c"]), int(self._begun["r"])
            self._begun, self._data, self.sent = None, "", self.sent + 1
            self.most = max(self.most, len(self.images))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> KittyModel:
    """What the lab says goes to this kitty."""
    model = KittyModel()
    for name in ("say", "say_at_the_end"):
        monkeypatch.setattr(Outlet, name, lambda self, sequence: model.read(sequence))
    return model


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Callable[[Facts], None]:
    """Return a way to put a terminal in front."""

    def put(facts: Facts) -> None:
        monkeypatch.setattr(terminals, "from_environment", lambda *_, **__: facts)
        monkeypatch.setattr(terminals, "look", lambda *_, **__: facts)

    put(IN_KITTY)
    return put


async def paint(lab: Any, count: int = 1) -> None:
    """Make so many pictures, and see the last of them."""
    before = len(lab.state.paintings)
    for number in range(before, before + count):
        await lab.press("enter")
        if not number:
            lab.engine.let_load(lab.engine.request.model)
        await lab.until(lambda number=number: len(lab.engine.jobs) > number)
        lab.engine.let_finish(lab.engine.jobs[number])
        await lab.until(lambda number=number: len(lab.state.paintings) > number)


def cells(lab: Any) -> list[tuple[int, str]]:
    """Every placeholder on the screen: the picture's number and the cell's text."""
    found = []
    for row in lab.app.screen._compositor.render_strips():
        for segment in row:
            for cell in re.findall(f"{kitty.PLACEHOLDER}[^{kitty.PLACEHOLDER} ]*", segment.text):
                red, green, blue = segment.style.color.triplet
                found.append((red << 16 | green << 8 | blue, cell))
    return found


def numbers(lab: Any) -> set[int]:
    """The pictures whose cells are on the screen."""
    return {number for number, _ in cells(lab)}


def test_the_marks_of_rows_and_columns_are_kittys() -> None:
    assert len(kitty.MARKS) == 297
    assert [f"{ord(mark):x}" for mark in kitty.MARKS[:4]] == ["305", "30d", "30e", "310"]
    assert ord(kitty.MARKS[-1]) == 0x1D244


def test_each_cell_tells_its_row_and_column() -> None:
    strips = kitty.placeholders(0x010203, 255, 3, Style(bgcolor="#080808"))
    assert len(strips) == 3
    assert all(strip.cell_length == 255 for strip in strips)
    for y, strip in enumerate(strips):
        for x, segment in enumerate(strip):
            assert segment.text == kitty.PLACEHOLDER + kitty.MARKS[y] + kitty.MARKS[x]
            assert segment.style.color.triplet == (1, 2, 3)
    cut = strips[1].crop(100, 107)
    assert cut.text == "".join(kitty.PLACEHOLDER + kitty.MARKS[1] + kitty.MARKS[x] for x in range(100, 107))


@pytest.mark.parametrize(
    ("columns", "rows", "number"), [(256, 1, 1), (1, 256, 1), (0, 1, 1), (1, 1, 0), (1, 1, 1 << 24)]
)
def test_no_picture_has_more_cells_than_there_are_marks(columns: int, rows: int, number: int) -> None:
    with pytest.raises(ValueError, match="cells"):
        kitty.placeholders(number, columns, rows, Style())


@pytest.mark.parametrize("size", [0, 1, 3071, 3072, 3073, 100_000])
@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "through tmux"])
def test_the_terminal_gets_the_very_data(size: int, wrapped: bool) -> None:
    model, data = KittyModel(), bytes(range(256)) * (size // 256 + 1)
    data = data[:size] or b"x"
    for piece in kitty.transmission(77, 20, 10, data):
        model.read(kitty.through_tmux(piece) if wrapped else piece)
    assert model.images == {77: data}
    assert model.places == {77: (20, 10)}
    model.read(kitty.deletion(77))
    assert not model.images


def test_the_store_keeps_what_is_shown_and_a_few_more(terminal: KittyModel) -> None:
    store, there = KittyStore(Outlet(SimpleNamespace(painter=None))), []
    for number in range(50):
        store.send("picture", number, 4, 2, b"png %d" % number, lambda number=number: there.append(number))
        if number == 3:
            store.hold("somebody", number)
    assert there == list(range(50))
    assert len(terminal.images) == KEPT + 1
    assert store.find(3) is not None
    assert store.find(4) is None
    store.clear()
    assert not terminal.images


def test_what_was_sent_while_nobody_looked_is_sent_again(terminal: KittyModel) -> None:
    store = KittyStore(Outlet(SimpleNamespace(painter=None)))
    store.send("picture", "seen", 4, 2, b"1", lambda: None)
    store.is_watched = False
    store.send("picture", "unseen", 4, 2, b"2", lambda: None)
    assert store.lose(only_doubtful=True)
    assert store.find("seen") is not None
    assert store.find("unseen") is None
    assert store.lose()
    assert not KittyStore(Outlet(SimpleNamespace(painter=None))).lose()


@SIZE
async def test_fifty_pictures_leave_no_more_than_a_few_and_quitting_none(
    open_lab: OpenLab, terminal: KittyModel, front: Any
) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        [number] = numbers(lab)
        columns, rows = terminal.places[number]
        assert len(cells(lab)) == columns * rows
        with Image.open(io.BytesIO(terminal.images[number])) as sent:
            assert sent.width <= columns * 8
            assert sent.height <= rows * 16
        for _ in range(49):
            await paint(lab)
        await lab.until(lambda: numbers(lab) and number not in numbers(lab))
        assert terminal.most <= KEPT + 2
        await lab.pilot.resize_terminal(140, 44)
        await lab.until(lambda: len(cells(lab)) > columns * rows)
        assert len(terminal.images) <= KEPT + 2
        assert numbers(lab) <= set(terminal.images)
    assert not terminal.images


@SIZE
async def test_walking_back_sends_nothing_again(open_lab: OpenLab, terminal: KittyModel, front: Any) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        [first] = numbers(lab)
        await paint(lab)
        await lab.until(lambda: numbers(lab) and first not in numbers(lab))
        before = terminal.sent
        await lab.press("tab", "left")
        await lab.until(lambda: numbers(lab) == {first})
        assert terminal.sent == before


@SIZE
async def test_f3_takes_them_out_of_the_store(open_lab: OpenLab, terminal: KittyModel, front: Any) -> None:
    async with open_lab(prompt="a fox", settings={"images": "kitty"}) as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        await lab.press("f3")
        assert lab.app.images == "off"
        assert not terminal.images
        await lab.sees("F3 shows them")
        await lab.press("f3")
        await lab.until(lambda: cells(lab))
        assert numbers(lab) <= set(terminal.images)


@SIZE
async def test_a_page_over_the_picture_leaves_its_cells_alone(
    open_lab: OpenLab, terminal: KittyModel, front: Any
) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        before = cells(lab)
        for keys in (("f1",), ("ctrl+p",), ("alt+w",)):
            await lab.press(*keys)
            await lab.pilot.pause()
            assert numbers(lab) == {before[0][0]}, "dimming would change their number"
            assert set(cells(lab)) <= set(before)
            await lab.press("escape")
        await lab.until(lambda: cells(lab) == before)


@SIZE
async def test_another_terminal_gets_what_it_can_show(open_lab: OpenLab, terminal: KittyModel, front: Any) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        front(IN_XTERM)
        lab.app.post_message(AppFocus())
        await lab.until(lambda: lab.app.choice.way == "cells")
        await lab.until(lambda: not cells(lab))
        other = replace(IN_KITTY, clients=(replace(IN_KITTY.clients[0], key="three"),))
        front(other)
        lab.app.post_message(AppFocus())
        await lab.until(lambda: cells(lab))
        assert numbers(lab) <= set(terminal.images)


@SIZE
async def test_the_same_kind_of_terminal_come_anew_is_sent_the_picture_again(
    open_lab: OpenLab, terminal: KittyModel, front: Any
) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        terminal.images.clear()
        front(replace(IN_KITTY, clients=(replace(IN_KITTY.clients[0], key="three"),)))
        lab.app.post_message(AppFocus())
        await lab.until(lambda: numbers(lab) <= set(terminal.images))
        sent = terminal.sent
        lab.app.post_message(AppBlur())
        lab.app.post_message(AppFocus())
        await lab.press("ctrl+l")
        await lab.until(lambda: terminal.sent > sent)
        assert any("Shown in kitty 0.41.1: kitty graphics." in note for note in lab.notes)


@SIZE
async def test_a_file_that_is_no_picture_is_said_and_nothing_is_sent(
    open_lab: OpenLab, terminal: KittyModel, front: Any, tmp_path: Path
) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        sent = terminal.sent
        lab.home.pane.picture.show(tmp_path / "cut.png")
        await lab.until(lambda: any("cut.png cannot be shown" in note for note in lab.notes))
        assert terminal.sent == sent
