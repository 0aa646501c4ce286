"""The painter by itself: the fewest bytes, in the right order, and never behind a slow terminal."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from sdxl_tui.tui.link import QUICK, Link
from sdxl_tui.tui.painting.areas import PictureAreas
from sdxl_tui.tui.painting.extras import Extras, Laid, Parcel
from sdxl_tui.tui.painting.painted import Painted
from sdxl_tui.tui.painting.painter import Painter
from tests.tui.emulated import Emulator

RED, BLUE = Style.parse("#ff0000 on #000010"), Style.parse("bold #0000ff on #000010")
COLUMNS, ROWS = 60, 12
PICTURE = (20, 2, 60, 12)


class Bench:
    """A painter on an emulated terminal, with a clock that stands still."""

    def __init__(self, setting: str | int = "auto") -> None:
        self.now = 100.0
        self.terminal = Emulator(COLUMNS, ROWS)
        self.link = Link(setting, lambda: self.now)
        self.timers: list[tuple[float, Callable[[], None]]] = []
        later = lambda seconds, call: self.timers.append((self.now + seconds, call))  # noqa: E731
        self.painter = Painter(self.terminal, self.link, ColorSystem.TRUECOLOR, later)
        self.painter.begin(COLUMNS, ROWS)
        self.whole([[Segment(" " * COLUMNS, RED)]] * ROWS)
        self.finish()

    def whole(self, rows: list[list[Segment]]) -> None:
        """Another layout."""
        self.painter.take_whole((y, 0, segments) for y, segments in enumerate(rows))
        self.painter.pump()

    def part(self, y: int, x: int, text: str, style: Style = RED) -> None:
        """What a key changes."""
        self.painter.take_parts([(y, x, [Segment(text, style)])])
        self.painter.pump()

    def picture(self, seed: int) -> None:
        """Another picture in the picture's place, each cell with colours of its own."""
        self.painter.areas = PictureAreas([(PICTURE, True)])
        left, top, right, bottom = PICTURE
        rows = []
        for y in range(top, bottom):
            colours = [(x * 4 % 256, y * 20 % 256, (seed + x * y) % 256) for x in range(left, right)]
            cells = [Segment("▀", Style(color=f"rgb{c}".replace(" ", ""), bgcolor="#101010")) for c in colours]
            rows.append((y, left, cells))
        self.painter.take_parts(rows)
        self.painter.pump()

    def finish(self, seconds: float = 1e9) -> None:
        """Let time pass until all is sent, or so many seconds."""
        end = self.now + seconds
        while self.painter.is_behind and self.now < end:
            self.painter.pump()
            due, self.timers = self.timers, []
            for at, call in due:
                self.now = max(self.now, at)
                call()


def test_a_letter_is_a_few_bytes_and_the_same_again_none() -> None:
    bench = Bench()
    bench.terminal.bytes = 0
    bench.part(3, 5, "a")
    assert bench.terminal.text.splitlines()[3][5] == "a"
    assert 0 < bench.terminal.bytes < 30
    bench.terminal.bytes = 0
    bench.part(3, 5, "a")
    assert bench.terminal.bytes == 0
    bench.part(3, 6, "b")
    assert bench.terminal.bytes == 1


def test_a_blank_has_no_colour_of_its_own() -> None:
    bench = Bench()
    bench.terminal.bytes = 0
    bench.part(3, 5, "   ", BLUE)
    assert bench.terminal.bytes == 0
    bench.part(3, 5, " ", BLUE + Style(underline=True))
    assert bench.terminal.screen.buffer[3][5].underscore


def test_only_the_codes_that_change() -> None:
    bench = Bench()
    bench.part(3, 5, "a", RED)
    bench.terminal.sent.clear()
    bench.part(3, 6, "b", BLUE)
    assert bench.terminal.sent == ["\x1b[1;38;2;0;0;255mb"]
    bench.terminal.sent.clear()
    bench.part(3, 7, "c", RED)
    assert bench.terminal.sent == ["\x1b[22;38;5;196mc"]


@pytest.mark.parametrize("text", ["日本", "e\u0301x", "👍🏽 ok", "☺️ x", "a\x1b[31mb\x07c"])
def test_odd_characters_leave_their_neighbours_alone(text: str) -> None:
    bench = Bench()
    bench.part(3, 20, "after")
    bench.part(3, 5, text)
    assert "after" in bench.terminal.text
    assert not any("\x1b[31m" in sent or "\x07" in sent for sent in bench.terminal.sent)
    bench.part(3, 5, " " * 10)
    assert bench.terminal.text.splitlines()[3].split() == ["after"]


def test_half_a_wide_character_leaves_a_blank() -> None:
    bench = Bench()
    bench.part(3, 5, "日本")
    bench.part(3, 6, "x")
    assert bench.terminal.text.splitlines()[3][:8] == "      x本"
    bench.part(3, 5, "日")
    assert "日本" in bench.terminal.text.replace("日 ", "日")


def test_while_the_terminal_is_behind_updates_only_change_what_is_wanted() -> None:
    bench = Bench()
    bench.terminal.is_free = False
    bench.terminal.sent.clear()
    for letter in "quick":
        bench.part(3, 5, letter)
    assert bench.terminal.sent == []
    bench.terminal.is_free = True
    bench.painter.pump()
    assert bench.terminal.text.splitlines()[3][5] == "k"
    assert "q" not in "".join(bench.terminal.sent)


