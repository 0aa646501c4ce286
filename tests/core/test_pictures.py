from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from sd_parsers import ParserManager

from sdxl_tui.core import joblog, pictures
from sdxl_tui.core.errors import UserError
from tests.core.records import NASTY_PROMPTS, encoding, job_record

CARRIED = {
    "windows lines": "a red fox\nin deep snow",
    "negative at a line start": "a fox\nNegative\xa0prompt: a dog",
    "negative inside": "a fox Negative\xa0prompt: a dog, Negative\xa0prompt: two",
    "line separators": "a\u2028b\u2029c\x85de",
    "half of a surrogate pair": "a fox \N{REPLACEMENT CHARACTER}",
    "escape sequence": "a [31mred[0m fox \x9b2J",
}
"""What other readers see of the prompts that their format cannot carry as they are."""


def save(folder: Path, index: int = 0, image: Image.Image | None = None, **changes: Any) -> Path:
    image = image or Image.radial_gradient("L").resize((64, 48)).convert("RGB")
    return pictures.save_picture(encoding(image), folder, job_record(**changes), index, "DPM++ 2M", "Karras")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("A red fox, in the SNOW!", "a-red-fox-in-the-snow"),
        ("Café Größe ½", "cafe-grosse-1-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("fox日本cat", "fox-cat"),
        ("日本 🦊", "picture"),
        ("", "picture"),
        ("x" * 59 + " yz", "x" * 59),
        ("x" * 500, "x" * 60),
    ],
)
def test_slug(prompt: str, slug: str) -> None:
    assert pictures.slug(prompt) == slug


def test_names_are_as_agreed() -> None:
    name = pictures.picture_name("20261123-174900-ab12cd", "a-red-fox", 123456, 1)
    assert name == "20261123-174900_a-red-fox_seed123456_01.png"
    again = pictures.picture_name("20261123-174900-ab12cd", "a-red-fox", 123456, 12, attempt=3)
    assert again == "20261123-174900_a-red-fox-3_seed123456_12.png"


def test_a_job_id_from_a_file_cannot_leave_the_folder(tmp_path: Path) -> None:
    path = save(tmp_path / "out", job_id="../../my job")
    assert path.parent == tmp_path / "out"
    assert path.name == "my-job_a-red-fox_seed123456_01.png"


def test_a_picture_is_saved_whole_and_alone(tmp_path: Path) -> None:
    image = Image.radial_gradient("L").resize((64, 48)).convert("RGB")
    path = save(tmp_path / "new" / "folder", index=1, image=image)
    assert names(path.parent) == ["20261123-174900_a-red-fox_seed123456_02.png"]
    with Image.open(path) as saved:
        assert saved.format == "PNG"
        assert saved.tobytes() == image.tobytes()
    assert path.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("name", NASTY_PROMPTS)
def test_our_own_chunk_is_the_truth(tmp_path: Path, name: str) -> None:
    prompt = NASTY_PROMPTS[name]
    record = job_record(prompt=prompt, styled_prompt=prompt + ", style", style="[red], a: b", unknown={"k": [1]})
    path = pictures.save_picture(encoding(), tmp_path, record, 1, "Euler", "Uniform")
    assert pictures.read_record(path) == {**record, "image_index": 1}


@pytest.mark.parametrize("name", NASTY_PROMPTS)
def test_another_reader_finds_the_settings(tmp_path: Path, name: str) -> None:
    prompt = NASTY_PROMPTS[name]
    expected = CARRIED.get(name, prompt.strip())
    path = save(tmp_path, 1, styled_prompt=prompt, styled_negative_prompt=f"no {prompt}", style="Anime / Vibrant, a: b")
    found = ParserManager().parse(path)
    assert found is not None
    (sampler,) = found.samplers
    assert [str(text) for text in sampler.prompts] == [expected]
    negative = f"no {prompt}".strip() if name not in CARRIED else f"no {expected}"
    assert [str(text) for text in sampler.negative_prompts] == [negative]
    assert (sampler.name, sampler.parameters["scheduler"]) == ("DPM++ 2M", "Karras")
    assert (sampler.parameters["seed"], sampler.parameters["steps"]) == ("123457", "30")
    assert sampler.parameters["cfg_scale"] == "7"
    assert sampler.model is not None
    assert sampler.model.name == "RealVisXL_V5.0"
    assert found.metadata["Style"] == "Anime / Vibrant a b"
    assert found.metadata["Size"] == "1024x768"


def test_another_jobs_picture_is_never_overwritten(tmp_path: Path) -> None:
    paths = [save(tmp_path, job_id=f"20261123-174900-00000{number}") for number in range(3)]
    assert [path.name for path in paths] == [
        "20261123-174900_a-red-fox_seed123456_01.png",
        "20261123-174900_a-red-fox-2_seed123456_01.png",
        "20261123-174900_a-red-fox-3_seed123456_01.png",
    ]
    assert [pictures.read_record(path)["job_id"][-1] for path in paths] == ["0", "1", "2"]


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_whatever_has_the_name_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr("os.link", refuse(errno.EPERM))
    taken = tmp_path / "20261123-174900_a-red-fox_seed123456_01.png"
    taken.write_bytes(b"somebody's")
    (tmp_path / "20261123-174900_a-red-fox-2_seed123456_01.png").mkdir()
    path = save(tmp_path)
    assert path.name == "20261123-174900_a-red-fox-3_seed123456_01.png"
    assert pictures.read_record(path)["prompt"] == "a red fox"
    assert taken.read_bytes() == b"somebody's"
    assert len(names(tmp_path)) == 3


