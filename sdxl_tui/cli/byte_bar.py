"""How far something with bytes has come, on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Column

from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_share, shown_size

TENTHS = 10
"""Plain lines for one thing."""


class ByteBar:
    """One thing after the other, each with its own bytes."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=24),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not self._is_terminal,
        )
        self._task = self._progress.add_task("", total=None)
        self._what, self._total, self._told = "", 0, 0

    def __enter__(self) -> ByteBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """Name the next thing; ``done`` of its bytes are there already and count for no speed."""
        self._what, self._total = one_line(what), total
        self._told = done * TENTHS // max(1, total)
        self._progress.reset(self._task, description=self._what, total=total, completed=done)
        if not self._is_terminal:
            self._print(f"{self._what}: {shown_share(done, total) if done else shown_size(total)}")

    def describe(self, what: str) -> None:
        """Give it another name, in the midst of it."""
        self._what = one_line(what)
        self._progress.update(self._task, description=self._what)

    def reach(self, done: int) -> None:
        """Say how many bytes of it are done."""
        if self._is_terminal:
            self._progress.update(self._task, completed=done)
        elif (tenths := done * TENTHS // max(1, self._total)) > self._told:
            self._told = tenths
            self._print(f"{self._what}: {shown_share(done, self._total)}")

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._is_terminal:
            self._progress.console.print(one_line(line), markup=False, highlight=False, soft_wrap=True)
        else:
            self._print(one_line(line))

    def _print(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
