from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from tests.core.records import NASTY_PROMPTS, job_record

WRITER = """
import sys
from pathlib import Path
from sdxl_tui.core import joblog
for number in range(200):
    joblog.append(Path(sys.argv[1]), {"writer": sys.argv[2], "number": number, "prompt": "fox " * 500})
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / joblog.NAME


def test_a_job_comes_back_as_it_was_logged(tmp_path: Path) -> None:
    record = job_record(own_key=[1, {"a": None}])
    joblog.append(tmp_path / "new" / "folder", record)
    assert list(joblog.read(tmp_path / "new" / "folder")) == [record]


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_any_prompt_stays_one_line_and_comes_back(tmp_path: Path, log: Path, prompt: str) -> None:
    joblog.append(tmp_path, {"prompt": prompt})
    joblog.append(tmp_path, {"prompt": "next"})
    assert len(log.read_text(encoding="utf-8").splitlines()) == 2
    assert [record["prompt"] for record in joblog.read(tmp_path)] == [prompt, "next"]


def test_other_scripts_are_readable_in_the_file_and_no_terminal_is_moved_by_it(tmp_path: Path, log: Path) -> None:
    joblog.append(tmp_path, {"prompt": "日本 🦊 \x1b[2J \x9b2J"})
    text = log.read_text(encoding="utf-8")
    assert "日本 🦊" in text
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_what_json_has_no_word_for_becomes_null(tmp_path: Path, log: Path) -> None:
    joblog.append(tmp_path, {"seconds": float("nan"), "versions": {"x": [float("inf"), 1.5]}})
    assert json.loads(log.read_text(), parse_constant=pytest.fail) == {"seconds": None, "versions": {"x": [None, 1.5]}}


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    records = list(joblog.read(tmp_path))
    for name in "ab":
        assert [record["number"] for record in records if record["writer"] == name] == list(range(200))


def test_a_cut_last_line_is_closed_and_only_it_is_lost(tmp_path: Path, log: Path) -> None:
    joblog.append(tmp_path, {"job_id": "first"})
    before = log.read_bytes() + b'{"job_id": "cut", "prom'
    log.write_bytes(before)
    joblog.append(tmp_path, {"job_id": "last"})
    assert log.read_bytes().startswith(before + b"\n")
    assert [record["job_id"] for record in joblog.read(tmp_path)] == ["first", "last"]


def test_a_whole_last_line_without_its_line_feed_is_kept(tmp_path: Path, log: Path) -> None:
    log.write_text('{"job_id": "edited by hand"}')
    joblog.append(tmp_path, {"job_id": "next"})
    assert [record["job_id"] for record in joblog.read(tmp_path)] == ["edited by hand", "next"]


def test_lines_of_any_origin_are_read_and_broken_ones_skipped(tmp_path: Path, log: Path) -> None:
    log.write_bytes(
        b'\xef\xbb\xbf{"prompt": "with a byte order mark"}\r\n'
        b"\n   \n"
        b'{"prompt": "cut\n'
        b"[1, 2]\n3\nnull\n"
        b'{"prompt": "not UTF-8: \xe9"}\n'
        b'\0\0\0\0{"prompt": "after a power cut"}\n' + b"[" * 100_000 + b"\n"
        b'{"prompt": "old lab", "sampler": "x", "loss": NaN}'
    )
    prompts = [record["prompt"] for record in joblog.read(tmp_path)]
    assert prompts == ["with a byte order mark", "not UTF-8: \ufffd", "after a power cut", "old lab"]


def test_no_log_is_no_jobs(tmp_path: Path) -> None:
    assert list(joblog.read(tmp_path / "nowhere")) == []


def test_a_folder_in_its_place_is_named(tmp_path: Path, log: Path) -> None:
    log.mkdir()
    with pytest.raises(UserError, match=r"The job is not logged: .*jobs\.log is a folder; move it away\."):
        joblog.append(tmp_path, {})
    with pytest.raises(UserError, match=r"jobs\.log cannot be read: Is a directory\."):
        list(joblog.read(tmp_path))


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match="file is a file; choose a folder"):
        joblog.append(file, {})
    with pytest.raises(UserError, match="lies below a file"):
        joblog.append(file / "below", {})


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no space in"), (errno.EROFS, "read-only"), (errno.EIO, "Input/output error")],
)
def test_what_the_disk_refuses_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "Input/output error")

    monkeypatch.setattr("os.write", refuse)
    with pytest.raises(UserError, match=rf"^The job is not logged: .*{words}.*\.$"):
        joblog.append(tmp_path, {})


def test_a_disk_without_locks_still_takes_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    joblog.append(tmp_path, {"job_id": "kept"})
    assert [record["job_id"] for record in joblog.read(tmp_path)] == ["kept"]


def test_the_newest_record_is_read_from_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert joblog.newest(tmp_path) is None
    for number in range(50):
        joblog.append(tmp_path, {"job_id": str(number), "prompt": "a red fox"})
    monkeypatch.setattr(joblog, "BLOCK_BYTES", 100)
    assert joblog.newest(tmp_path)["job_id"] == "49"
    with (tmp_path / joblog.NAME).open("a") as log:
        log.write('{"job_id": "cut')
    assert joblog.newest(tmp_path)["job_id"] == "49"


@pytest.mark.parametrize("block", [1, 7, 64, 10**6])
def test_backwards_is_the_same_the_other_way_round(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblog, "BLOCK_BYTES", block)
    assert list(joblog.read_backwards(tmp_path)) == []
    log = tmp_path / joblog.NAME
    for content in (b"", b"\n", b"{}", b'{"a": 1}\n\nnot json\n{"b": 2}\r\n{"c": "\xc3\xa9"}\n{"cut": '):
        log.write_bytes(content)
        assert list(joblog.read_backwards(tmp_path)) == list(joblog.read(tmp_path))[::-1]
    log.unlink()
    log.mkdir()
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        list(joblog.read_backwards(tmp_path))
