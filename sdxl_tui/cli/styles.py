"""``sdxl-tui styles``: the styles, what one would send, and the import of other programs' styles."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from sdxl_tui.cli.printing import fitted, padded, print_line, terminal_width
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.style_import import NEW, SAME, Candidate, candidates, take
from sdxl_tui.core.style_sets import find_style
from sdxl_tui.core.style_sheets import Sheet, read_sheet
from sdxl_tui.core.styles import Style, load_styles, own_folder, style_folders
from sdxl_tui.core.text import one_line

ACTIONS = ("list", "show", "import")
LABEL_CELLS = 16
GAP = "  "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", nargs="?", default="list", metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument(
        "names", nargs="*", metavar="STYLE|FILE", help="show: 'cinematic + film'; import: styles.csv, Fooocus' JSON"
    )
    parser.add_argument("--prompt", metavar="TEXT", default="", help="show: what would be sent for this prompt")
    parser.add_argument("--negative", metavar="TEXT", default="", help="show: and for this negative prompt")
    parser.add_argument("--skip-taken", action="store_true", help="import: leave out styles whose name is taken")
    parser.add_argument("--dry-run", action="store_true", help="import: tell what would be done, and do nothing")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def run(arguments: argparse.Namespace) -> int:
    """List, show or import."""
    styles, problems = load_styles()
    for problem in problems:
        _warn(problem)
    match arguments.action:
        case "list":
            _list(styles, as_json=arguments.json)
        case "show":
            if not arguments.names:
                raise UserError("Which style? `sdxl-tui styles` lists them.")
            style = find_style(" ".join(arguments.names), styles)
            _show(style, arguments.prompt, arguments.negative, as_json=arguments.json)
        case "import":
            return _import(arguments, styles)
        case action:
            raise UserError(f"There is no action '{action}'; there are {', '.join(ACTIONS)}.")
    return 0


def _list(styles: dict[str, Style], *, as_json: bool) -> None:
    own = load_styles(style_folders()[-1:])[0]
    shipped = load_styles(style_folders()[:1])[0]
    whose = {identity: _whose(identity in own, identity in shipped) for identity in styles}
    if as_json:
        print(json.dumps([_as_json(style) | {"whose": whose[style.id]} for style in styles.values()], indent=2))
        return
    rows = [(one_line(style.name), whose[style.id], style) for style in styles.values()]
    widths = [max(map(cell_len, column)) for column in zip(*((name, owner) for name, owner, _ in rows), strict=True)]
    for name, owner, style in rows:
        brings = [str(style.steps)] if style.steps is not None else []
        brings += [SCHEDULERS[style.scheduler].name] if style.scheduler else []
        about = one_line(style.description) or one_line(style.prompt)
        line = [padded(name, widths[0]), padded(owner, widths[1]), padded(" · ".join(brings), 20), about]
        print_line(fitted(GAP.join(line).rstrip(), terminal_width()))


def _whose(own: bool, shipped: bool) -> str:
    return ("replaced" if shipped else "yours") if own else "shipped"


def _as_json(style: Style) -> dict[str, Any]:
    fields = ("id", "name", "description", "prompt", "negative", "scheduler", "steps", "guidance")
    return {field: getattr(style, field) for field in fields}


def _show(style: Style, prompt: str, negative: str, *, as_json: bool) -> None:
    sent = {
        "styled_prompt": style.styled_prompt(prompt),
        "styled_negative_prompt": style.styled_negative_prompt(negative),
    }
    if as_json:
        print(json.dumps(_as_json(style) | sent, indent=2))
        return
    rows = {
        "name": style.name,
        "description": style.description,
        "adds": style.prompt,
        "keeps out": style.negative,
        "prompt sent": sent["styled_prompt"] if prompt else "",
        "negative sent": sent["styled_negative_prompt"] if negative else "",
        "scheduler": SCHEDULERS[style.scheduler].name if style.scheduler else "",
        "steps": "" if style.steps is None else str(style.steps),
        "guidance": "" if style.guidance is None else f"{style.guidance:g}",
    }
    for label, value in rows.items():
        if value:
            print_line(padded(label, LABEL_CELLS) + one_line(value))


def _import(arguments: argparse.Namespace, styles: dict[str, Style]) -> int:
    """Write what is new to the user's folder; print the name of each style that came in, and tell the rest."""
    if not arguments.names:
        raise UserError("Which file? `sdxl-tui styles import styles.csv` reads A1111's, or Fooocus' JSON.")
    sheets: list[Sheet] = []
    for name in arguments.names:
        sheet = read_sheet(Path(name).expanduser())
        for sentence in (*sheet.notes, *sheet.problems):
            _warn(f"{Path(name).name}: {sentence}")
        sheets.append(sheet)
    found = candidates([sheet.styles for sheet in sheets], styles)
    chosen = [each for each in found if each.mark == NEW or (each.mark != SAME and not arguments.skip_taken)]
    problem = "" if arguments.dry_run else _taken(chosen, styles)
    if arguments.json:
        print(json.dumps([_told(each, each in chosen) for each in found], indent=2))
    else:
        for each in chosen:
            renamed = f"  (the name {each.name} is taken)" if each.own_name != each.name else ""
            print_line(one_line(f"{each.own_name}{renamed}"))
        _warn(_summary(found, chosen, dry=arguments.dry_run))
    if problem:
        raise UserError(problem)
    return 0


def _taken(chosen: Sequence[Candidate], styles: dict[str, Style]) -> str:
    result = take(chosen, styles)
    return f"{len(result.styles)} of {len(chosen)} are imported. {result.problem}" if result.problem else ""


def _told(candidate: Candidate, is_chosen: bool) -> dict[str, Any]:
    mark = {"mark": candidate.mark, "imported_as": candidate.own_name if is_chosen else None}
    return {**candidate.values, **mark}


def _summary(found: Sequence[Candidate], chosen: Sequence[Candidate], *, dry: bool) -> str:
    same = sum(each.mark == SAME for each in found)
    left_out = len(found) - len(chosen) - same
    done = "would be imported" if dry else "imported"
    parts = [f"{len(chosen)} of {len(found)} {done} to {own_folder()}"]
    parts += [f"{same} {'is' if same == 1 else 'are'} here already"] if same else []
    parts += [f"{left_out} left out, as their names are taken"] if left_out else []
    return "; ".join(parts) + "."


def _warn(sentence: str) -> None:
    print(f"sdxl-tui: {one_line(sentence)}", file=sys.stderr)
