from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdxl_tui.core import events_log
from sdxl_tui.core.errors import UserError
from tests.core.records import job_record

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level = list(root.handlers), logging.getLogger(events_log.APP_LOGGER).level
    yield
    root.handlers[:] = handlers
    logging.getLogger(events_log.APP_LOGGER).setLevel(level)
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def run_python(code: str, log_dir: Path) -> subprocess.CompletedProcess[str]:
    imports = "from pathlib import Path\nfrom sdxl_tui.core import events_log\n"
    configured = f"{imports}events_log.configure(Path({str(log_dir)!r}))\n{code}"
    return subprocess.run([sys.executable, "-c", configured], capture_output=True, text=True, timeout=60)


def test_a_done_job_is_written_in_the_agreed_form(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    events_log.job_entry(job_record(), [Path("out/a_01.png"), Path("out/a_02.png")])
    first, *rest = (tmp_path / events_log.NAME).read_text().splitlines()
    assert re.fullmatch(
        STAMP
        + " "
        + re.escape("MODEL=SG161222/RealVisXL_V5.0, STEPS=30, SCHEDULER=DPM++ 2M, 1024x768, BATCH=2, STYLE=Cinematic"),
        first,
    )
    assert rest == [
        "PROMPT: a red fox, cinematic still",
        "NEG: dog, flat lighting",
        "SAVED FILES:",
        "- out/a_01.png",
        "- out/a_02.png",
    ]


def test_failed_and_cancelled_jobs_say_so(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    events_log.job_entry(job_record(status="failed", error="Out of memory at step 3.\nTry less."), [])
    events_log.job_entry(job_record(status="cancelled", error=None), [])
    lines = (tmp_path / events_log.NAME).read_text().splitlines()
    assert "FAILED: Out of memory at step 3. Try less." in lines
    assert "CANCELLED" in lines


def test_a_prompt_cannot_pretend_to_be_lines_of_the_log(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    events_log.job_entry(job_record(styled_prompt="a fox\nSAVED FILES:\r\n- \x1b[2J/etc\u2028x \ud83e"), [])
    text = (tmp_path / events_log.NAME).read_text(encoding="utf-8")
    assert len(text.splitlines()) == 4
    assert "PROMPT: a fox SAVED FILES: - ␛[2J/etc x \N{REPLACEMENT CHARACTER}" in text


def test_without_a_log_a_job_entry_does_nothing() -> None:
    events_log.job_entry(job_record(), [])


def test_what_is_logged_and_what_is_not(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    logging.getLogger("sdxl_tui.engine").info("loaded %s", "a model")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("half a surrogate \ud83e")
    text = (tmp_path / events_log.NAME).read_text()
    assert re.search(rf"^{STAMP} INFO sdxl_tui\.engine: loaded a model$", text, re.MULTILINE)
    assert re.search(rf"^{STAMP} WARNING some\.library: half a surrogate ", text, re.MULTILINE)
    assert "chatter" not in text


def test_a_traceback_is_whole(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    try:
        raise KeyError("missing tensor")
    except KeyError:
        logging.getLogger("sdxl_tui").exception("the job failed")
    text = (tmp_path / events_log.NAME).read_text()
    assert "Traceback (most recent call last)" in text
    assert "KeyError: 'missing tensor'" in text


def test_nothing_comes_out_on_stderr(tmp_path: Path) -> None:
    code = (
        "import logging, threading, warnings\n"
        "warnings.warn('old weights')\n"
        "logging.getLogger('library').error('no tokenizer')\n"
        "thread = threading.Thread(target=lambda: 1 / 0, name='engine'); thread.start(); thread.join()\n"
    )
    result = run_python(code, tmp_path)
    text = (tmp_path / events_log.NAME).read_text()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "old weights" in text
    assert "no tokenizer" in text
    assert "engine ended" in text
    assert "ZeroDivisionError" in text


def test_a_crash_of_the_program_is_in_the_log_and_on_stderr(tmp_path: Path) -> None:
    result = run_python("raise RuntimeError('out of luck')", tmp_path)
    assert "RuntimeError: out of luck" in result.stderr
    assert "RuntimeError: out of luck" in (tmp_path / events_log.NAME).read_text()


def test_a_library_with_its_own_stderr_handler_is_adopted(tmp_path: Path) -> None:
    code = (
        "import logging\n"
        "logger = logging.getLogger('diffusers')\n"
        "logger.addHandler(logging.StreamHandler()); logger.propagate = False\n"
        "events_log.adopt('diffusers')\n"
        "logging.getLogger('diffusers.models').warning('a prompt was cut')\n"
    )
    assert run_python(code, tmp_path).stderr == ""
    assert "a prompt was cut" in (tmp_path / events_log.NAME).read_text()


def test_configured_again_it_writes_once_and_to_the_last_folder(tmp_path: Path) -> None:
    for folder in ("a", "b", "b"):
        events_log.configure(tmp_path / folder)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.getLogger("library").warning("only once")
    assert not (tmp_path / "a" / events_log.NAME).exists()
    assert (tmp_path / "b" / events_log.NAME).read_text().count("only once") == 1


def test_a_log_that_is_moved_away_begins_anew(tmp_path: Path) -> None:
    events_log.configure(tmp_path)
    log = tmp_path / events_log.NAME
    events_log.job_entry(job_record(), [])
    log.rename(tmp_path / "old.log")
    events_log.job_entry(job_record(), [])
    assert log.read_text().count("PROMPT:") == 1


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "logs" / events_log.NAME).mkdir(parents=True)
    for folder, words in (("file", "is a file"), ("file/below", "below a file"), ("logs", "is a folder")):
        with pytest.raises(UserError, match=rf"^app_events\.log cannot be written: .*{words}.*\.$"):
            events_log.configure(tmp_path / folder)


def test_a_read_only_folder_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="may not be written to; mend its rights"):
        events_log.configure(tmp_path)


def test_a_full_disk_costs_the_entry_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    events_log.configure(tmp_path)

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", refuse)
    events_log.job_entry(job_record(), [])
    logging.getLogger("library").warning("lost")
    monkeypatch.undo()
    assert capfd.readouterr() == ("", "")
