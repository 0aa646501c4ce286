"""``sdxl-tui generate --jobs``: a file of jobs, one after the other, resumable after any stop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.cli.job_options import options_of
from sdxl_tui.cli.printing import print_record, printable, record_line
from sdxl_tui.core import events_log, joblog
from sdxl_tui.core.disk import check_writable
from sdxl_tui.core.done_command import run_done_command
from sdxl_tui.core.job_lines import LineReader
from sdxl_tui.core.jobs_file import STDIN, read_jobs
from sdxl_tui.core.jobs_lock import only_here
from sdxl_tui.core.jobs_plan import JobsPlan, Planned, Refused, plan_jobs
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.past_jobs import PastJobs
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import Style, load_styles
from sdxl_tui.core.text import one_line

if TYPE_CHECKING:
    from sdxl_tui.cli.jobs_run import Outcome

MOST_NUMBERS = 3
"""Lines that are named where many have the same problem."""


def add_jobs_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("many jobs, unattended")
    group.add_argument(
        "--jobs",
        metavar="FILE",
        help="a JSON object a line with any keys of a line of jobs.log, or a prompt a line; - is stdin. Other options "
        "hold for the lines that do not say it themselves. Stopped in any way, the same command goes on where it was",
    )
    group.add_argument("--then", metavar="COMMAND", help="a shell command to run when all jobs have ended")


def run_jobs(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the jobs of a file; return 0 when all of them are done, 1 when one failed, cannot run or is left.

    Raises UserError, before torch is imported, when the file cannot be read or its pictures could not be saved.
    """
    options = options_of(arguments)
    lines = read_jobs(arguments.jobs, options)
    check_writable(settings.output_dir)
    with only_here(arguments.jobs, settings.output_dir) as problem:
        if problem:
            _say(problem)
        folder = Path.cwd() if arguments.jobs == STDIN else Path(arguments.jobs).expanduser().parent.absolute()
        reader = LineReader(load_catalogue(), _styles(), settings, options, folder)
        past = PastJobs.of(settings.output_dir, {line.source for line in lines})
        plan = plan_jobs(lines, past, reader, datetime.now().astimezone())
        _report_lines(plan, reader)
        _log_refused(plan, settings, as_json=arguments.json)
        outcome = _run(plan, reader, settings, as_json=arguments.json, fit=arguments.fit)
    return _end(plan, outcome, settings, arguments.then or settings.queue_done_command)


def _styles() -> dict[str, Style]:
    styles, problems = load_styles()
    for problem in problems:
        _say(problem)
    return styles


def _log_refused(plan: JobsPlan, settings: Settings, *, as_json: bool) -> None:
    joblog.append_all(settings.output_dir, [refused.record for refused in plan.refused if not refused.is_logged])
    for refused in plan.refused if as_json else ():
        print_record(refused.record)


def _run(plan: JobsPlan, reader: LineReader, settings: Settings, *, as_json: bool, fit: bool) -> Outcome | None:
    """Run what is to run; None: nothing is."""
    if not plan.jobs:
        return None
    events_log.configure(settings.log_dir)
    from sdxl_tui.cli.jobs_run import JobsRun
    from sdxl_tui.cli.progress import Bar

    def take(record: Mapping[str, Any]) -> None:
        paths = [printable(str(settings.output_dir / name)) for name in record["outputs"]]
        for line in [record_line(record)] if as_json else paths:
            bar.line(line, sys.stdout)

    def finish(planned: Planned) -> GenerationRequest:
        return reader.finished(planned.line.record, planned.request)

    with Bar(len(plan.jobs)) as bar:
        return JobsRun(settings, plan.jobs, finish, take, bar, fit=fit).run()


def _end(plan: JobsPlan, outcome: Outcome | None, settings: Settings, command: str) -> int:
    """Say how it went and run the command for the empty queue, unless the user stopped it."""
    done = plan.done + (outcome.done if outcome else 0)
    failed = len(plan.refused) + (outcome.failed if outcome else 0)
    left = outcome.left if outcome else 0
    if left and outcome:
        why = f"{outcome.held} " if outcome.held else ""
        are_left = "1 job is left" if left == 1 else f"{left} jobs are left"
        _say(f"{why}Stopped: {are_left}; run the same command again to go on.")
    elif failed:
        _say(f"{failed} of {plan.lines} failed, {done} are done.")
    if command and not (outcome and outcome.stopped):
        done_now = outcome.done if outcome else 0
        problem = run_done_command(command, done=done_now, failed=failed, cancelled=0, output_dir=settings.output_dir)
        if problem:
            _say(problem)
    return 1 if failed or left else 0


def _report_lines(plan: JobsPlan, reader: LineReader) -> None:
    """Say what is done already, what styles do not do, and which lines cannot run, each problem once."""
    if plan.done:
        _say(_already(plan))
    for remark in reader.remarks:
        _say(remark)
    by_problem: dict[str, list[Refused]] = {}
    for refused in plan.refused:
        by_problem.setdefault(refused.problem, []).append(refused)
    for problem, all_of_it in by_problem.items():
        _say(f"{_numbered([refused.number for refused in all_of_it])}: {problem}")


def _already(plan: JobsPlan) -> str:
    if plan.done == plan.lines:
        all_of_them = "The job is" if plan.lines == 1 else f"All {plan.lines} are"
        return f"{all_of_them} done already: another --seed or --output-dir makes them again."
    return f"{plan.done} of {plan.lines} {'is' if plan.done == 1 else 'are'} done already."


def _numbered(numbers: Iterable[int]) -> str:
    first, *others = numbers
    if not others:
        return f"line {first}"
    shown = ", ".join(map(str, (first, *others[: MOST_NUMBERS - 1])))
    more = len(others) - MOST_NUMBERS + 1
    return f"lines {shown}{f' and {more} more' if more > 0 else ''}"


def _say(text: str) -> None:
    print(one_line(f"sdxl-tui: {text}"), file=sys.stderr, flush=True)
