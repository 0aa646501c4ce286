"""Every setting with its default; flag > environment SDXL_TUI_<NAME> > settings.toml > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.prompt_syntax import A1111, SYNTAXES
from sdxl_tui.core.setting_kinds import (
    AT_ONCE,
    AUTO,
    Gibibytes,
    Group,
    HostDir,
    Kind,
    OneOf,
    Whole,
    WholeOrAuto,
    kind_of,
)
from sdxl_tui.core.speeds import FAST, SPEEDS
from sdxl_tui.core.toml import read_toml

PREFIX = "SDXL_TUI_"
ENVIRONMENT = f"the environment ({PREFIX}…)"
COMMAND_LINE = "the command line"
KEYS_TABLE = "keys"
"""The table of settings.toml that is no setting: the user's own keys, which ``own_keys`` reads."""

IMAGES = ("auto", "half", "quad", "sext", "oct", "kitty", "sixel", "off")

PLACES, JOBS, MEMORY, LOOKS, SCREEN = (
    Group(name) for name in ("places", "jobs", "memory", "what it looks like", "the link")
)


@dataclass(frozen=True)
class Settings:
    """What the user can set once for all jobs.

    A field says its type and default, what values there are (a kind; without one any of its type), the group it is
    listed in, and AT_ONCE where another value need not wait for the next start; the text below it is its meaning.
    ``setting_specs`` reads all of that for the Settings screen.
    """

    output_dir: Annotated[Path, PLACES] = Path("output_images")
    """Where pictures and jobs.log go; a relative path is taken from the current folder."""

    log_dir: Annotated[Path, PLACES] = Path("logs")
    """Where app_events.log goes."""

    lora_dir: Annotated[str, PLACES] = ""
    """Folders of LoRA files (``.safetensors``, subfolders too), several with ``:`` between; empty: ``loras`` in the
    config folder."""

    checkpoint_dir: Annotated[str, PLACES] = ""
    """A folder of single-file checkpoints (``.safetensors``, as A1111 and ComfyUI have them), with what is in it;
    several are written with ``:`` between them."""

    host_dir: Annotated[str, PLACES, HostDir(), AT_ONCE] = ""
    """In a container: the host's name of the current folder, such as ``/srv/lab``, or pairs of the container's
    folder and the host's, such as ``/app=/srv/lab,/data=/mnt/data``. Paths that are copied are the host's then;
    what ``generate`` prints stays as the container has it, for the scripts that run there."""

    device: Annotated[str, JOBS, OneOf(("auto", "cuda", "cpu"))] = "auto"
    """``cuda``, ``cpu``, or ``auto``: the GPU when torch sees one."""

    model: Annotated[str, JOBS] = ""
    """The model that is chosen at the start; empty: the first one that is ready. It is offered, not loaded."""

    keep_vram: Annotated[str, MEMORY, Gibibytes(may_be_auto=True), AT_ONCE] = AUTO
    """GiB of VRAM for models that were used before, so that going back to one takes milliseconds; 0: none; ``auto``:
    what leaves the largest job of the day its room."""

    keep_ram: Annotated[str, MEMORY, Gibibytes(may_be_auto=True), AT_ONCE] = AUTO
    """GiB of host RAM for the models that have no room in VRAM or are marked to be kept there; 0: none; ``auto``: half
    of what can be taken without swapping."""

    job_vram: Annotated[str, MEMORY, Gibibytes(), AT_ONCE] = "16"
    """GiB of VRAM that ``keep_vram = "auto"`` leaves free until a job has run and shown what it takes."""

    prompt_syntax: Annotated[str, JOBS, OneOf(SYNTAXES), AT_ONCE] = A1111
    """``a1111``: ``(word:1.2)``, ``[word]``, BREAK, ``{a|b}`` and ``__wildcard__`` in prompts mean what they do there;
    ``plain``: every sign is sent as it is."""

    speed: Annotated[str, JOBS, OneOf(tuple(SPEEDS)), AT_ONCE] = FAST
    """``fast``, ``exact`` or ``eager``, for every job that does not say its own: ``exact`` makes the very pictures of
    stock diffusers, ``fast`` is quicker still and makes pictures as good; where they cannot run, jobs are eager."""

    tiles: Annotated[str, MEMORY, OneOf(("auto", "on", "off")), AT_ONCE] = "auto"
    """Whether large pictures are encoded, denoised from a picture, and decoded in overlapping tiles, which takes the
    memory of one tile: ``auto``: beyond four times the area the model was trained on (2048x2048), and wherever there is
    no room for the whole; ``on``: whatever is larger than one tile; ``off``: never, so no room is an error."""

    vram_check: Annotated[str, MEMORY, OneOf(("on", "off")), AT_ONCE] = "on"
    """Whether a job is compared with the free memory of the card before it is sent: ``on`` says at once, while it is
    typed too, when it would not fit; ``off`` sends every job as it is."""

    vram_fit: Annotated[str, MEMORY, OneOf(("ask", "always")), AT_ONCE] = "ask"
    """What becomes of a job that would not fit: ``ask`` shows what could be done; ``always`` takes the gentlest way by
    itself, the same pictures before others, and says which."""

    vram_reserve: Annotated[str, MEMORY, Gibibytes(), AT_ONCE] = "0.5"
    """GiB of VRAM that no job may count on: room for the others on the card, and for what the estimate is off."""

    when_full: Annotated[str, MEMORY, OneOf(("retry", "fail")), AT_ONCE] = "retry"
    """What follows when the card is full in the middle of a job: ``retry`` gives memory back and runs it once more in
    the next gentler way; ``fail`` ends it with a suggestion. The next job runs either way."""

    theme: Annotated[str, LOOKS, OneOf(("safelight", "lightbox")), AT_ONCE] = "safelight"
    """``safelight``, a darkroom, or ``lightbox``, a light table; F2 changes it for the session."""

    colours: Annotated[str, LOOKS, OneOf(("auto", "truecolor", "256", "16", "none"))] = "auto"
    """What the terminal can show: ``truecolor``, ``256``, ``16``, ``none``, or ``auto``: as COLORTERM and TERM say.

    NO_COLOR in the environment means ``none`` whatever stands here.
    """

    glyphs: Annotated[str, LOOKS, OneOf(("unicode", "ascii")), AT_ONCE] = "unicode"
    """``ascii`` for a terminal or a font without the lab's signs."""

    images: Annotated[str, LOOKS, OneOf(IMAGES), AT_ONCE] = "auto"
    """How pictures are shown: in cells of two colours and ``half``, ``quad``, ``sext`` or ``oct`` (two, four, six or
    eight) parts; by the terminal itself, ``kitty`` or ``sixel``; ``off``; or ``auto``: as the terminal is known to do
    best, in cells where a network lies between. F3 changes it for the session, F9 says why."""

    link_bytes: Annotated[int | str, SCREEN, WholeOrAuto(2_000, 1_000_000_000), AT_ONCE] = "auto"
    """Bytes a second that the link to the terminal takes, before any compression: words come first, pictures get what
    is left, and previews and playing frames have as many cells as that allows. ``auto`` learns it from what waits on
    the way; 100,000 suits a line of 1 Mbit/s."""

    previews: Annotated[str, SCREEN, OneOf(("on", "off")), AT_ONCE] = "on"
    """``off``: a picture is shown when it is done, and nothing of it before; F8 changes it for the session."""

    preview_seconds: Annotated[int, SCREEN, Whole(1, 3_600), AT_ONCE] = 2
    """Seconds from one preview of the running job to the next, at the least: a thin link may ask for more."""

    title: Annotated[str, SCREEN, OneOf(("on", "off")), AT_ONCE] = "on"
    """``on``: the terminal's title tells the running job's step, how many wait, and the model; it is changed once a
    second at most, and given back at the end. In tmux it is the pane's title; ``set -g set-titles on`` passes it on."""

    notify: Annotated[str, SCREEN, OneOf(("off", "bell", "osc9", "osc777")), AT_ONCE] = "off"
    """How you are told what ended while you look elsewhere: ``bell``; ``osc9`` (iTerm2, kitty, WezTerm, Windows
    Terminal) or ``osc777`` (foot, kitty, Ghostty, urxvt): a notification of your desktop. You look elsewhere when the
    terminal says that it has lost the focus, or, where it never says (tmux does with ``focus-events on``), ten seconds
    after a key. tmux passes notifications on with ``allow-passthrough on`` while the lab's window is shown, with
    ``all`` (tmux 3.4) from any window; else the bell rings."""

    notify_about: Annotated[str, SCREEN, OneOf(("queue", "job")), AT_ONCE] = "queue"
    """What you are told: ``queue``: when nothing waits any more; ``job``: of every job. What failed, and a queue that
    stopped by itself, is told in any case."""

    join_jobs: Annotated[str, JOBS, OneOf(("off", "on")), AT_ONCE] = "off"
    """``on``: waiting jobs that differ in their words and seeds only run in one pass, as a batch would. Each keeps its
    own pictures, log line (which says with whom it ran) and cancel; pictures differ as they do in a batch."""

    join_pictures: Annotated[int, JOBS, Whole(2, 64), AT_ONCE] = 4
    """The most pictures of such a pass."""

    fewest_switches: Annotated[str, JOBS, OneOf(("off", "on")), AT_ONCE] = "off"
    """``on``: of the waiting jobs those of the model in use run first; none is overtaken more than eight times."""

    hold_when_full: Annotated[str, JOBS, OneOf(("on", "off")), AT_ONCE] = "on"
    """``on``: when a job fails for want of memory, or because the disk takes nothing more, the queue pauses, so that
    the jobs behind it do not fail likewise; ``off``: they run all the same. It counts in the lab."""

    queue_done_command: Annotated[str, JOBS, AT_ONCE] = ""
    """A shell command that runs when the last waiting job has ended; it learns from SDXL_TUI_DONE, SDXL_TUI_FAILED,
    SDXL_TUI_CANCELLED and SDXL_TUI_OUTPUT_DIR how that went. Empty: none."""


