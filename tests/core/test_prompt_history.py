"""Earlier prompts."""

from __future__ import annotations

from pathlib import Path

from sdxl_tui.core import joblog
from sdxl_tui.core.index import Index
from sdxl_tui.core.prompt_history import earlier_prompts
from sdxl_tui.core.query import parse_query
from tests.core.records import job_record


def test_each_prompt_comes_once_by_its_newest_job(tmp_path: Path) -> None:
    for number, prompt in enumerate(("a fox", "a harbour", "a fox ", "", "[red]x[/red]", "a harbour")):
        joblog.append(tmp_path, job_record(number=number, prompt=prompt, styled_prompt=prompt))
    index = Index(tmp_path, file=tmp_path / "lab.db")
    index.follow()
    assert [job.record["number"] for job in earlier_prompts(index)] == [5, 4, 2]
    assert [job.record["number"] for job in earlier_prompts(index, count=1)] == [5]
    assert [job.record["prompt"] for job in earlier_prompts(index, parse_query("fo"))] == ["a fox "]


def test_it_looks_farther_than_one_page(tmp_path: Path) -> None:
    for number in range(450):
        joblog.append(tmp_path, job_record(prompt="a fox" if number else "the first"))
    index = Index(tmp_path, file=tmp_path / "lab.db")
    index.follow()
    assert [job.record["prompt"] for job in earlier_prompts(index)] == ["a fox", "the first"]
