"""Kitty graphics: what is sent, what lies in the terminal's store, and the cells that stand for it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from rich.style import Style
from textual.events import AppBlur, AppFocus

from sdxl_tui.core import tmux
from sdxl_tui.tui import kitty, showing, terminals
from sdxl_tui.tui.kitty_store import KEPT, KittyStore
from sdxl_tui.tui.notes import Notes
from sdxl_tui.tui.outlet import Outlet
from sdxl_tui.tui.terminal_kinds import KITTY, XTERM
from sdxl_tui.tui.terminals import Client, Facts
from tests.tui.kitty_model import KittyModel

OpenLab = Callable[..., Any]
SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)

IN_KITTY = Facts((Client(KITTY, (0, 41, 1), "xterm-kitty", key="one", cell=(8, 16)),))
IN_XTERM = Facts((Client(XTERM, (379,), "xterm", key="two", cell=(8, 16)),))


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
        model.read(tmux.passed_on(piece) if wrapped else piece)
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
    store.is_watched = lambda: False
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


@SIZE
async def test_before_tmux_has_answered_nothing_is_said_against_a_setting(
    open_lab: OpenLab, terminal: KittyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Facts(multiplexer="tmux", passthrough="off")
    answer = replace(IN_KITTY, multiplexer="tmux", tmux_version="3.3a", passthrough="on")
    said: list[str] = []
    put = Notes.put
    monkeypatch.setattr(Notes, "put", lambda self, *parts: (said.append(parts[-1]), put(self, *parts)))
    monkeypatch.setattr(terminals, "from_environment", lambda *_, **__: silent)
    monkeypatch.setattr(terminals, "look", lambda *_, **__: answer)
    async with open_lab(prompt="a fox", settings={"images": "kitty"}) as lab:
        await lab.until(lambda: lab.app.images == "kitty")
        assert not [sentence for sentence in said if "Pictures are" in sentence]
        monkeypatch.setattr(terminals, "look", lambda *_, **__: replace(answer, passthrough="off"))
        await lab.press("ctrl+l")
        await lab.until(lambda: any("allow-passthrough" in note for note in lab.notes))


@SIZE
async def test_tmux_is_asked_again_about_a_terminal_that_has_not_answered_it_yet(
    open_lab: OpenLab, terminal: KittyModel, front: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "ANSWERS", (0.01, 0.02))
    in_tmux = replace(IN_KITTY, multiplexer="tmux", tmux_version="3.3a", passthrough="on")
    answers = [replace(in_tmux, clients=(replace(in_tmux.clients[0], version=None),)), in_tmux]
    monkeypatch.setattr(terminals, "from_environment", lambda *_, **__: Facts(multiplexer="tmux", passthrough="off"))
    monkeypatch.setattr(terminals, "look", lambda *_, **__: answers.pop(0) if len(answers) > 1 else answers[0])
    async with open_lab(prompt="a fox") as lab:
        await lab.until(lambda: lab.app.images == "kitty")


@SIZE
async def test_what_is_not_shown_any_more_is_drawn_anew_on_every_screen(
    open_lab: OpenLab, terminal: KittyModel, front: Any
) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        await lab.press("alt+2")
        await lab.until(lambda: lab.app.screen is not lab.home)
        front(IN_XTERM)
        lab.app.post_message(AppFocus())
        await lab.until(lambda: lab.app.choice.way == "cells" and not cells(lab))
        await lab.press("alt+1")
        await lab.until(lambda: lab.app.screen is lab.home)
        assert not cells(lab)


@SIZE
async def test_why_pictures_look_so_is_told_way_by_way(open_lab: OpenLab, terminal: KittyModel, front: Any) -> None:
    front(IN_XTERM)
    async with open_lab(prompt="a fox") as lab:
        await lab.press("f9")
        await lab.sees("goes back")
        for words in ("xterm 379", "quadrants", "Nothing finer than quadrants", "octants", "kitty graphics"):
            await lab.sees(words)


def test_a_picture_that_is_sent_again_is_another_one_and_the_first_is_deleted(terminal: KittyModel) -> None:
    """A kitty looks for the picture when its cells are written: the same number would show nothing."""
    store = KittyStore(Outlet(SimpleNamespace(painter=None)))
    store.send("picture", "fox", 4, 2, b"1", lambda: None)
    store.hold("somebody", "fox")
    first = store.find("fox").id
    store.lose()
    store.send("picture", "fox", 4, 2, b"1", lambda: None)
    assert store.find("fox").id != first
    assert set(terminal.images) == {store.find("fox").id}


def test_what_was_dropped_on_the_way_leaves_nothing_behind(
    terminal: KittyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KittyStore(Outlet(SimpleNamespace(painter=None)))
    store.send("picture", "fox", 4, 2, b"1", lambda: None)
    store.lose()
    late: list[Callable[[], None]] = []
    with monkeypatch.context() as patch:
        patch.setattr(Outlet, "send", lambda self, name, pieces, then, closing: late.append(then))
        store.send("picture", "fox", 4, 2, b"1", lambda: None)
    store.send("picture", "fox", 4, 2, b"1", lambda: None)
    assert set(terminal.images) == {store.find("fox").id}
    late[0]()
    assert set(terminal.images) == {store.find("fox").id}
    store.clear()
    assert not terminal.images


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
@pytest.mark.parametrize("multiplexer", ["", "tmux"])
async def test_in_tmux_the_last_column_holds_no_cell_of_a_picture(
    open_lab: OpenLab, terminal: KittyModel, front: Any, multiplexer: str
) -> None:
    """tmux 3.3 gives the marks of a letter there to the letter before."""
    front(replace(IN_KITTY, multiplexer=multiplexer, tmux_version="3.3a", passthrough="on"))
    async with open_lab(prompt="a fox") as lab:
        lab.draft.edit("size", "1344×768")
        await paint(lab)
        await lab.until(lambda: cells(lab))
        ends = {strip.crop(79, 80).text[:1] for strip in lab.app.screen._compositor.render_strips()}
        assert (kitty.PLACEHOLDER in ends) == (not multiplexer)


@SIZE
async def test_a_link_that_turns_out_to_be_thin_gets_cells_and_keeps_them(
    open_lab: OpenLab, terminal: KittyModel, front: Any
) -> None:
    async with open_lab(prompt="a fox") as lab:
        await paint(lab)
        await lab.until(lambda: cells(lab))
        lab.app.link.learn(20_000, 1.0)
        await lab.until(lambda: lab.app.choice.way == "cells" and not cells(lab))
        assert "over a thin link" in lab.app.choice.reason
        assert not terminal.images
        lab.app.link.forget()
        await lab.press("ctrl+l")
        await lab.until(lambda: any("Shown in kitty" in note for note in lab.notes))
        assert lab.app.choice.way == "cells"
