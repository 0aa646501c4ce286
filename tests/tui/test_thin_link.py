"""A thin link, with a real pseudo-terminal: what is typed is there before a picture is whole."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

from tests.bench.fake_lab import FakeLab

COLUMNS, ROWS = 120, 40
RATE = 20_000
WAIT = 90


class SlowReader(threading.Thread):
    """Reads what the lab writes, some thousand bytes a second, into an emulated terminal."""

    def __init__(self, lab: FakeLab) -> None:
        super().__init__(daemon=True)
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.screen.set_mode(7 << 5)
        self._stream = pyte.ByteStream(self.screen)
        self._terminal = lab.child.terminal
        self.rate: float | None = None
        """None: as fast as it comes."""
        self.bytes = 0
        self.changed = threading.Condition()
        self.ends = False

    def run(self) -> None:
        """Read until the end."""
        while not self.ends:
            if not select.select([self._terminal], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._terminal, 65536 if self.rate is None else int(self.rate / 40))
            except OSError:
                return
            with self.changed:
                self.bytes += len(data)
                self._stream.feed(data)
                self.changed.notify_all()
            if self.rate is not None:
                time.sleep(len(data) / self.rate)  # The link's own time, not a wait for anything.

    def until(self, condition: Callable[[], object], seconds: float = WAIT) -> None:
        """Wait until the screen is so."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), "\n".join(self.screen.display)

    @property
    def text(self) -> str:
        """What stands there."""
        return "\n".join(self.screen.display)

    def pictured(self) -> list[tuple[str, str]]:
        """The colours of all picture cells."""
        cells = [self.screen.buffer[y][x] for y in range(3, ROWS - 3) for x in range(50, COLUMNS)]
        return [(cell.fg, cell.bg) for cell in cells if "\u2580" <= (cell.data or " ") <= "\u259f"]


@contextmanager
def watched(folder: Path, *settings: str) -> Iterator[tuple[FakeLab, SlowReader]]:
    """The lab with a first picture on its screen, read as fast as it comes."""
    lab = FakeLab(folder, "colours=truecolor", *settings, columns=COLUMNS, rows=ROWS)
    reader = SlowReader(lab)
    reader.start()
    try:
        reader.until(lambda: "generate 1" in reader.text)
        lab.child.type(b"\r")
        reader.until(lambda: "1 waiting" in reader.text)
        lab.order("finish")
        reader.until(lambda: len(reader.pictured()) > 1000)
        yield lab, reader
    finally:
        reader.ends = True
        lab.child.end()


def settled(reader: SlowReader) -> None:
    """Wait until nothing comes any more."""
    while True:
        with reader.changed:
            if not reader.changed.wait_for(lambda before=reader.bytes: reader.bytes != before, 1.0):
                return


@pytest.mark.parametrize("setting", ["auto", "20000"])
def test_keys_are_never_behind_a_picture(tmp_path: Path, setting: str) -> None:
    with watched(tmp_path, f"link_bytes={setting}") as (lab, reader):
        settled(reader)
        before = reader.pictured()
        reader.rate = RATE
        lab.child.type(b"\r")
        reader.until(lambda: "1 waiting" in reader.text)
        lab.order("end")
        reader.until(lambda: reader.pictured() != before)
        lab.child.type(b"QUICKLY")
        reader.until(lambda: "QUICKLY" in reader.text)
        halfway = reader.pictured()
        settled(reader)
        after = reader.pictured()
        assert halfway != after, "the picture was whole before the letters came"
        assert ("The link takes" in reader.text) == (setting == "auto"), "whoever set the rate knows it"
        assert after != before
