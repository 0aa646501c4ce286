"""``sdxl-tui bench``: measure this machine, beside stock diffusers in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sdxl_tui.cli.printing import fitted, print_line, terminal_width
from sdxl_tui.core import events_log
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.names import find_one
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.text import one_line

if TYPE_CHECKING:
    from sdxl_tui.engine import BenchEvent, Figure, Machine, Measured, SectionEnded

PIPE_WIDTH = 200
"""Columns where the output is no terminal."""
ROOMY_WIDTH = 150
"""Columns that leave room for the spread of each figure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--model", metavar="ID", help="the model to measure (default: the first one that is ready)")
    parser.add_argument(
        "--random-weights", action="store_true", help="measure the full-size SDXL with random weights; needs a GPU"
    )
    parser.add_argument("--keep", action="store_true", help="leave the random weights (6.5 GiB) in the cache folder")
    parser.add_argument("--quick", action="store_true", help="fewer sizes, each measured less often")
    parser.add_argument("--only", metavar="NAME,NAME", default="", help="measure these sections only")
    parser.add_argument("--json", action="store_true", help="print one JSON object with every figure, at the end")
    parser.add_argument("--log-dir", metavar="DIR", help="app_events.log (default: logs)")


def run(arguments: argparse.Namespace) -> int:
    """Print each table as it is measured; return 1 when something could not be measured, or is not as it should be."""
    from sdxl_tui.cli.progress import interrupts_as_keyboard
    from sdxl_tui.engine import BenchOptions, run_bench

    settings = load_settings({"log_dir": arguments.log_dir})
    if arguments.random_weights and arguments.model is not None:
        raise UserError("--random-weights stands in for a model: leave --model out.")
    if arguments.keep and not arguments.random_weights:
        raise UserError("--keep says nothing without --random-weights.")
    model = None
    if arguments.model is not None:
        catalogue = load_catalogue()
        model = catalogue[find_one(arguments.model, {i: row.name for i, row in catalogue.items()}, "model")]
    only = tuple(name.strip() for name in arguments.only.split(",") if name.strip())
    events_log.configure(settings.log_dir)
    options = BenchOptions(settings, model, arguments.random_weights, arguments.keep, arguments.quick, only)
    report = _Json() if arguments.json else _Tables()
    with interrupts_as_keyboard(), closing(run_bench(options)) as events:
        _tell("getting ready")
        try:
            for event in events:
                _tell("")
                report.take(event)
                _tell(_said(event))
        finally:
            _tell("")
    report.end()
    return 1 if report.problems else 0


def _said(event: BenchEvent) -> str:
    """What goes on, for whoever watches."""
    from sdxl_tui.engine import Measured, SectionBegan

    if isinstance(event, SectionBegan):
        return event.title
    return f"measured: {one_line(event.what)}" if isinstance(event, Measured) else ""


def _tell(text: str) -> None:
    """Put a text in place of the one before, on a terminal; nothing moves by itself, so nothing else is slowed."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{fitted(text, (terminal_width() or 80) - 1)}", end="", file=sys.stderr, flush=True)


class _Tables:
    """A table for each section, printed when it is measured."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._rows: list[Measured] = []
        self._title = ""
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, width=PIPE_WIDTH)

    def take(self, event: BenchEvent) -> None:
        """Show what is known now."""
        from sdxl_tui.engine import Machine, Measured, SectionBegan, SectionEnded

        match event:
            case Machine():
                for line in _machine_lines(event):
                    print_line(line)
            case SectionBegan():
                self._title, self._rows = event.title, []
            case Measured():
                self._rows.append(event)
            case SectionEnded():
                self._print(event)

    def end(self) -> None:
        """All is printed by now."""

    def _print(self, ended: SectionEnded) -> None:
        print_line("")
        self._console.print(Text(f"{self._title}  ({ended.seconds:.0f} s)", "bold"))
        if self._rows:
            self._console.print(_table(self._rows, spread=self._console.width >= ROOMY_WIDTH))
        if ended.problem:
            self.problems.append(ended.problem)
            print_line(f"× {one_line(ended.problem)}")


class _Json:
    """One object, when all is measured."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._object: dict[str, Any] = {"schema": 1, "sections": []}

    def take(self, event: BenchEvent) -> None:
        """Keep what is known now."""
        from sdxl_tui.engine import Machine, Measured, SectionBegan, SectionEnded

        sections = self._object["sections"]
        match event:
            case Machine():
                self._object |= {**event.facts, "notes": list(event.notes)}
            case SectionBegan():
                sections.append({"name": event.name, "title": event.title, "rows": []})
            case Measured():
                sections[-1]["rows"].append(asdict(event))
            case SectionEnded():
                sections[-1] |= {"seconds": event.seconds, "problem": event.problem}
                self.problems += [event.problem] if event.problem else []

    def end(self) -> None:
        """Print it."""
        print(json.dumps(self._object))


def _machine_lines(machine: Machine) -> Iterator[str]:
    facts = machine.facts
    memory = f", {facts['memory_gib']:.0f} GiB" if facts["memory_gib"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if version)
    yield one_line(f"{facts['device']}{memory} · {facts['model']}{' · quick' if facts['quick'] else ''}")
    yield one_line(versions)
    yield from machine.notes


def _table(rows: Sequence[Measured], *, spread: bool) -> Table:
    """A column for each name of a figure; a cell holds the median, and the spread where there is one and room."""
    names = list(dict.fromkeys(figure.name for row in rows for figure in row.figures))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    for name in names:
        table.add_column(Text(name), justify="right")
    for row in rows:
        by_name = {figure.name: _cell(figure, spread=spread) for figure in row.figures}
        what = f"{row.what}: {row.note}" if row.note else row.what
        table.add_row(Text(one_line(what)), *[Text(by_name.get(name, "")) for name in names])
    return table


def _cell(figure: Figure, *, spread: bool) -> str:
    unit = f" {figure.unit}" if figure.unit else ""
    ends = f" ({_number(figure.lowest)}-{_number(figure.highest)})" if spread and figure.count > 1 else ""
    return f"{_number(figure.median)}{unit}{ends}"


def _number(value: float) -> str:
    """Three figures that count: ``0``, ``0.00118``, ``32.5``, ``1024``."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2e}" if abs(value) < 0.001 else f"{value:.3g}"
