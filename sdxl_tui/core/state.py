"""``state.json``: what the lab remembers by itself between two starts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths


def load_seconds(model_id: str) -> float | None:
    """Seconds the last load of this model took here; None: it was never loaded."""
    seconds = _read().get("load_seconds", {}).get(model_id)
    return float(seconds) if isinstance(seconds, (int, float)) else None


def remember_load_seconds(model_id: str, seconds: float) -> None:
    """Keep how long a load took, for the next one's progress; a state that cannot be written is no error."""
    state = _read()
    state.setdefault("load_seconds", {})[model_id] = round(seconds, 2)
    file = _file()
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        scratch.replace(file)
    except OSError:
        scratch.unlink(missing_ok=True)


def _file() -> Path:
    return paths.state_dir() / "state.json"


def _read() -> dict[str, Any]:
    try:
        state = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and isinstance(state.get("load_seconds", {}), dict) else {}
