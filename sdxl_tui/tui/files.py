"""Pictures on disk, as they are looked for: completions of a path, and the rows of a folder."""

from __future__ import annotations

import os
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size as shown_bytes
from sdxl_tui.tui.choices import Choice, Question
from sdxl_tui.tui.mode_fields import read_path

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOST_COMPLETIONS = 500
MOST_ROWS = 5000


def completions(text: str, suffixes: tuple[str, ...] = SUFFIXES) -> list[str]:
    """What a path can go on as: folders, with a slash behind them, and files of a kind, in the order of names.

    Takes its time where the folder is far away. Hidden ones only where the dot is typed, and no names that cannot be.
    """
    head, slash, stem = text.rpartition("/")
    folder = read_path(head + slash) or Path()
    try:
        with os.scandir(folder) as entries:
            found = [
                f"{head}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
                for entry in entries
                if entry.name.startswith(stem) and entry.name.startswith(".") == stem.startswith(".")
                if entry.name == one_line(entry.name) and _is_wanted(entry, suffixes)
            ]
    except (OSError, ValueError):
        return []
    return sorted(found)[:MOST_COMPLETIONS]


def folder_of(text: str, otherwise: Path) -> Path:
    """The folder to look into for a path that is typed so far: its own, else the one given, else the current one."""
    path = read_path(text)
    wanted = [] if path is None else [path, path.parent]
    return next((folder for folder in (*wanted, otherwise) if folder.is_dir()), Path())


def folder_question(field: str, folder: Path, chosen: str) -> Question:
    """What a folder holds, folders by name and then pictures, the newest first; raises OSError. Takes its time.

    ``chosen`` is the path that the form has, as it is typed.
    """
    folder = Path(os.path.abspath(folder))
    now = read_path(chosen)
    here = "" if now is None else os.path.abspath(now)
    folders: list[Choice] = []
    pictures: list[tuple[float, Choice]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not _is_wanted(entry):
                continue
            if entry.is_dir():
                folders.append(Choice(f"{folder / entry.name}/", f"{one_line(entry.name)}/"))
            else:
                state = entry.stat()
                about = one_line(entry.name)
                row = Choice(str(folder / entry.name), about, shown_bytes(state.st_size), about, picture=Path(entry))
                pictures.append((state.st_mtime, row))
    folders.sort(key=lambda row: row.name.casefold())
    pictures.sort(key=lambda pair: pair[0], reverse=True)
    up = (
        ()
        if folder.parent == folder
        else (Choice(f"{folder.parent}/", "../", about=one_line(f"{paths.shown(folder.parent)}/")),)
    )
    rows = (*up, *folders, *(row for _, row in pictures))[:MOST_ROWS]
    return Question(field, f"in {one_line(folder.name)}/", rows, here, parent=f"{folder.parent}/", files=True)


def _is_wanted(entry: os.DirEntry[str], suffixes: tuple[str, ...] = SUFFIXES) -> bool:
    try:
        return entry.is_dir() or (entry.name.lower().endswith(suffixes) and entry.is_file())
    except OSError:
        return False