def test_words_go_before_pictures_and_between_their_pieces() -> None:
    bench = Bench(5_000)
    bench.picture(1)
    bench.finish(0.5)
    assert bench.painter.is_behind
    bench.part(0, 0, "typed")
    assert bench.terminal.text.startswith("typed")
    assert bench.painter.is_behind
    bench.finish()
    assert bench.terminal.text.count("▀") == (PICTURE[2] - PICTURE[0]) * (PICTURE[3] - PICTURE[1])


def test_a_thin_link_is_sent_no_more_than_it_takes() -> None:
    bench = Bench(5_000)
    bench.terminal.bytes, began = 0, bench.now
    bench.picture(1)
    while bench.painter.is_behind:
        bench.finish(0.2)
        assert bench.terminal.bytes <= 5_000 * (bench.now - began) + 1_500
    assert bench.now - began < 1.3 * bench.terminal.bytes / 5_000 + 0.5


def test_a_picture_that_is_replaced_is_not_sent_to_its_end() -> None:
    bench = Bench(5_000)
    bench.picture(1)
    bench.finish(0.2)
    bench.terminal.bytes = 0
    bench.picture(2)
    bench.finish()
    once = bench.terminal.bytes
    other = Bench(5_000)
    other.terminal.bytes = 0
    other.picture(2)
    other.finish()
    assert once <= other.terminal.bytes * 1.1
    assert bench.terminal.text == other.terminal.text


def test_a_quick_link_is_sent_all_at_once() -> None:
    bench = Bench()
    began = bench.now
    bench.picture(1)
    bench.finish()
    assert bench.now - began < 0.2
    assert not bench.link.is_thin


def test_data_goes_in_pieces_and_what_has_not_begun_is_replaced() -> None:
    bench, ended = Bench(5_000), []
    bench.painter.extras.send("one", Parcel([f"\x1b]9;{n}{'x' * 400}\x07" for n in range(5)], lambda: ended.append(1)))
    bench.painter.extras.send("two", Parcel(["\x1b]9;old\x07"], lambda: ended.append(2)))
    bench.painter.extras.send("two", Parcel(["\x1b]9;new\x07"], lambda: ended.append(3)))
    while ";0x" not in "".join(bench.terminal.sent):
        bench.finish(0.02)
    bench.part(0, 0, "typed")
    assert bench.terminal.text.startswith("typed")
    assert ended == []
    bench.finish()
    sent = "".join(bench.terminal.sent)
    assert ended == [1, 3]
    assert "old" not in sent
    assert sent.index(";0x") < sent.index("typed") < sent.index(";4x") < sent.index("new")


def test_a_laid_picture_is_sent_again_when_a_cell_of_it_was_painted() -> None:
    bench = Bench()
    bench.painter.extras.lay("sixel", Laid((20, 2, 60, 12), "\x1bPq#data\x1b\\"))
    bench.painter.pump()
    data = lambda: "".join(bench.terminal.sent).count("#data")  # noqa: E731
    bench.finish()
    assert data() == 1
    bench.part(0, 0, "beside")
    bench.finish()
    assert data() == 1
    bench.part(5, 30, "over")
    bench.finish()
    assert data() == 2
    bench.terminal.sent.clear()
    area = bench.painter.extras.lift("sixel")
    bench.painter.forget(area)
    bench.finish()
    assert "over" in "".join(bench.terminal.sent)
    assert data() == 0


def test_a_link_learns_from_a_backlog_only_and_recovers() -> None:
    bench = Bench()
    told: list[float | None] = []
    bench.link.watch(lambda: told.append(bench.link.rate))
    bench.link.learn(5_000_000, 1)
    assert bench.link.rate is None
    bench.link.learn(20_000, 1)
    assert bench.link.is_thin
    assert 15_000 < bench.link.budget <= 20_000
    assert len(told) == 1
    for _ in range(100):
        bench.now += 1
        bench.link.send(1_000, pictures=True)
    assert bench.link.rate is None
    assert bench.link.budget == QUICK


def test_a_picture_that_is_dropped_in_the_middle_is_ended_and_nobody_is_told() -> None:
    extras, told = Extras(), []
    extras.send("picture", Parcel(["a1", "a2", "a3"], lambda: told.append("a"), "end"))
    assert extras.next_piece() == "a1"
    extras.send("picture", Parcel(["b1"], lambda: told.append("b"), "end"))
    assert [extras.next_piece() for _ in range(3)] == ["end", "b1", None]
    assert told == ["b"]
    extras.send("picture", Parcel(["c1", "c2"], lambda: told.append("c"), "end"))
    extras.drop("picture")
    assert extras.next_piece() is None
    assert told == ["b"]


def test_cells_of_pictures_that_a_terminal_dropped_are_sent_again_when_pictures_are_forgotten() -> None:
    bench = Bench()
    bench.painter.areas = PictureAreas([(PICTURE, True)])
    bench.picture(1)
    bench.finish()
    _, top, right, _ = PICTURE
    whole = bench.terminal.screen.display
    bench.terminal.write(f"\x1b[{top + 1};{right}H!")
    assert bench.terminal.screen.display != whole
    Painted.forget_pictures(SimpleNamespace(painter=bench.painter))  # type: ignore[arg-type]
    bench.painter.pump()
    bench.finish()
    assert bench.terminal.screen.display == whole
