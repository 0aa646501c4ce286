from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.cli import main
from sdxl_tui.cli.show import settings_lines
from sdxl_tui.core import pictures
from tests.core.foreign_pictures import invokeai
from tests.core.records import NASTY_PROMPTS, encoding, job_record


def saved(folder: Path, index: int = 0, **changes: Any) -> Path:
    return pictures.save_picture(encoding(), folder, job_record(**changes), index, "DPM++ 2M", "Karras")


def shown(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What ``sdxl-tui show`` prints: label -> value, its lines joined by line feeds."""
    assert main(["show", str(path)]) == 0
    values: dict[str, str] = {}
    label = ""
    for line in capsys.readouterr().out.split("\n"):
        label = line[:16].strip() or label
        values[label] = f"{values[label]}\n{line[16:]}" if label in values else line[16:]
    return {label: value.rstrip("\n") for label, value in values.items()}


def test_the_settings_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = shown(saved(tmp_path, versions={"app": "0.1.0", "cuda": None}, own_key=[1, 2]), capsys)
    assert values == {
        "mode": "txt2img",
        "prompt": "a red fox",
        "negative": "dog",
        "style": "Cinematic",
        "prompt sent": "a red fox, cinematic still",
        "negative sent": "dog, flat lighting",
        "model": "RealVisXL V5.0 · SG161222/RealVisXL_V5.0",
        "scheduler": "DPM++ 2M",
        "steps": "30",
        "guidance": "7.0",
        "size": "1024×768",
        "seed": "123456",
        "picture": "1 of 2",
        "job": "20261123-174900-ab12cd · 2026-11-23T17:49:00.123+01:00",
        "status": "done",
        "versions": "app 0.1.0",
        "own key": "[1, 2]",
    }


def test_each_picture_shows_its_own_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = shown(saved(tmp_path, 1), capsys)
    assert (values["seed"], values["picture"]) == ("123457", "2 of 2")


def test_what_was_sent_is_told_only_when_it_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = shown(saved(tmp_path, styled_prompt="a red fox", styled_negative_prompt="dog"), capsys)
    assert "prompt sent" not in values
    assert "negative sent" not in values


def test_lines_of_a_prompt_stay_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(saved(tmp_path, prompt="a fox\nin snow"), capsys)["prompt"] == "a fox\nin snow"


def test_markup_is_shown_as_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(saved(tmp_path, prompt=NASTY_PROMPTS["markup"]), capsys)["prompt"] == NASTY_PROMPTS["markup"]


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_no_prompt_acts_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], prompt: str) -> None:
    path = saved(tmp_path, prompt=prompt, style=prompt, **{f"key {prompt}": [prompt]})
    assert main(["show", str(path)]) == 0
    assert not set(capsys.readouterr().out) & set("\x1b\x9b\x00\x0c\u2028\u2029\x85")


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_json_is_the_line_in_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str], prompt: str) -> None:
    path = saved(tmp_path, 1, prompt=prompt, own_key={"k": None})
    assert main(["show", "--json", str(path)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {**job_record(prompt=prompt, own_key={"k": None}), "image_index": 1}


def test_another_programs_picture_is_shown_and_what_differs_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = invokeai(tmp_path / "a.png", positive_prompt="[/] [red]x[/red]", steps=300)
    assert main(["show", str(path)]) == 0
    output = capsys.readouterr()
    assert "prompt          [/] [red]x[/red]\n" in output.out
    assert "made with       InvokeAI\n" in output.out
    assert output.err.splitlines() == [
        "sdxl-tui: The model Juggernaut XL v9 is not known here; Juggernaut XL is the nearest by its name.",
        "sdxl-tui: Its steps 300 cannot be used here: Steps go from 1 to 200.",
    ]
    assert main(["show", "--json", str(path)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["model"], record["seed"], "steps" in record) == ("stablediffusionapi/juggernautxl", 4242, False)


@pytest.mark.parametrize("content", [b"a text", None], ids=["no picture", "missing"])
def test_a_file_without_settings_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "x\x1b[2J.png"
    if content is not None:
        path.write_bytes(content)
    assert main(["show", str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("sdxl-tui: ")
    assert output.err.count("\n") == 1
    assert "\x1b" not in output.err


def test_neither_command_wakes_torch(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom sdxl_tui.cli import main\n"
        f"main(['show', {str(saved(tmp_path))!r}]); main(['jobs', '--output-dir', {str(tmp_path)!r}])\n"
        "assert not {'torch', 'diffusers', 'transformers', 'textual'} & set(sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_what_a_picture_started_from_has_labels_that_stand_apart() -> None:
    lines = settings_lines(job_record(image_index=0, init_image="/photo.png", init_image_sha256="ab12", strength=0.5))
    assert "init image      /photo.png" in lines
    assert "init sha256     ab12" in lines


def test_a_frame_is_one_of_its_frames_with_its_own_words() -> None:
    record = job_record(mode="animate_steps", batch_size=1, frames=2, frame_prompts=["a fox", "a fox, moving"])
    lines = settings_lines({**record, "image_index": 1})
    assert "picture         2 of 2" in lines
    assert "prompt sent     a fox, moving" in lines
