"""Where things lie: XDG folders by default, one folder when SDXL_TUI_HOME is set."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "sdxl-tui"


def config_dir() -> Path:
    """Folder of ``settings.toml``, ``models.toml`` and the user's ``styles/``."""
    return _home_or(platformdirs.user_config_path(APP))


def state_dir() -> Path:
    """Folder of ``state.json``."""
    return _home_or(platformdirs.user_state_path(APP))


def cache_dir() -> Path:
    """Folder of what can be made again, such as compiled kernels."""
    return _home_or(platformdirs.user_cache_path(APP))


def converted_dir() -> Path:
    """Folder of the models that were converted to safetensors, each as the hub cache names its repo."""
    return cache_dir() / "converted"


def hub_cache_dir() -> Path:
    """The Hugging Face hub cache by the hub's own rules: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub."""
    if hub_cache := os.environ.get("HF_HUB_CACHE"):
        return Path(hub_cache).expanduser()
    if hf_home := os.environ.get("HF_HOME"):
        return Path(hf_home).expanduser() / "hub"
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache_home).expanduser() / "huggingface" / "hub"


def _home_or(default: Path) -> Path:
    home = os.environ.get("SDXL_TUI_HOME")
    return Path(home).expanduser() if home else default


def shown(path: Path) -> str:
    """A path as people write it: ``~`` for their home."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)
