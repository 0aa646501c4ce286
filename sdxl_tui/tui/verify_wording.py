"""How it is put into words what a model's files turned out to be, and which command mends a model."""

from __future__ import annotations

from sdxl_tui.core.check import ModelReport, remedy
from sdxl_tui.core.text import one_line
from sdxl_tui.core.verifying import Verdict
from sdxl_tui.tui.notes import ERROR, OK, STOPPED, WARNING
from sdxl_tui.tui.verification import DONE, FAILED, RUNS, Verification
from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Part


def percent(verification: Verification) -> str:
    """How far it has come."""
    return f"{round(verification.share * 100)} %"


def answer(verification: Verification) -> tuple[str, str]:
    """A glyph and a sentence on one that has ended."""
    name, verdict = verification.report.model.name, verification.verdict
    if verification.state == FAILED:
        return ERROR, f"{name} was not verified; app_events.log has the details."
    if verification.state != DONE:
        return STOPPED, f"{name} was not verified: it was stopped."
    if verdict.wrong:
        count = len(verdict.wrong)
        return WARNING, f"{name}: {verdict.wrong[0] if count == 1 else f'{count} files do not match their hashes.'}"
    return OK, verdict.sentence(verification.report)


def rows(verification: Verification | None, width: int) -> list[Ends]:
    """What a verification does or has found out, all of it."""
    if verification is None:
        return []
    if verification.state == RUNS:
        halves = round(verification.share * 2 * max(1, width))
        done = "━" * (halves // 2) + "╸" * (halves % 2)
        head: list[Part] = [("► ", "busy"), (f"verifying {one_line(verification.file)}", "value")]
        bar: list[Part] = [(done, "busy"), ("─" * (max(1, width) - len(done)), "track")]
        return [(head, [(percent(verification), "value")]), (bar, ())]
    if verification.state != DONE:
        return []
    return _verdict_rows(verification.verdict, verification.report)


def _verdict_rows(verdict: Verdict, report: ModelReport) -> list[Ends]:
    found: list[Ends] = [([("▲ ", "busy"), (one_line(sentence), "value")], ()) for sentence in verdict.wrong]
    if not found:
        kind = "ok" if verdict.matching else "muted"
        found = [([("● ", kind), (one_line(verdict.sentence(report)), "value")], ())]
    for name, digest in verdict.unknown:
        found.append(([("  ", "muted"), (f"{digest[:10]}  {one_line(name)}", "soft")], ()))
    return found


def command_for(report: ModelReport | None, verification: Verification | None) -> str:
    """The command that mends a model, to be copied: the lab itself never uses the network. Empty: it needs none."""
    if report is None:
        return ""
    return remedy(report) or (verification.verdict.remedy(report) if verification else "")


def command_rows(command: str) -> list[Ends]:
    """The command, and the key that copies it."""
    if not command:
        return []
    return [([("$ ", "muted"), (command, "value")], ()), ([("g", "key"), (" copies that command", "soft")], ())]
