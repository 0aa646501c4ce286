"""A file of jobs: what is read of it, which line is which at the next start, and what is no such file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.jobs_file import MOST_LINE_BYTES, read_jobs


def written(folder: Path, text: str | bytes, name: str = "night.jsonl") -> str:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_a_json_object_a_line(tmp_path: Path) -> None:
    lines = read_jobs(written(tmp_path, '\ufeff{"prompt": "é"}\n\n  # a note\n{"steps": 3}\r\n[1]\n{"a"\n'), {})
    assert [(line.number, line.record) for line in lines] == [(1, {"prompt": "é"}), (4, {"steps": 3}), (5, {}), (6, {})]
    assert lines[2].problem == "It is no JSON object: write {…} around its keys."
    assert lines[3].problem == "It is no JSON: expecting ':' delimiter at column 5."


def test_a_prompt_a_line(tmp_path: Path) -> None:
    lines = read_jobs(written(tmp_path, '# tonight\n{red|blue} fox\n\n  "a cat" [/] \\[  \n', "night.txt"), {})
    assert [line.record["prompt"] for line in lines] == ["{red|blue} fox", '"a cat" [/] \\[']


def test_stdin_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a fox\na cat\n")))
    assert [line.record["prompt"] for line in read_jobs("-", {})] == ["a fox", "a cat"]


def test_a_line_is_the_same_one_at_the_next_start_and_no_two_are(tmp_path: Path) -> None:
    first = read_jobs(written(tmp_path, "a fox\na fox\na cat\n"), {"steps": 3})
    moved = read_jobs(written(tmp_path, "new\na cat\na fox\na fox\n", "other.txt"), {"steps": 3})
    assert len({line.source for line in first}) == 3
    assert {line.source for line in first} < {line.source for line in moved}
    other = read_jobs(written(tmp_path, "a fox\na fox\na cat\n"), {"steps": 4})
    assert not {line.source for line in first} & {line.source for line in other}


NO_FILES = {
    "empty": (b"", "holds no jobs"),
    "comments only": (b"# one\n\n# two\n", "holds no jobs"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0", "is not UTF-8"),
    "zeros": (bytes(100), "is no text file"),
    "latin-1": ('a fox\n{"prompt": "caf\xe9"}\n'.encode("latin-1"), "Line 2 of "),
    "UTF-16": ("a fox\n".encode("utf-16"), "is UTF-16: save it as UTF-8."),
}


@pytest.mark.parametrize(("content", "sentence"), NO_FILES.values(), ids=NO_FILES)
def test_what_holds_no_jobs_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_jobs(written(tmp_path, content), {})


def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        read_jobs(str(tmp_path / "none.jsonl"), {})
    with pytest.raises(UserError, match="is a folder: name a file of jobs"):
        read_jobs(str(tmp_path), {})
    with pytest.raises(UserError, match="There is no file"):
        read_jobs(written(tmp_path, "x") + "/below", {})


@pytest.mark.parametrize("length", [MOST_LINE_BYTES + 1, 5 * MOST_LINE_BYTES])
def test_one_huge_line_is_refused_alone(tmp_path: Path, length: int) -> None:
    lines = read_jobs(written(tmp_path, "a fox\n" + "é" * (length // 2 + 1) + "\na cat\n"), {})
    assert [bool(line.problem) for line in lines] == [False, True, False]
    assert lines[1].problem.startswith("It is longer than 1.0 MiB")
    assert lines[2].number == 3


def test_deep_json_and_odd_numbers_are_lines_that_cannot_be_read(tmp_path: Path) -> None:
    deep = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    lines = read_jobs(written(tmp_path, f"{json.dumps({'prompt': 'x'})}\n{deep}\n"), {})
    assert lines[1].problem in ("It is no JSON that can be read.", "")
