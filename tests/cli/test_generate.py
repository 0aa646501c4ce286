"""``sdxl-tui generate``: the main job from the command line, and its refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


QUICK = ["generate", "--model", "demo", "--prompt", "a red apple", "--steps", "2"]


def test_it_prints_one_path_a_line_and_the_pictures_are_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--batch", "2", "--seed", "7"]) == 0
    out, err = capfd.readouterr()
    paths = out.splitlines()
    assert len(paths) == 2
    for number, path in enumerate(paths, start=1):
        assert path.startswith("output_images/")
        assert path.endswith(f"_a-red-apple_seed7_{number:02}.png")
        assert Image.open(folder / path).size == (128, 128)
    assert err == ""
    assert (folder / "logs" / "app_events.log").is_file()


def test_json_prints_the_jobs_log_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--json", "--style", "cinem", "--scheduler", "UniPC", "--output-dir", "here"]) == 0
    printed = json.loads(capfd.readouterr().out)
    [line] = (folder / "here" / "jobs.log").read_text(encoding="utf-8").splitlines()
    assert printed == json.loads(line)
    assert (printed["style"], printed["scheduler"], printed["steps"]) == ("Cinematic", "UniPC", 2)
    assert printed["styled_prompt"].startswith("a red apple, cinematic still")


def test_hires_makes_the_picture_larger_and_show_says_it(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    own = ["--hires", "1.5", "--hires-method", "latent", "--hires-strength", "0.5"]
    assert main([*QUICK, "--steps", "4", *own, "--json"]) == 0
    printed = json.loads(capfd.readouterr().out)
    assert printed["hires"] == {"factor": 1.5, "method": "latent", "steps": 4, "strength": 0.5}
    path = folder / "output_images" / printed["outputs"][0]
    assert Image.open(path).size == (192, 192)
    assert main(["show", str(path)]) == 0
    assert "larger          factor 1.5, method latent, steps 4, strength 0.5\n" in capfd.readouterr().out


def test_several_styles_at_once_stand_in_log_and_picture(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--json", "--style", "film + cinematic", "--output-dir", "here"]) == 0
    printed = json.loads(capfd.readouterr().out)
    assert printed["style"] == "35mm Film + Cinematic"
    words = printed["styled_prompt"]
    assert words.startswith("a red apple, 35mm film photograph")
    assert words.index("film photograph") < words.index("cinematic still")
    infotext = Image.open(folder / "here" / printed["outputs"][0]).info["parameters"]
    assert infotext.startswith(words)
    assert infotext.endswith("Style: 35mm Film + Cinematic")
    assert main([*QUICK, "--style", "film + film"]) == 2
    assert "35mm Film is there twice: once is enough." in capfd.readouterr().err


def test_a_style_sets_what_is_not_given(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["generate", "--model", "demo", "--prompt", "x", "--style", "Cinematic", "--json", "--size", "64x64"]) == 0
    )
    printed = json.loads(capfd.readouterr().out)
    assert printed["steps"] == 35
    assert printed["scheduler_choice"] == "dpmpp_2m_karras"


REFUSALS = {
    "no such model": (["--model", "realvis9", "--prompt", "x"], "There is no model 'realvis9'; did you mean"),
    "an ambiguous model": (["--model", "xl", "--prompt", "x"], "'xl' fits several models"),
    "a model that is not there": (["--model", "turbo", "--prompt", "x"], "SDXL Turbo is not ready: "),
    "no such style": (["--model", "demo", "--prompt", "x", "--style", "cinematik"], "did you mean Cinematic?"),
    "no such scheduler": (
        ["--model", "demo", "--prompt", "x", "--scheduler", "ddimm"],
        "There is no scheduler 'ddimm'",
    ),
    "no prompt": (["--model", "demo", "--prompt", "  "], "The prompt is empty"),
    "prompt not given": (["--model", "demo"], "--prompt"),
    "hires without a factor": (
        ["--model", "demo", "--prompt", "x", "--hires-steps", "5"],
        "--hires-steps says nothing without --hires: add it.",
    ),
    "hires that is no number": (
        ["--model", "demo", "--prompt", "x", "--hires", "big"],
        "Hires factor must be a number",
    ),
    "hires beyond all sizes": (
        ["--model", "demo", "--prompt", "x", "--size", "2048x1024", "--hires", "3"],
        "2048×1024 times 3 is 6144×3072, and sides go to 4096 pixels: the largest factor that works is 2.",
    ),
    "hires by what is not there": (
        ["--model", "demo", "--prompt", "x", "--hires", "2", "--hires-method", "esrgan"],
        "There is no hires method 'esrgan'; there are latent, lanczos.",
    ),
    "hires of frames": (
        ["--model", "demo", "--prompt", "x", "--hires", "2", "--frames", "2"],
        "Frames are not made larger",
    ),
    "steps too few": (["--model", "demo", "--prompt", "x", "--steps", "0"], "Steps go from 1 to 200."),
    "steps too many": (["--model", "demo", "--prompt", "x", "--steps", "201"], "Steps go from 1 to 200."),
    "steps no number": (["--model", "demo", "--prompt", "x", "--steps", "3.5"], "Steps must be a whole number"),
    "batch": (["--model", "demo", "--prompt", "x", "--batch", "65"], "Batch goes from 1 to 64."),
    "guidance": (["--model", "demo", "--prompt", "x", "--guidance", "nan"], "Guidance goes from 0 to 50."),
    "guidance no number": (["--model", "demo", "--prompt", "x", "--guidance", "high"], "Guidance must be a number"),
    "size odd": (["--model", "demo", "--prompt", "x", "--size", "1021x1024"], "no multiple of 8: 1016 or 1024."),
    "size small": (["--model", "demo", "--prompt", "x", "--size", "56x64"], "Width goes from 64 to 4096 pixels."),
    "size no size": (["--model", "demo", "--prompt", "x", "--size", "big"], "Size is written as 1024x768"),
    "seed": (["--model", "demo", "--prompt", "x", "--seed", str(2**32)], "Seed goes from 0 to 4294967295"),
    "seed below": (["--model", "demo", "--prompt", "x", "--seed", "-2"], "Seed goes from 0 to 4294967295"),
    "speed": (
        ["--model", "demo", "--prompt", "x", "--speed", "warp"],
        "There is no speed 'warp'; there are eager, exact, fast.",
    ),
    "no such init image": (["--model", "demo", "--prompt", "x", "--init-image", "a.png"], "There is no file a.png."),
    "a folder as init image": (["--model", "demo", "--prompt", "x", "--init-image", "/tmp"], "/tmp is a folder: name"),
    "strength alone": (["--model", "demo", "--prompt", "x", "--strength", "0.5"], "says nothing without --init-image"),
    "mask alone": (["--model", "demo", "--prompt", "x", "--mask", "m.png"], "says nothing without --init-image"),
    "motion alone": (["--model", "demo", "--prompt", "x", "--motion", "light"], "says nothing without --frames"),
    "frames from a picture": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--init-image", "a.png"],
        "A sequence of frames starts from noise",
    ),
    "one frame": (["--model", "demo", "--prompt", "x", "--frames", "1"], "Frames go from 2 to 999."),
    "frames no number": (["--model", "demo", "--prompt", "x", "--frames", "few"], "Frames must be a whole number"),
    "no such motion": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--motion", "fast"],
        "There is no motion 'fast'; there are light, latent, prompt.",
    ),
    "no such easing": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--motion", "prompt", "--easing", "jump"],
        "There is no easing 'jump'",
    ),
    "an easing of a light motion": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--easing", "ease_in"],
        "--easing is for --motion latent or prompt",
    ),
    "variation": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--variation", "2"],
        "Variation goes from 0 to 1.",
    ),
    "end seeds of a light motion": (
        ["--model", "demo", "--prompt", "x", "--frames", "4", "--end-seed", "2"],
        "Only the latent motion goes to other seeds",
    ),
    "an option cut short": (["--model", "demo", "--prompt", "x", "--stepps", "3"], "--stepps"),
}


@pytest.mark.parametrize(("options", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_bad_input_is_one_sentence_and_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["generate", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert "usage" not in err
    assert not list(folder.iterdir())


@pytest.fixture
def photo(folder: Path) -> Path:
    """A wide picture, and a mask of it."""
    Image.radial_gradient("L").resize((300, 200)).convert("RGB").save(folder / "photo.jpg")
    mask = Image.new("L", (300, 200))
    mask.paste(255, (100, 50, 200, 150))
    mask.save(folder / "mask.png")
    return folder / "photo.jpg"


def test_a_picture_gives_the_job_its_shape_unless_a_size_is_given(
    photo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUICK, "--json", "--init-image", "photo.jpg", "--strength", "0.5"]) == 0
    record = json.loads(capfd.readouterr().out)
    assert (record["mode"], record["width"], record["height"], record["strength"]) == ("img2img", 152, 104, 0.5)
    assert record["init_image"] == str(photo)
    options = ["--init-image", "photo.jpg", "--mask", "mask.png", "--mask-blur", "4", "--size", "64x64"]
    assert main([*QUICK, "--json", *options]) == 0
    record = json.loads(capfd.readouterr().out)
    assert (record["mode"], record["width"], record["height"], record["mask_blur"]) == ("inpaint", 64, 64, 4)


def test_frames_are_printed_one_path_a_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ["--frames", "3", "--motion", "latent", "--end-seed", "9", "--easing", "ease_out", "--size", "64x64"]
    assert main([*QUICK, *options]) == 0
    paths = capfd.readouterr().out.splitlines()
    assert [path.partition("_a-red-apple")[2] for path in paths] == [f"_frame_{index:03}.png" for index in (1, 2, 3)]
    assert main(["show", paths[1]]) == 0
    shown = capfd.readouterr().out
    assert "2 of 3" in shown
    assert "frame prompts" not in shown


def test_a_strength_that_leaves_no_step_names_the_smallest_that_works(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model", "demo", "--prompt", "x", "--init-image", "photo.jpg"]
    assert main(["generate", *options, "--steps", "30", "--strength", "0.03"]) == 2
    assert "the smallest strength that works is 0.034." in capsys.readouterr().err


def test_a_refusal_does_not_import_torch(folder: Path) -> None:
    code = (
        "import sys; from sdxl_tui.cli import main; code = main(['generate', '--model', 'turbo', '--prompt', 'x']); "
        "print(code, [name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "2 []"


@pytest.mark.parametrize("command", ["generat", "frames"])
def test_an_unknown_command_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 2
    assert f"There is no command '{command}'" in capsys.readouterr().err


def test_a_job_that_fails_says_why_and_exits_1(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "output_images").write_text("a file")
    assert main(QUICK) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "output_images" in err
    assert "Traceback" not in err


def test_ctrl_c_stops_the_job_and_logs_it(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sdxl_tui", *QUICK[:-1], "200"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    log = folder / "logs" / "app_events.log"
    end = time.monotonic() + 120
    while not log.is_file() or " runs" not in log.read_text():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "Stopped at step" in err
    assert "Traceback" not in err
    [line] = (folder / "output_images" / "jobs.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["status"] == "cancelled"


def test_demo_without_a_terminal_makes_one_picture(folder: Path) -> None:
    answer = subprocess.run([sys.executable, "-m", "sdxl_tui", "demo"], capture_output=True, text=True, check=True)
    [path] = answer.stdout.splitlines()
    assert Image.open(folder / path).size == (128, 128)
    assert answer.stderr == ""


def test_the_lab_without_a_terminal_says_what_it_needs(folder: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "sdxl_tui"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert answer.returncode == 2
    assert "needs a terminal" in answer.stderr


@pytest.mark.parametrize(("options", "speed"), [([], "exact"), (["--speed", "fast"], "fast")])
def test_the_speed_is_the_settings_unless_it_is_given(
    options: list[str],
    speed: str,
    folder: Path,
    own_home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    own_home.mkdir(parents=True)
    (own_home / "settings.toml").write_text('speed = "exact"\n')
    assert main([*QUICK, "--json", *options]) == 0
    assert json.loads(capfd.readouterr().out)["speed_choice"] == speed


def test_a_speed_that_is_none_in_the_settings_is_a_sentence(
    folder: Path, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own_home.mkdir(parents=True)
    (own_home / "settings.toml").write_text('speed = "warp"\n')
    assert main(QUICK) == 2
    assert "must be one of eager, exact, fast, not 'warp'" in capfd.readouterr().err


def test_flags_beat_the_environment_and_that_beats_the_file(own_home: Path, folder: Path) -> None:
    own_home.mkdir(parents=True)
    (own_home / "settings.toml").write_text('output_dir = "from-file"\nlog_dir = "file-logs"\n')
    environ = os.environ | {"SDXL_TUI_OUTPUT_DIR": "from-environment"}
    command = [sys.executable, "-m", "sdxl_tui", *QUICK]
    answer = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert answer.stdout.startswith("from-environment/")
    assert (folder / "file-logs" / "app_events.log").is_file()
    answer = subprocess.run([*command, "--output-dir", "flag"], capture_output=True, text=True, env=environ, check=True)
    assert answer.stdout.startswith("flag/")
