"""``--lora`` and tags in the prompt of ``sdxl-tui generate``; what ``show`` says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.cli import main
from sdxl_tui.core.infotext import CHUNK
from tests import lora_files

QUICK = ["generate", "--model", "demo", "--steps", "2", "--seed", "7", "--json"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of the test's own, with a folder of LoRAs beside it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("SDXL_TUI_LORA_DIR", str(tmp_path / "loras"))
    lora_files.write(tmp_path / "loras" / "a.safetensors", lora_files.factors())
    lora_files.write(tmp_path / "loras" / "deep" / "b.safetensors", lora_files.factors(seed=2), "peft")
    return tmp_path


def generated(capfd: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    assert main([*QUICK, *options]) == 0
    return json.loads(capfd.readouterr().out)


def test_given_several_times_they_work_together_as_tags_do(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chosen = generated(capfd, "--prompt", "a fox", "--lora", "a:0.5", "--lora", "b:0.25:0.5")
    tagged = generated(capfd, "--prompt", "a fox <lora:a:0.5><lora:b:0.25:0.5>")
    plain = generated(capfd, "--prompt", "a fox")
    assert chosen["pixels_sha256"] == tagged["pixels_sha256"] != plain["pixels_sha256"]
    assert [(one["name"], one["weight"]) for one in chosen["loras"]] == [("a", 0.5), ("deep/b", 0.5)]
    picture = Path("output_images") / chosen["outputs"][0]
    text = Image.open(picture).info[CHUNK]
    assert text.startswith("a fox <lora:a:0.5> <lora:b:0.25:0.5>\n")
    assert 'Lora hashes: "a: ' in text
    assert main(["show", str(picture)]) == 0
    assert "LoRAs           a 0.5, deep/b 0.25:0.5" in capfd.readouterr().out
    stripped = Path("other.png")
    Image.open(picture).convert("RGB").save(stripped, pnginfo=_infotext(text))
    assert main(["show", "--json", str(stripped)]) == 0
    assert json.loads(capfd.readouterr().out)["prompt"] == "a fox <lora:a:0.5> <lora:b:0.25:0.5>"


def _infotext(text: str) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(CHUNK, text)
    return info


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--prompt", "x", "--lora", "nope"], "There is no LoRA 'nope'; there are a, deep/b."),
        (["--prompt", "x <lora:bb>"], "There is no LoRA 'bb'; did you mean deep/b?"),
        (["--prompt", "x", "--lora", "a:much"], "a:much names no LoRA with a weight"),
        (["--prompt", "x", "--lora", "a:12"], "The weight of the LoRA a goes from -10 to 10."),
        (["--prompt", "x", "--negative", "<lora:a>"], "out of the negative prompt"),
        (["--prompt", "<lora:a>"], "The prompt is empty"),
    ],
)
def test_a_refusal_is_a_sentence_before_torch_is_imported(folder: Path, options: list[str], sentence: str) -> None:
    code = (
        "import sys; from sdxl_tui.cli import main; code = main(sys.argv[1:]); "
        "print('torch' in sys.modules); sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *QUICK, *options], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert ran.stdout == "False\n"
    assert "Traceback" not in ran.stderr
