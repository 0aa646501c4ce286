"""``sdxl-tui models convert``: make safetensors of a model that has pickles only."""

from __future__ import annotations

import argparse
import json

from sdxl_tui.cli.byte_bar import ByteBar
from sdxl_tui.cli.models import as_json, wanted_models
from sdxl_tui.cli.printing import print_line
from sdxl_tui.cli.progress import interrupts_as_keyboard
from sdxl_tui.core import paths
from sdxl_tui.core.check import check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size
from sdxl_tui.engine import convert_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="id, name or part of one")
    parser.add_argument("--json", action="store_true", help="print what came of it as JSON, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Convert one model, and say where it lies now."""
    [model] = wanted_models([arguments.model], load_catalogue())
    if model.file is not None:
        raise UserError(f"{model.name} is a single file of safetensors: there is nothing to convert.")
    told: list[str] = []
    with interrupts_as_keyboard(), ByteBar() as bar:

        def tell(part: str, done: int, total: int) -> None:
            if told[-1:] != [part]:
                told.append(part)
                bar.begin(part, total, done)
            bar.reach(done)

        folder = convert_model(model, tell)
    report = check_model(model)
    if arguments.json:
        print(json.dumps(as_json(report), indent=2))
    else:
        name, size = one_line(model.name), shown_size(report.size_bytes)
        print_line(f"● {name} is ready: {size} of safetensors in {one_line(paths.shown(folder))}.")
    return 0
