"""``sdxl-tui models verify``: hold the models' files against what is known of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from sdxl_tui.cli.byte_bar import ByteBar
from sdxl_tui.cli.models import STATES, as_json, print_reports, wanted_models
from sdxl_tui.cli.printing import print_line
from sdxl_tui.cli.progress import interrupts_as_keyboard
from sdxl_tui.core.check import ABSENT, INCOMPLETE, READY, ModelReport, check_model
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.text import one_line
from sdxl_tui.core.verifying import Verdict, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="id, name or part of one (default: all that are there)"
    )
    parser.add_argument("--deep", action="store_true", help="read every file and compare its hash (about 5 s a model)")
    parser.add_argument("--json", action="store_true", help="print a JSON list, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Check the models; 1: something is wrong with one of them."""
    reports = [check_model(model) for model in wanted_models(arguments.models, load_catalogue())]
    if not arguments.models:
        reports = [report for report in reports if report.state != ABSENT]
    verdicts = _verdicts(reports) if arguments.deep else {}
    if arguments.json:
        rows = [as_json(report) | _verdict_as_json(verdicts.get(report.model.id)) for report in reports]
        print(json.dumps(rows, indent=2))
    else:
        print_reports([] if arguments.deep else reports)
        for report in reports if arguments.deep else ():
            _print_verdict(report, verdicts[report.model.id])
    is_right = all(report.state == READY for report in reports)
    return 0 if is_right and not any(verdict.wrong for verdict in verdicts.values()) else 1


def _verdicts(reports: Sequence[ModelReport]) -> dict[str, Verdict]:
    """Read all files, one model after the other."""
    verdicts = {}
    with interrupts_as_keyboard(), ByteBar() as bar:
        for report in reports:
            bar.begin(report.model.name, 0)
            begun = False

            def tell(name: str, done: int, total: int, report: ModelReport = report) -> None:
                nonlocal begun
                if not begun:
                    bar.begin(report.model.name, total)
                    begun = True
                bar.reach(done)

            verdicts[report.model.id] = verify(report, tell)
    return verdicts


def _verdict_as_json(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {}
    return {"matching": verdict.matching, "wrong": list(verdict.wrong), "unknown": dict(verdict.unknown)}


def _print_verdict(report: ModelReport, verdict: Verdict) -> None:
    problems = [*report.problems, *verdict.wrong]
    for problem in problems:
        print_line(f"{STATES[INCOMPLETE][0]} {one_line(report.model.name)}: {one_line(problem)}")
    if advice := verdict.advice(report):
        print_line(f"  {one_line(advice)}")
    if not problems:
        print_line(f"{STATES[READY][0]} {one_line(verdict.sentence(report))}")
    for name, digest in verdict.unknown:
        print_line(f"  {digest}  {one_line(name)}")
