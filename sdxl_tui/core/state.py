"""``state.json``: what the lab remembers by itself between two starts."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

from sdxl_tui.core import paths

_turn = threading.Lock()
"""Held from reading to writing."""

LEFT = "left"
TRIES = 20
"""How often, a hundredth of a second apart, another lab's write is waited for."""
MOST_FOLDERS = 50
"""Output folders whose labs are remembered: those that were left last."""


def load_seconds(model_id: str) -> float | None:
    """Seconds the last load of this model from its files took here; None: it was never loaded."""
    known = _read().get("load_seconds")
    return _number(known.get(model_id)) if isinstance(known, dict) else None


def remember_load_seconds(model_id: str, seconds: float) -> None:
    """Keep how long a load took, for the next one's progress; a state that cannot be written is no error."""
    _change("load_seconds", lambda known: known | {model_id: round(seconds, 2)})


def switch_seconds() -> dict[str, float]:
    """Seconds the last switch to a model took here, by where it came from: ``VRAM``, ``RAM``."""
    known = _read().get("switch_seconds")
    found = {tier: _number(value) for tier, value in known.items()} if isinstance(known, dict) else {}
    return {tier: value for tier, value in found.items() if value is not None}


def remember_switch_seconds(tier: str, seconds: float) -> None:
    """Keep how long a switch took; a state that cannot be written is no error."""
    _change("switch_seconds", lambda known: known | {tier: round(seconds, 4)})


def vram_ratios() -> dict[str, list[float]]:
    """By speed: what the last jobs took of the card, each as a multiple of what was estimated."""
    known = _read().get("vram_ratios")
    if not isinstance(known, dict):
        return {}
    numbers = {speed: [_number(one) for one in ratios] for speed, ratios in known.items() if isinstance(ratios, list)}
    return {speed: [one for one in ratios if one is not None and one > 0] for speed, ratios in numbers.items()}


def remember_vram_ratios(speed: str, ratios: list[float]) -> None:
    """Keep them; a state that cannot be written is no error."""
    _change("vram_ratios", lambda known: known | {speed: ratios})


def kept_warm() -> frozenset[str]:
    """Ids of the models that are to be read into host RAM each day."""
    marks = _read().get("keep_warm")
    return frozenset(name for name, is_on in marks.items() if is_on is True) if isinstance(marks, dict) else frozenset()


def keep_warm(model_id: str, on: bool) -> None:
    """Mark a model to be read into host RAM each day, or no longer; a state that cannot be written is no error."""
    _change(
        "keep_warm",
        lambda marks: {**{name: True for name in marks if name != model_id}, **({model_id: True} if on else {})},
    )


def file_hash(file: Path) -> str:
    """The SHA-256 of a file that was hashed before and is as it was then; empty: it was not, or has changed."""
    known = _read().get("file_hashes")
    entry = known.get(str(file)) if isinstance(known, dict) else None
    try:
        status = file.stat()
    except OSError:
        return ""
    as_it_was = isinstance(entry, list) and entry[:2] == [status.st_size, status.st_mtime_ns] and len(entry) == 3
    return str(entry[2]) if as_it_was and isinstance(entry, list) else ""


def remember_file_hash(file: Path, size: int, changed: int, digest: str) -> None:
    """Keep a file's SHA-256 with the size and the time of change (in ns) that it had; that is no error if it fails."""
    _change("file_hashes", lambda known: known | {str(file): [size, changed, digest]})


def left_in(folder: Path) -> dict[str, Any]:
    """How the lab of an output folder was left; empty: it never was, or that cannot be read."""
    known = _read().get(LEFT)
    left = known.get(os.path.realpath(folder)) if isinstance(known, dict) else None
    return left if isinstance(left, dict) else {}


def leave_in(folder: Path, left: Mapping[str, Any]) -> bool:
    """Keep how the lab of an output folder is left; return whether that is on disk."""
    place = os.path.realpath(folder)

    def change(known: dict[str, Any]) -> dict[str, Any]:
        others = {name: value for name, value in known.items() if name != place}
        for name in list(others)[: max(0, len(others) - MOST_FOLDERS + 1)]:
            del others[name]
        return {**others, place: dict(left)}

    return _change(LEFT, change)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _change(topic: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bool:
    """Change a topic in the file as it is now; return whether that is on disk."""
    with _turn, _alone():
        state = _read()
        known = state.get(topic)
        state[topic] = change(known if isinstance(known, dict) else {})
        file = _file()
        scratch = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
            scratch.replace(file)
        except (OSError, ValueError):
            with suppress(OSError):  # of a read-only disk not even what is not there can be removed
                scratch.unlink(missing_ok=True)
            return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other labs from writing meanwhile, where the disk has locks and none of them is stuck."""
    descriptor = None
    try:
        with suppress(OSError):
            file = _file()
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
            for _ in range(TRIES):
                with suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                sleep(0.01)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _file() -> Path:
    return paths.state_dir() / "state.json"


def _read() -> dict[str, Any]:
    try:
        state = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
