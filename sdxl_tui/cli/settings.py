"""``sdxl-tui settings``: the settings and keys, where each comes from, and how to change them."""

from __future__ import annotations

import argparse
import io
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sdxl_tui.cli import settings_keys
from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.names import find_one
from sdxl_tui.core.setting_changes import forget_setting, write_setting
from sdxl_tui.core.setting_specs import DEFAULT, FLAG, Standing, setting_specs, shown_value, standings
from sdxl_tui.core.settings import settings_file
from sdxl_tui.core.text import one_line

ACTIONS = ("list", "keys", "get", "set", "reset")
WIDEST = 100
INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", nargs="?", default="list", metavar="ACTION", help=f"{', '.join(ACTIONS)}")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the setting, or a part of it; of a key: keys.…")
    parser.add_argument("value", nargs="?", metavar="VALUE", help="for `set`")
    parser.add_argument("--json", action="store_true", help="print a JSON list, for programs")


def run(arguments: argparse.Namespace) -> int:
    """List, tell, write or take out."""
    match arguments.action:
        case "list":
            _list(as_json=arguments.json)
            settings_keys.complain_of_keys()
        case "keys":
            settings_keys.list_keys(as_json=arguments.json)
        case "get" if settings_keys.is_key(arguments.name):
            settings_keys.get_key(arguments.name)
        case "set" if settings_keys.is_key(arguments.name):
            settings_keys.set_key(arguments.name, arguments.value)
        case "reset" if settings_keys.is_key(arguments.name):
            settings_keys.reset_key(arguments.name)
        case "get":
            _print_one(_standing(_named(arguments)), as_json=arguments.json)
        case "set":
            name = _named(arguments)
            if arguments.value is None:
                raise UserError(f"Which value? {name} takes {setting_specs()[name].kind.told()}.")
            write_setting(name, arguments.value)
            _tell(name, f"written to {paths.shown(settings_file())}", as_json=arguments.json)
        case "reset":
            name = _named(arguments)
            was_there = forget_setting(name)
            what = "taken out of" if was_there else "is not in"
            _tell(name, f"{what} {paths.shown(settings_file())}", as_json=arguments.json)
        case action:
            raise UserError(f"There is no action '{action}'; there are {', '.join(ACTIONS)}.")
    return 0


def _named(arguments: argparse.Namespace) -> str:
    if arguments.name is None:
        raise UserError(f"Which setting? There are {', '.join(sorted(setting_specs()))}.")
    return find_one(arguments.name, {name: name for name in setting_specs()}, "setting")


def _standing(name: str) -> Standing:
    found, problem = standings()
    if problem:
        print(f"sdxl-tui: {one_line(problem)}", file=sys.stderr)
    return next(standing for standing in found if standing.spec.name == name)


def _print_one(standing: Standing, *, as_json: bool) -> None:
    if standing.problem:
        print(f"sdxl-tui: {one_line(standing.problem)}", file=sys.stderr)
    print(json.dumps(_as_json(standing), indent=2) if as_json else one_line(str(standing.value)))


def _tell(name: str, done: str, *, as_json: bool) -> None:
    standing = _standing(name)
    if as_json:
        _print_one(standing, as_json=True)
        return
    value = shown_value(standing.value) or '""'
    print(one_line(f"{name} = {value}, {done}"))
    if standing.is_overridden:
        print(f"sdxl-tui: {standing.holder()} overrides it now.", file=sys.stderr)


def _as_json(standing: Standing) -> dict[str, Any]:
    spec = standing.spec
    return {
        "name": spec.name,
        "value": _plain(standing.value),
        "source": standing.source,
        "from": None if standing.source in (DEFAULT, FLAG) else standing.holder(),
        "default": _plain(spec.default),
        "written": _plain(standing.written),
        "values": spec.kind.told(),
        "takes_effect": spec.effect.words,
        "group": spec.group.name,
        "meaning": spec.meaning,
        "problem": standing.problem or None,
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _list(*, as_json: bool) -> None:
    found, problem = standings()
    for sentence in [problem, *(standing.problem for standing in found)]:
        if sentence:
            print(f"sdxl-tui: {one_line(sentence)}", file=sys.stderr)
    if as_json:
        print(json.dumps([_as_json(standing) for standing in found], indent=2))
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    width = min(console.width, WIDEST)
    group = ""
    for standing in found:
        spec = standing.spec
        if spec.group.name != group:
            if group:
                console.print()
            group = spec.group.name
            console.print(Text(group, "bold"))
        value = one_line(shown_value(standing.value)) or '""'
        source = "" if standing.source == DEFAULT else one_line(standing.holder())
        gap = max(2, width - cell_len(f"  {spec.name:<16} {value}{source}"))
        row = Text.assemble("  ", (f"{spec.name:<16} ", ""), (value, "bold"), " " * gap, (source, "dim"))
        row.rstrip()
        console.print(row, soft_wrap=True)
        rows = textwrap.wrap(spec.meaning, width - len(INDENT)) if console.is_terminal else [spec.meaning]
        for line in rows:
            console.print(Text(INDENT + line, "dim"), soft_wrap=True)
