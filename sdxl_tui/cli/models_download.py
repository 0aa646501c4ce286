"""``sdxl-tui models download``: fetch models from the Hugging Face hub. The one command that uses the network."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sdxl_tui.cli import hub
from sdxl_tui.cli.byte_bar import ByteBar
from sdxl_tui.cli.hub_errors import RefusedError
from sdxl_tui.cli.models import as_json
from sdxl_tui.cli.printing import print_line
from sdxl_tui.cli.progress import interrupts_as_keyboard
from sdxl_tui.core.check import ABSENT, HUB, INCOMPLETE, READY, ModelReport, check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import NOT_STATED, Model, load_catalogue
from sdxl_tui.core.names import find_one
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("models", nargs="*", metavar="ID", help="id, name or part of one; or any owner/name of the hub")
    parser.add_argument("--all", action="store_true", help="all of the catalogue that are not ready, without asking")
    parser.add_argument("--update", action="store_true", help="fetch what the hub has now, ready or not")
    parser.add_argument("--repair", action="store_true", help="hash what is there, and fetch what is damaged once more")
    parser.add_argument("--dry-run", action="store_true", help="say what would be fetched, and fetch nothing")
    parser.add_argument("--json", action="store_true", help="print what came of it as a JSON list, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Fetch models; 1: the network or the disk stopped it, 2: the hub or the command line refused."""
    models, catalogue = _wanted(arguments), load_catalogue()
    reports = {model.id: check_model(model) for model in models}
    rows: list[dict[str, Any]] = []
    looks_anyway = arguments.update or arguments.repair
    for model in models:
        if reports[model.id].state == READY and not looks_anyway:
            rows.append(_row(reports[model.id], 0))
            _say(arguments, f"● {one_line(model.name)} is ready: there is nothing to fetch.")
    wanted = [model for model in models if reports[model.id].state != READY or looks_anyway]
    code = 0
    if wanted:
        hub.go_online()
        with interrupts_as_keyboard():
            code = _fetch_all(arguments, wanted, catalogue, rows)
    if arguments.json:
        print(json.dumps(rows, indent=2))
    return code


def _fetch_all(
    arguments: argparse.Namespace, models: Sequence[Model], catalogue: dict[str, Model], rows: list[dict[str, Any]]
) -> int:
    try:
        plans, refusals = _plans(models)
        for plan in plans if arguments.repair else ():
            _with_bar(plan, hub.drop_damaged)
        asks = not arguments.models and not arguments.all
        if asks or arguments.dry_run:
            _print_plans(plans)
        if arguments.dry_run:
            rows += [_planned(plan) for plan in plans]
            return 2 if refusals else 0
        if asks and plans and not _agreed(plans):
            return 1
        hub.make_sure_of_room(plans)
        refusals += sum(not _fetched(arguments, plan, catalogue, rows) for plan in plans)
        return 2 if refusals else 0
    except UserError as error:
        return _refuse(error, 1)


def _fetched(
    arguments: argparse.Namespace, plan: hub.Plan, catalogue: dict[str, Model], rows: list[dict[str, Any]]
) -> bool:
    """Fetch one model and say what came of it; False: the hub gave it not."""
    size = plan.missing_bytes
    try:
        _with_bar(plan, hub.fetch)
    except RefusedError as error:
        _refuse(error, 2)
        return False
    report = check_model(plan.model)
    rows.append(_row(report, size))
    name = one_line(report.model.name)
    if report.state != READY:
        raise UserError(f"{name} was fetched and is {report.state}: {' '.join(report.problems)}")
    licence = plan.licence or report.model.licence
    _say(arguments, f"● {name} is ready: {shown_size(report.size_bytes)}, every file checked · licence: {licence}")
    if report.model.id not in catalogue:
        _say(arguments, f'  To have it in the lab, add to models.toml: [[model]] and below it id = "{report.model.id}"')
    return True


def _wanted(arguments: argparse.Namespace) -> list[Model]:
    """The models to look at: those that are named, else those of the catalogue that are not ready."""
    catalogue = load_catalogue()
    if arguments.models:
        found = [_named(text, catalogue) for text in arguments.models]
        return list({model.id: model for model in found}.values())
    if not arguments.all and not (sys.stdin.isatty() and sys.stderr.isatty()) and not arguments.dry_run:
        raise UserError(
            "Which models? Name them (`sdxl-tui models` lists them), or say --all for all that are not ready."
        )
    reports = [check_model(model) for model in catalogue.values() if model.place is None and "/" in model.id]
    missing = [report.model for report in reports if report.state in (ABSENT, INCOMPLETE)]
    if not missing:
        print_line("● All models of the catalogue are ready: there is nothing to fetch.")
    return missing


def _named(text: str, catalogue: dict[str, Model]) -> Model:
    """A model of the catalogue, or any repo of the hub."""
    try:
        model = catalogue[find_one(text, {model.id: model.name for model in catalogue.values()}, "model")]
    except UserError:
        owner, slash, name = text.strip().partition("/")
        if not (owner and slash and name) or "/" in name:
            raise
        return Model(text.strip(), name, "from the hub", NOT_STATED)
    if check_model(model).source != HUB and (model.place is not None or "/" not in model.id):
        raise UserError(f"{model.name} is not from the hub: it lies in a place of its own.")
    return model


def _plans(models: Sequence[Model]) -> tuple[list[hub.Plan], int]:
    """Ask the hub for each; what it refuses is said, and the others go on."""
    plans, refusals = [], 0
    for model in models:
        try:
            plans.append(hub.plan(model))
        except RefusedError as error:
            refusals += 1
            _refuse(error, 2)
    return plans, refusals


def _with_bar(plan: hub.Plan, work: Callable[[hub.Plan, Callable[[str, int, int], None]], None]) -> None:
    """Do something with a model's files, and show how far it has come."""
    with ByteBar() as bar:
        is_begun = False

        def tell(what: str, done: int, total: int) -> None:
            nonlocal is_begun
            if not is_begun:
                bar.begin(plan.model.name, total, done)
                is_begun = True
            bar.describe(what)
            bar.reach(done)

        work(plan, tell)


def _print_plans(plans: Sequence[hub.Plan]) -> None:
    for plan in plans:
        licence = plan.licence or plan.model.licence
        files = plan.missing
        count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
        line = f"□ {plan.model.name}: {shown_size(plan.missing_bytes)} in {count} · licence: {licence}"
        print(one_line(line), file=sys.stderr)
        for file in files:
            print(f"  {shown_size(file.size):>10}  {one_line(file.name)}", file=sys.stderr)


def _agreed(plans: Sequence[hub.Plan]) -> bool:
    size = shown_size(sum(plan.missing_bytes for plan in plans))
    print(
        f"Fetch {len(plans)} model{'' if len(plans) == 1 else 's'}, {size}? [y/N] ", end="", file=sys.stderr, flush=True
    )
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _say(arguments: argparse.Namespace, line: str) -> None:
    if not arguments.json:
        print_line(one_line(line))


def _refuse(error: UserError, code: int) -> int:
    print(f"sdxl-tui: {one_line(str(error))}", file=sys.stderr)
    return code


def _row(report: ModelReport, fetched: int) -> dict[str, Any]:
    return as_json(report) | {"fetched_bytes": fetched}


def _planned(plan: hub.Plan) -> dict[str, Any]:
    files = [{"name": file.name, "size_bytes": file.size, "hash": file.digest} for file in plan.missing]
    licence = plan.licence or plan.model.licence
    return {
        "id": plan.model.id,
        "revision": plan.revision,
        "licence": licence,
        "missing_bytes": plan.missing_bytes,
        "missing": files,
    }
