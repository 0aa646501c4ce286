"""``sdxl-tui generate --jobs``: a file of jobs, its refusals, and going on after a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.cli import main
from sdxl_tui.core.jobs_plan import KNOWN

QUICK = ["--model", "demo", "--size", "64x64", "--steps", "2"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jobs(*lines: Any, name: str = "night.jsonl") -> str:
    """A file of jobs in the current folder."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    Path(name).write_text(text, encoding="utf-8")
    return name


def logged(folder: Path, place: str = "output_images") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / place / "jobs.log").read_text(encoding="utf-8").splitlines()]


def run(*options: str) -> int:
    return main(["generate", "--jobs", *options, *QUICK])


def test_each_line_is_a_job_with_what_it_says_and_else_what_the_options_say(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = jobs(
        {"prompt": "a red apple", "seed": 7, "note": "[/] [red]x[/red]", "mood": {"a": [1]}},
        {"prompt": "a pear", "steps": 3, "style": "cinem", "scheduler": "UniPC", "width": 72, "height": 64},
        {"prompt": "a fox", "batch_size": 2, "job_id": "night-1", "hires": {"factor": 1.5}},
        {"prompt": "fog", "frames": 2, "motion": "latent", "end_seeds": [-1]},
    )
    assert run(file, "--negative", "blue") == 0
    out, err = capfd.readouterr()
    assert err == ""
    lines = logged(folder)
    assert out.splitlines() == [f"output_images/{name}" for line in lines for name in line["outputs"]]
    assert all((folder / path).is_file() for path in out.splitlines())
    apple, pear, fox, fog = lines
    assert (apple["seed"], apple["steps"], apple["negative_prompt"]) == (7, 2, "blue")
    assert (apple["note"], apple["mood"]) == ("[/] [red]x[/red]", {"a": [1]})
    assert (pear["steps"], pear["style"], pear["scheduler"], pear["width"]) == (3, "Cinematic", "UniPC", 72)
    assert (fox["job_id"], len(fox["outputs"]), fox["hires"]["steps"]) == ("night-1", 2, 2)
    assert fox["outputs"][0].startswith("night-1_a-fox_seed")
    assert (fog["mode"], fog["frames"]) == ("animate_steps", 2)
    assert {line["speed_choice"] for line in lines} == {"fast"}
    assert {key for line in lines for key in line} - KNOWN == {"note", "mood"}


def test_the_same_command_again_does_nothing_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = jobs("a fox", "a fox", "a {red|blue} cat", name="words.txt")
    assert run(file) == 0
    before = logged(folder)
    assert len({line["seed"] for line in before}) == 3
    capfd.readouterr()
    assert run(file) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "sdxl-tui: All 3 are done already: another --seed or --output-dir makes them again.\n"
    assert logged(folder) == before
    with Path(file).open("a", encoding="utf-8") as more:
        more.write("a dog\n")
    assert run(file) == 0
    assert "3 of 4 are done already." in capfd.readouterr().err
    assert [line["prompt"] for line in logged(folder)][3:] == ["a dog"]


def test_a_line_that_cannot_run_is_named_and_logged_and_the_rest_runs(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = jobs(
        {"prompt": "a fox", "steps": 0},
        {"prompt": "a cat"},
        "{",
        {"prompt": "a dog", "model": "turbo"},
        {"prompt": "a cow", "model": "turbo"},
        {"prompt": "x", "job_id": "one"},
        {"prompt": "y", "job_id": "one"},
    )
    assert run(file, "--json") == 1
    out, err = capfd.readouterr()
    said = err.splitlines()
    assert said[0] == "sdxl-tui: line 1: Steps go from 1 to 200."
    assert said[1].startswith("sdxl-tui: line 3: It is no JSON: ")
    assert said[2].startswith("sdxl-tui: lines 4, 5: SDXL Turbo is not ready: ")
    assert said[3] == "sdxl-tui: line 7: Its job_id is that of line 6: give it one of its own, or none."
    assert said[4] == "sdxl-tui: 5 of 7 failed, 2 are done."
    lines = logged(folder)
    assert [json.loads(line) for line in out.splitlines()] == lines
    assert [line["status"] for line in lines] == ["failed"] * 5 + ["done"] * 2
    assert [line["error"] for line in lines[:5] if line.get("steps") == 0] == ["Steps go from 1 to 200."]
    capfd.readouterr()
    assert run(file) == 1
    assert logged(folder) == lines


BAD_LINES = {
    "no prompt": ({}, "The prompt is empty"),
    "a style that is none": ({"prompt": "x", "style": "cinematik"}, "did you mean Cinematic?"),
    "a scheduler that is none": ({"prompt": "x", "scheduler": "ddimm"}, "There is no scheduler 'ddimm'"),
    "a model that is none": ({"prompt": "x", "model": "realvis9"}, "There is no model 'realvis9'"),
    "half a step": ({"prompt": "x", "steps": 2.5}, "'steps' must be a whole number, not '2.5'."),
    "true steps": ({"prompt": "x", "steps": True}, "'steps' must be a whole number, not 'True'."),
    "no number": ({"prompt": "x", "guidance_scale": "much"}, "'guidance_scale' must be a number such as 0.5"),
    "a list as prompt": ({"prompt": ["x"]}, "'prompt' must be a text in quotes"),
    "an odd size": ({"prompt": "x", "width": 65}, "no multiple of 8"),
    "another name": ({"prompt": "x", "negative": "y"}, "'negative' is called 'negative_prompt' in a log line"),
    "strength of nothing": ({"prompt": "x", "strength": 0.5}, "'strength' says nothing without 'init_image'"),
    "no init image there": ({"prompt": "x", "init_image": "none.png"}, "There is no file "),
    "no mode": ({"prompt": "x", "mode": "video"}, "There is no mode 'video' here"),
    "a LoRA that is none": ({"prompt": "x", "loras": ["neon:0.8"]}, "There is no LoRA neon"),
    "LoRAs that are none": ({"prompt": "x", "loras": "neon"}, "'loras' must be a list"),
    "a plan that is none": ({"prompt": "x", "plan": 3}, "'plan' is 3"),
    "hires that is none": ({"prompt": "x", "hires": "big"}, "'hires factor' must be a number"),
    "an id that is none": ({"prompt": "x", "job_id": 7}, "'job_id' must be a text of 1 to 100 characters"),
    "frames of a picture": ({"prompt": "x", "frames": 2, "init_image": "a.png"}, "starts from noise"),
}


def test_every_bad_line_has_its_sentence_before_torch_is_there(folder: Path) -> None:
    file = jobs(*(line for line, _ in BAD_LINES.values()))
    code = (
        f"import sys; from sdxl_tui.cli import main; code = main({['generate', '--jobs', file, *QUICK]!r}); "
        "print(code, [name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "1 []\n"
    said = dict(line.removeprefix("sdxl-tui: line ").split(": ", 1) for line in answer.stderr.splitlines()[:-1])
    for number, (_, sentence) in enumerate(BAD_LINES.values(), start=1):
        assert sentence in said[str(number)]
    assert [line["status"] for line in logged(folder)] == ["failed"] * len(BAD_LINES)


REFUSALS = {
    "no file": (["--jobs", "none.jsonl"], "There is no file none.jsonl."),
    "a folder": (["--jobs", "."], ". is a folder: name a file of jobs."),
    "nothing in it": (["--jobs", "empty.txt"], "empty.txt holds no jobs"),
    "with a prompt": (["--jobs", "empty.txt", "--prompt", "x"], "--prompt and --jobs exclude each other"),
    "an option that is none": (["--jobs", "empty.txt", "--steps", "x"], "Steps must be a whole number"),
    "then of one job": (["--prompt", "x", "--then", "true"], "--then says nothing without --jobs"),
    "no room for pictures": (["--jobs", "one.txt", "--output-dir", "one.txt"], "one.txt is a file; choose a folder."),
}


@pytest.mark.parametrize(("options", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_bad_input_is_one_sentence_and_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    jobs(name="empty.txt")
    jobs("a fox", name="one.txt")
    assert main(["generate", "--model", "demo", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["empty.txt", "one.txt"]


def test_a_log_line_of_another_lab_makes_the_same_picture_there(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(jobs({"prompt": "a fox", "style": "cinematic"}), "--json") == 0
    first = json.loads(capfd.readouterr().out)
    line = {**first, "style": "Gone", "outputs": ["other.png"], "status": "done"}
    assert run(jobs(line), "--json", "--output-dir", "there", "--style", "anime", "--negative", "no") == 0
    again = json.loads(capfd.readouterr().out)
    assert again["pixels_sha256"] == first["pixels_sha256"]
    assert (again["job_id"], again["style"], again["outputs"]) == (first["job_id"], "Gone", first["outputs"])


def test_paths_of_a_line_start_at_its_file_and_give_the_size(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "below").mkdir()
    Image.radial_gradient("L").resize((300, 200)).convert("RGB").save(folder / "below" / "photo.jpg")
    line = {"prompt": "a fox", "init_image": "photo.jpg", "strength": 0.5}
    file = jobs(line, name="below/night.jsonl")
    assert main(["generate", "--model", "demo", "--steps", "2", "--jobs", file, "--json"]) == 0
    record = json.loads(capfd.readouterr().out)
    assert (record["mode"], record["width"], record["height"]) == ("img2img", 152, 104)
    assert record["init_image"] == str(folder / "below" / "photo.jpg")


def test_then_learns_how_it_went(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = jobs({"prompt": "a fox"}, {"prompt": "a cat", "steps": 0})
    tell = 'echo "$SDXL_TUI_DONE $SDXL_TUI_FAILED $SDXL_TUI_CANCELLED $SDXL_TUI_OUTPUT_DIR" > told'
    assert run(file, "--then", tell) == 1
    assert (folder / "told").read_text() == f"1 1 0 {folder / 'output_images'}\n"
    capfd.readouterr()
    assert run(file, "--then", "echo 'no [such] thing' >&2; exit 3") == 1
    assert "The command for the empty queue ended with 3: no [such] thing." in capfd.readouterr().err


# Stops


def started(folder: Path, file: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sdxl_tui", "generate", "--jobs", file, *QUICK, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(process: subprocess.Popen[str], is_so: Any) -> None:
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)


def runs(folder: Path) -> int:
    """How many jobs have begun."""
    log = folder / "logs" / "app_events.log"
    return log.read_text().count(" runs\n") if log.is_file() else 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_the_rest_and_the_same_command_goes_on(folder: Path, number: signal.Signals) -> None:
    lines = [{"prompt": "a fox"}, {"prompt": "a cat", "steps": 200}, *({"prompt": f"a dog {n}"} for n in range(5))]
    file = jobs(*lines)
    process = started(folder, file, "--then", "touch told")
    wait_until(process, lambda: runs(folder) == 2)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == "sdxl-tui: Stopped: 6 jobs are left; run the same command again to go on.\n"
    assert [(line["prompt"], line["status"]) for line in logged(folder)] == [("a fox", "done"), ("a cat", "cancelled")]
    assert not (folder / "told").exists()
    jobs(*({**line, "steps": 2} if line["prompt"] == "a cat" else line for line in lines))
    assert run(file) == 0
    assert [line["status"] for line in logged(folder)] == ["done", "cancelled"] + ["done"] * 6


def test_after_a_kill_no_job_runs_twice_and_its_unlogged_pictures_are_taken_over(folder: Path) -> None:
    """Killed between the second picture of a batch and its log line."""
    file = jobs(
        {"prompt": "a fox"}, {"prompt": "a {red|blue} cat", "frames": 40, "motion": "light"}, {"prompt": "a dog"}
    )
    process = started(folder, file)
    wait_until(process, lambda: len(list((folder / "output_images").glob("*cat_frame_*.png"))) >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = {path.name for path in (folder / "output_images").glob("*cat_frame_*.png")}
    [first] = logged(folder)
    # The clock is another one at the second start.
    environ = os.environ | {"TZ": "Pacific/Kiritimati"}
    command = [sys.executable, "-m", "sdxl_tui", "generate", "--jobs", file, *QUICK]
    answer = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert "1 of 3 is done already." in answer.stderr
    lines = logged(folder)
    assert lines[0] == first
    assert [line["status"] for line in lines] == ["done"] * 3
    cat = lines[1]
    assert left < set(cat["outputs"])
    assert len(cat["outputs"]) == 40
    pictures = {path.name for path in (folder / "output_images").glob("*.png")}
    assert pictures == {name for line in lines for name in line["outputs"]}
