"""``sdxl-tui jobs``: the last jobs of jobs.log, or the last that fit a search, a line each."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from sdxl_tui.cli.parser import add_place_options
from sdxl_tui.cli.printing import fitted, padded, print_line, print_record, terminal_width
from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.query import FIELDS, Query, parse_query
from sdxl_tui.core.request import parse_whole
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.text import one_line

DEFAULT_COUNT = "20"
GAP = "  "
FEWEST_PROMPT_CELLS = 24
"""With less room for the prompt a column goes instead."""

GLYPHS = {"done": "●", "partial": "▲", "failed": "×", "cancelled": "–"}
UNKNOWN_STATUS = "·"

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A part of a job's line."""

    cell: Callable[[Record], str]
    rank: int
    """In a narrow terminal the column with the highest one goes first; one with 0 stays."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-n", metavar="N", default=DEFAULT_COUNT, help="how many, the newest last (default: 20)")
    parser.add_argument("--json", action="store_true", help="print the lines of jobs.log")
    parser.add_argument(
        "query",
        metavar="QUERY",
        nargs="*",
        help=f"only jobs with these words and with FIELD:VALUE ({', '.join(FIELDS)}); what must not be there has a "
        "minus before it: 'fox -blurry since:monday', in quotes",
    )
    add_place_options(parser, log_dir=False)


def run(arguments: argparse.Namespace) -> int:
    """Print the last jobs, oldest first, so that the newest stands above the next command."""
    count = parse_whole("-n", arguments.n)
    if count < 1:
        raise UserError("-n goes from 1.")
    typed = " ".join(arguments.query)
    query = parse_query(typed)
    folder = load_settings({"output_dir": arguments.output_dir}).output_dir
    newest = (
        _found(folder, query, count) if query.terms else list(itertools.islice(joblog.read_backwards(folder), count))
    )
    records = newest[::-1]
    if arguments.json:
        for record in records:
            print_record(record)
    elif records:
        for line in job_lines(records, terminal_width()):
            print_line(line)
    else:
        log = one_line(str(folder / joblog.NAME))
        print(f"No job in {log} fits: {one_line(typed)}" if query.terms else f"No jobs in {log} yet.", file=sys.stderr)
    return 0


def _found(folder: Path, query: Query, count: int) -> list[dict[str, Any]]:
    """The last jobs that fit, newest first."""
    from sdxl_tui.core.index import Index

    index = Index(folder)
    with _reading() as tell:
        index.follow(tell)
    found = index.search(query, count=count)
    if index.problem:
        print(f"sdxl-tui: {one_line(index.problem)}", file=sys.stderr)
    return [job.record for job in found]


@contextmanager
def _reading() -> Iterator[Callable[[float], None]]:
    """Say on the terminal how much of a long log is read; a short one is read before anybody could read that."""
    shown = sys.stderr.isatty()
    yield lambda share: print(f"\rreading {joblog.NAME}: {share:4.0%}", end="", file=sys.stderr) if shown else None
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr)


def job_lines(records: Sequence[Record], width: int | None) -> list[str]:
    """Return a line for each job, none wider than ``width`` cells."""
    columns = _columns_that_fit(records, width)
    widths = [max(cell_len(column.cell(record)) for record in records) for column in columns]
    return [
        fitted(
            GAP.join(
                [
                    *(padded(column.cell(record), cells) for column, cells in zip(columns, widths, strict=True)),
                    _words(record),
                ]
            ).rstrip(),
            width,
        )
        for record in records
    ]


def _columns_that_fit(records: Sequence[Record], width: int | None) -> list[Column]:
    columns = [column for column in COLUMNS if any(column.cell(record) for record in records)]
    if width is None:
        return columns
    while len(columns) > 1 and _cells(columns, records) + FEWEST_PROMPT_CELLS > width:
        columns.remove(max(columns, key=lambda column: column.rank))
    return columns


def _cells(columns: Sequence[Column], records: Sequence[Record]) -> int:
    return sum(max(cell_len(column.cell(record)) for record in records) + len(GAP) for column in columns)


def _shown(record: Record, key: str) -> str:
    value = record.get(key)
    return "" if value is None else one_line(str(value))


def _glyph(record: Record) -> str:
    # The old lab logged what it had made, without a status.
    status = record.get("status", "failed" if record.get("error") else "done")
    return GLYPHS.get(str(status), UNKNOWN_STATUS)


def _time(record: Record) -> str:
    return _shown(record, "timestamp")[: len("2026-11-23T17:49")].replace("T", " ")


def _model(record: Record) -> str:
    return _shown(record, "model_name") or _shown(record, "model").rsplit("/", 1)[-1]


def _size(record: Record) -> str:
    width, height = _shown(record, "width"), _shown(record, "height")
    return f"{width}×{height}" if width and height else ""


def _steps(record: Record) -> str:
    steps = _shown(record, "steps")
    return f"{steps} steps" if steps else ""


def _seed(record: Record) -> str:
    seed = _shown(record, "seed")
    return f"seed {seed}" if seed else ""


def _words(record: Record) -> str:
    """Why it failed comes before its prompt, which may be cut."""
    return " · ".join(part for part in (_shown(record, "error"), _shown(record, "prompt")) if part)


COLUMNS = (
    Column(_glyph, 0),
    Column(_time, 6),
    Column(lambda record: _shown(record, "job_id"), 1),
    Column(_model, 2),
    Column(_size, 3),
    Column(_steps, 5),
    Column(_seed, 4),
)