def settings_file() -> Path:
    """Where the user's settings lie, whether there are any or not."""
    return paths.config_dir() / "settings.toml"


def load_settings(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force; raise UserError that names the source of a bad one."""
    settings = Settings()
    file = settings_file()
    if file.is_file():
        written = {name: value for name, value in read_toml(file).items() if name != KEYS_TABLE}
        settings = _overlaid(settings, written, str(paths.shown(file)), strict=True)
    settings = _overlaid(settings, from_environment(environ), ENVIRONMENT, strict=True)
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    return _overlaid(settings, given, COMMAND_LINE, strict=False)


def from_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment holds, as they stand there; an empty variable says nothing."""
    environ = os.environ if environ is None else environ
    return {name: environ[PREFIX + name.upper()] for name in kinds() if environ.get(PREFIX + name.upper())}


@cache
def kinds() -> Mapping[str, Kind]:
    """What values each setting can have, by its name."""
    return {name: kind_of(*marks_of(name)) for name in field_types()}


@cache
def field_types() -> Mapping[str, Any]:
    """The types of the settings, with what is written beside them."""
    return get_type_hints(Settings, include_extras=True)


def marks_of(name: str) -> tuple[Any, tuple[Any, ...]]:
    """The type of a setting, and what is written beside it."""
    annotation = field_types()[name]
    return getattr(annotation, "__origin__", annotation), getattr(annotation, "__metadata__", ())


def read_setting(name: str, value: Any, source: str) -> Any:
    """Return a value as the lab uses it; raise UserError that names the setting and where the value comes from.

    ``source`` is empty for what was just typed.
    """
    known = kinds()
    if name not in known:
        place = f" in {source}" if source else ""
        raise UserError(f"'{name}'{place} is no setting; there are {', '.join(sorted(known))}.")
    return known[name].read(name, value, source)


def choices_of(name: str) -> tuple[str, ...]:
    """The values of a setting that is one of several."""
    kind = kinds()[name]
    return kind.choices if isinstance(kind, OneOf) else ()


def _overlaid(settings: Settings, values: Mapping[str, Any], source: str, *, strict: bool) -> Settings:
    known = kinds()
    wanted = {name: value for name, value in values.items() if strict or name in known}
    return replace(settings, **{name: read_setting(name, value, source) for name, value in wanted.items()})