def test_a_job_that_runs_again_takes_over_what_it_left(tmp_path: Path) -> None:
    other = save(tmp_path, job_id="20261123-174900-other0", image=Image.new("RGB", (8, 8), "blue"))
    left = save(tmp_path, image=Image.new("RGB", (8, 8), "red"))
    again = save(tmp_path, image=Image.new("RGB", (8, 8), "lime"))
    assert again == left != other
    with Image.open(again) as saved:
        assert saved.getpixel((0, 0)) == (0, 255, 0)
    assert len(names(tmp_path)) == 2


def test_a_picture_that_is_logged_is_not_taken_over(tmp_path: Path) -> None:
    logged = save(tmp_path)
    joblog.append(tmp_path, job_record(status="cancelled", outputs=[logged.name]))
    joblog.append(tmp_path, {"outputs": None})
    assert save(tmp_path) != logged
    assert save(tmp_path, index=1).name == "20261123-174900_a-red-fox_seed123456_02.png"


def refuse(number: int) -> Any:
    def raise_it(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return raise_it


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The pictures are not saved: no space in {}; free some."),
        (errno.EDQUOT, "The pictures are not saved: the quota for {} is used up; free some."),
        (
            errno.EACCES,
            "The pictures are not saved: {} may not be written to; mend its rights or choose another folder.",
        ),
    ],
)
@pytest.mark.parametrize("call", ["os.write", "os.fsync"])
def test_what_the_disk_refuses_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, sentence: str
) -> None:
    monkeypatch.setattr(call, refuse(number))
    with pytest.raises(UserError) as refused:
        save(tmp_path)
    assert str(refused.value) == sentence.format(tmp_path)
    assert names(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file; choose a folder"):
        save(tmp_path / "file")


def test_stale_temporaries_of_dead_processes_go_and_others_stay(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = "".join(letter for letter in socket.gethostname().lower() if letter.isascii() and letter.isalnum()) or "host"
    dead, alive = f".sdxl-tui-{host}-{gone.pid}-0a.png.tmp", f".sdxl-tui-{host}-{os.getpid()}-0b.png.tmp"
    elsewhere, old = f".sdxl-tui-not{host}-{gone.pid}-0c.png.tmp", f".sdxl-tui-not{host}-{gone.pid}-0d.png.tmp"
    foreign, picture = ".other.png.tmp", "20261123-174900_a-red-fox_seed1_01.png"
    for name in (dead, alive, elsewhere, old, foreign, picture):
        (tmp_path / name).touch()
    os.utime(tmp_path / old, (time.time() - 7200, time.time() - 7200))
    os.utime(tmp_path / foreign, (0, 0))
    pictures.clean_stale(tmp_path)
    assert names(tmp_path) == sorted([alive, elsewhere, foreign, picture])
    pictures.clean_stale(tmp_path / "nowhere")


def test_a_killed_save_leaves_only_what_is_cleaned(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from sdxl_tui.core import pictures\nfrom tests.core.records import encoding, job_record\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)\n"
        "pictures.save_picture(encoding(), Path(sys.argv[1]), job_record(), 0, 'Euler', 'Uniform')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], timeout=60)
    assert killed.returncode == -9
    assert [name.startswith(".") for name in names(tmp_path)] == [True]
    pictures.clean_stale(tmp_path)
    assert names(tmp_path) == []


def test_the_hash_is_of_the_pixels_alone() -> None:
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    assert encoding(image).pixels_sha256 == hashlib.sha256(bytes([1, 2, 3, 1, 2, 3])).hexdigest()


def test_settings_are_read_where_another_program_put_them(tmp_path: Path) -> None:
    path, late = save(tmp_path), tmp_path / "late.png"
    data = path.read_bytes()
    start = data.index(b"iTXtsdxl_tui") - 4
    end = start + int.from_bytes(data[start : start + 4], "big") + 12
    late.write_bytes(data[:start] + data[end:-12] + data[start:end] + data[-12:])
    assert pictures.read_record(late) == pictures.read_record(path)


def broken_files(folder: Path) -> dict[str, Path]:
    whole = save(folder).read_bytes()
    files = {
        "cut": whole[:200],
        "empty": b"",
        "text": b"a red fox",
        "signature": whole[:8],
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("sdxl_tui", '{"cut')
    Image.new("RGB", (8, 8)).save(folder / "chunk.png", pnginfo=chunks)
    Image.new("RGB", (8, 8)).save(folder / "plain.png")
    Image.new("RGB", (8, 8)).save(folder / "plain.jpg")
    (folder / "half.png").write_bytes((folder / "plain.png").read_bytes()[:-30])
    os.mkfifo(folder / "pipe")
    return {path.name: path for path in folder.iterdir()} | {"missing": folder / "missing", "folder": folder}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "There is no file "),
        ("folder", " is a folder: name one picture in it."),
        ("empty", "empty is not a picture."),
        ("text", "text is not a picture."),
        ("pipe", "pipe is not a picture."),
        ("cut", "cut is cut off or damaged: copy it again."),
        ("signature", "signature is cut off or damaged: copy it again."),
        ("chunk.png", "chunk.png is cut off or damaged: copy it again."),
        ("half.png", "half.png is cut off or damaged: copy it again."),
        ("plain.png", "plain.png was not made by this lab"),
        ("plain.jpg", "plain.jpg was not made by this lab"),
    ],
)
def test_why_a_file_has_no_settings_is_a_sentence(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        pictures.read_record(broken_files(tmp_path)[name])
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path)
    monkeypatch.setattr("PIL.Image.open", refuse(errno.EACCES))
    with pytest.raises(UserError, match="may not be read"):
        pictures.read_record(path)
