"""``sdxl-tui models``: the models, where they lie and what is wrong with them."""

from __future__ import annotations

import argparse
import io
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sdxl_tui.core import paths
from sdxl_tui.core.check import ABSENT, FILE, INCOMPLETE, READY, ModelReport, check_model, remedy, shown_licence
from sdxl_tui.core.checkpoints import missing_folders
from sdxl_tui.core.models import Model, load_catalogue
from sdxl_tui.core.names import find_one
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size

STATES = {READY: ("●", "green"), INCOMPLETE: ("▲", "yellow"), ABSENT: ("□", "dim")}
"""State -> its glyph and the terminal's colour for both."""
WIDEST = 80
INDENT = "  "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help="show this one only: its id, name, or a part of one")
    parser.add_argument("--json", action="store_true", help="print a JSON list, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Check the models and print what was found."""
    asked = [] if arguments.model is None else [arguments.model]
    reports = [check_model(model) for model in wanted_models(asked, load_catalogue())]
    for problem in missing_folders(load_settings().checkpoint_dir):
        print(f"sdxl-tui: {problem}", file=sys.stderr)
    if arguments.json:
        print(json.dumps([as_json(report) for report in reports], indent=2))
    else:
        print_reports(reports)
    return 0


def wanted_models(asked: Sequence[str], catalogue: Mapping[str, Model]) -> list[Model]:
    """The models that a command line names, each once; all of them, if it names none."""
    names = {model.id: model.name for model in catalogue.values()}
    ids = [find_one(text, names, "model") for text in asked] if asked else list(catalogue)
    return [catalogue[identity] for identity in dict.fromkeys(ids)]


def as_json(report: ModelReport) -> dict[str, Any]:
    """What programs are told of a model."""
    model = report.model
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "state": report.state,
        "problems": list(report.problems),
        "source": report.source,
        "folder": str(report.folder) if report.folder and report.source != FILE else None,
        "file": str(model.file) if model.file else None,
        "revision": report.revision,
        "size_bytes": report.size_bytes,
        "defaults": {
            "steps": model.steps,
            "guidance_scale": model.guidance,
            "width": model.width,
            "height": model.height,
            "scheduler": model.scheduler,
        },
        "licence": shown_licence(report),
        "heavy": model.heavy,
    }


def print_reports(reports: Sequence[ModelReport]) -> None:
    """Print the list for people."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # A terminal that has no ● gets a ?.
    console = Console(highlight=False)
    width = min(console.width, WIDEST)
    for number, report in enumerate(reports):
        if number:
            console.print()
        console.print(_heading(report, width), soft_wrap=True)
        for line, style in _details(report):
            # A pipe gets each sentence on one line, for grep.
            for row in _rows(line, width) if console.is_terminal else [line]:
                console.print(Text(INDENT + row, style), soft_wrap=True)


def _heading(report: ModelReport, width: int) -> Text:
    """Glyph and name at the left, state and the size of what would be read at the right."""
    glyph, style = STATES[report.state]
    name = one_line(report.model.name)
    right = f"{shown_size(report.size_bytes)}  {READY}" if report.state == READY and report.size_bytes else report.state
    gap = max(2, width - cell_len(glyph + name + right) - 1)
    return Text.assemble((glyph, style), " ", (name, "bold"), " " * gap, (right, style))


def _details(report: ModelReport) -> Iterator[tuple[str, str]]:
    """The lines below the heading, with the style of each."""
    model = report.model
    scheduler = SCHEDULERS[model.scheduler].name
    size = model.size.replace("x", "×")
    yield one_line(model.id), ""
    if model.description:
        yield one_line(model.description), "dim"
    yield f"{model.steps} steps · guidance {model.guidance:g} · {size} · {scheduler}", "dim"
    yield f"{report.source} · licence: {one_line(shown_licence(report))}", "dim"
    if report.place:
        yield one_line(paths.shown(report.place)), "dim"
    for problem in report.problems:
        yield f"{STATES[report.state][0]} {one_line(problem)}", STATES[report.state][1]
    if command := remedy(report):
        yield one_line(command), "bold"


def _rows(line: str, width: int) -> list[str]:
    """A line in as many rows as it needs; a long path stays whole, to be copied."""
    room = max(20, width - len(INDENT))
    hanging = INDENT if line.startswith(tuple(glyph for glyph, _ in STATES.values())) else ""
    return textwrap.wrap(line, room, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
