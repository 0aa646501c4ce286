"""Deleting is moving to the trash."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.trash import to_trash

STAYS = "a.png stays where it is, as the trash does not take it: "


def test_a_picture_goes_to_the_trash_and_can_be_brought_back(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = folder / "[red]x é.png"
    picture.write_bytes(b"pixels")
    (folder / "jobs.log").write_text('{"outputs": ["a.png"]}\n')
    # In a process of its own: the library looks for the home's trash when it is imported.
    code = (
        "import sys, pathlib; from sdxl_tui.core.trash import to_trash; to_trash(pathlib.Path(sys.argv[1]))\n"
        "assert not {'torch', 'PIL', 'textual'} & set(sys.modules)"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    subprocess.run([sys.executable, "-c", code, picture], check=True, env=environment)
    assert not picture.exists()
    assert (tmp_path / "data" / "Trash" / "files" / picture.name).read_bytes() == b"pixels"
    (info,) = (tmp_path / "data" / "Trash" / "info").iterdir()
    assert "DeletionDate" in info.read_text()
    assert (folder / "jobs.log").read_text() == '{"outputs": ["a.png"]}\n'


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOENT, "File not found: x"), "a.png is not there any more."),
        (
            OSError(errno.EACCES, "Permission denied: x"),
            STAYS + "it, its folder or the trash may not be written to.",
        ),
        (
            OSError(errno.ENOSPC, "No space"),
            STAYS + "the disk of the trash is full.",
        ),
        (
            OSError("Trashing on\nsystem mounts is not supported"),
            STAYS + "Trashing on system mounts is not supported.",
        ),
        (OSError(), STAYS + "it does not say why."),
    ],
)
def test_what_the_trash_refuses_is_a_sentence_and_the_picture_stays(
    error: OSError, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise error

    monkeypatch.setattr("send2trash.send2trash", refuse)
    (tmp_path / "a.png").touch()
    with pytest.raises(UserError) as caught:
        to_trash(tmp_path / "a.png")
    assert str(caught.value) == sentence
    assert (tmp_path / "a.png").exists()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"b\.png is not there any more\."):
        to_trash(tmp_path / "b.png")
    with pytest.raises(UserError, match="is a folder: only pictures"):
        to_trash(tmp_path)
