"""Every setting with its default; flag > environment SDXL_TUI_<NAME> > settings.toml > default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.prompt_syntax import A1111, SYNTAXES
from sdxl_tui.core.speeds import FAST, SPEEDS
from sdxl_tui.core.toml import read_toml

CHOICES = {
    "device": ("auto", "cuda", "cpu"),
    "theme": ("safelight", "lightbox"),
    "colours": ("auto", "truecolor", "256", "16", "none"),
    "glyphs": ("unicode", "ascii"),
    "images": ("half", "kitty", "sixel", "off"),
    "prompt_syntax": SYNTAXES,
    "previews": ("on", "off"),
    "join_jobs": ("off", "on"),
    "fewest_switches": ("off", "on"),
    "speed": tuple(SPEEDS),
}
"""The values of the settings that are one of several."""

AUTO = "auto"
AMOUNTS = {"keep_vram": True, "keep_ram": True, "job_vram": False}
"""The settings that are amounts of memory in GiB; True: they may also be ``auto``."""

RANGES = {"play_bytes": (2_000, 1_000_000_000), "preview_seconds": (1, 3_600), "join_pictures": (2, 64)}
"""The lowest and the highest value of the settings that are whole numbers."""


@dataclass(frozen=True)
class Settings:
    """What the user can set once for all jobs."""

    output_dir: Path = Path("output_images")
    """Where pictures and jobs.log go; a relative path is taken from the current folder."""

    log_dir: Path = Path("logs")
    """Where app_events.log goes."""

    checkpoint_dir: str = ""
    """A folder of single-file checkpoints (``.safetensors``, as A1111 and ComfyUI have them), with what is in it;
    several are written with ``:`` between them."""

    device: str = "auto"
    """``cuda``, ``cpu``, or ``auto``: the GPU when torch sees one."""

    model: str = ""
    """The model that is chosen at the start; empty: the first one that is ready. It is offered, not loaded."""

    keep_vram: str = AUTO
    """GiB of VRAM for models that were used before, so that going back to one takes milliseconds; 0: none; ``auto``:
    what leaves the largest job of the day its room."""

    keep_ram: str = AUTO
    """GiB of host RAM for the models that have no room in VRAM or are marked to be kept there; 0: none; ``auto``: half
    of what can be taken without swapping."""

    job_vram: str = "16"
    """GiB of VRAM that ``keep_vram = "auto"`` leaves free until a job has run and shown what it takes."""

    prompt_syntax: str = A1111
    """``a1111``: ``(word:1.2)``, ``[word]``, BREAK, ``{a|b}`` and ``__wildcard__`` in prompts mean what they do there;
    ``plain``: every sign is sent as it is."""

    speed: str = FAST
    """``fast``, ``exact`` or ``eager``, for every job that does not say its own: ``exact`` makes the very pictures of
    stock diffusers, ``fast`` is quicker still and makes pictures as good; where they cannot run, jobs are eager."""

    theme: str = "safelight"
    """``safelight``, a darkroom, or ``lightbox``, a light table; F2 changes it for the session."""

    colours: str = "auto"
    """What the terminal can show: ``truecolor``, ``256``, ``16``, ``none``, or ``auto``: as COLORTERM and TERM say.

    NO_COLOR in the environment means ``none`` whatever stands here.
    """

    glyphs: str = "unicode"
    """``ascii`` for a terminal or a font without the lab's signs."""

    images: str = "half"
    """How pictures are shown: ``half`` cells work everywhere; ``kitty`` and ``sixel`` where the terminal has them; or
    ``off``."""

    play_bytes: int = 100_000
    """Bytes a second that playing a sequence may send to the terminal, before any compression: frames are shown in as
    many cells as that allows. 100,000 suits a line of 1 Mbit/s; on the same machine a million does no harm."""

    previews: str = "on"
    """``off``: a picture is shown when it is done, and nothing of it before; F8 changes it for the session."""

    preview_seconds: int = 2
    """Seconds from one preview of the running job to the next, at the least: ``play_bytes`` may ask for more."""

    join_jobs: str = "off"
    """``on``: waiting jobs that differ in their words and seeds only run in one pass, as a batch would. Each keeps its
    own pictures, log line (which says with whom it ran) and cancel; pictures differ as they do in a batch."""

    join_pictures: int = 4
    """The most pictures of such a pass."""

    fewest_switches: str = "off"
    """``on``: of the waiting jobs those of the model in use run first; none is overtaken more than eight times."""


def load_settings(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force; raise UserError that names the source of a bad one."""
    environ = os.environ if environ is None else environ
    settings = Settings()
    file = paths.config_dir() / "settings.toml"
    if file.is_file():
        settings = _overlaid(settings, read_toml(file), str(paths.shown(file)), strict=True)
    prefix = "SDXL_TUI_"
    from_environment = {
        field.name: environ[prefix + field.name.upper()]
        for field in fields(Settings)
        if environ.get(prefix + field.name.upper())
    }
    settings = _overlaid(settings, from_environment, "the environment (SDXL_TUI_…)", strict=True)
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    return _overlaid(settings, given, "the command line", strict=False)


def _overlaid(settings: Settings, values: Mapping[str, Any], source: str, *, strict: bool) -> Settings:
    known = {field.name for field in fields(Settings)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            if strict:
                raise UserError(f"'{name}' in {source} is no setting; there are {', '.join(sorted(known))}.")
            continue
        changes[name] = _checked(name, value, source)
    return replace(settings, **changes)


def _checked(name: str, value: Any, source: str) -> Any:
    if name in RANGES:
        return _whole(name, value, source)
    if name in AMOUNTS:
        return _amount(name, value, source)
    if not isinstance(value, (str, Path)):
        raise UserError(f"'{name}' in {source} must be a text in quotes, not {value!r}.")
    if name in ("output_dir", "log_dir"):
        return Path(value).expanduser()
    if name in CHOICES and value not in CHOICES[name]:
        raise UserError(f"'{name}' in {source} must be one of {', '.join(CHOICES[name])}, not '{value}'.")
    return str(value)


def _whole(name: str, value: Any, source: str) -> int:
    lowest, highest = RANGES[name]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = str(value).strip().replace("_", "")
    if not (is_number or isinstance(value, str)) or not text.isdecimal() or not lowest <= int(text) <= highest:
        raise UserError(f"'{name}' in {source} must be a whole number from {lowest} to {highest}, not '{value}'.")
    return int(text)


def _amount(name: str, value: Any, source: str) -> str:
    text = str(value).strip().lower()
    is_number = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if text == AUTO and AMOUNTS[name]:
        return text
    if not is_number or not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        may_be_auto = f'"{AUTO}" or ' if AMOUNTS[name] else ""
        raise UserError(f"'{name}' in {source} must be {may_be_auto}a number of GiB such as 24, not '{value}'.")
    return text
