"""What this machine has, looked at without torch: each finding with what to do when it is in the way."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import resource
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.check import READY, check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.findings import BROKEN, FINE, RISKY, Finding
from sdxl_tui.core.models import DEMO, load_catalogue
from sdxl_tui.core.pinning import Card, pinned
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import load_styles
from sdxl_tui.core.words import shown_size

GIB = 1024**3


def versions() -> Iterator[Finding]:
    """Python and the packages that pictures depend on."""
    yield Finding(FINE, "python", f"{sys.version.split()[0]}  {sys.executable}")
    for package in ("sdxl-tui", "torch", "diffusers", "transformers", "safetensors", "textual", "Pillow"):
        try:
            yield Finding(FINE, package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(BROKEN, package, "not installed", "install sdxl-tui again with pip, it brings what it needs")


def graphics_cards() -> Iterator[Finding]:
    """The NVIDIA driver and its cards, as NVML sees them."""
    import pynvml

    cards: list[Card] = []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        cure = "on a machine with a card: nvidia-smi must work (with docker: `--gpus all`)"
        yield Finding(RISKY, "GPU", f"none: {error}; pictures are made on the CPU", cure)
        return
    try:
        driver = pynvml.nvmlSystemGetDriverVersion()
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            card = Card(index, _text(pynvml.nvmlDeviceGetName(handle)), _text(pynvml.nvmlDeviceGetUUID(handle)))
            cards.append(card)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            free = f"{shown_size(memory.free)} free of {shown_size(memory.total)}"
            yield Finding(FINE, f"GPU {index}", f"{card.name}  {free}  driver {_text(driver)}")
    finally:
        pynvml.nvmlShutdown()
    yield from pinned(cards, os.environ)


def _text(name: str | bytes) -> str:
    """Older bindings give bytes."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def models() -> Iterator[Finding]:
    """The hub cache and which of the known models it holds."""
    cache = paths.hub_cache_dir()
    named = next((name for name in ("HF_HUB_CACHE", "HF_HOME") if os.environ.get(name)), "default")
    if not cache.is_dir():
        cure = "set HF_HUB_CACHE or HF_HOME to the cache that holds your models (with docker: mount it with -v)"
        yield Finding(RISKY, "model cache", f"{paths.shown(cache)} is not there ({named})", cure)
    else:
        yield Finding(FINE, "model cache", f"{paths.shown(cache)} ({named})")
    try:
        reports = [check_model(model) for model in load_catalogue().values() if model.id != DEMO]
    except UserError as error:
        yield Finding(BROKEN, "models.toml", str(error), "mend that line")
        return
    ready = [report.model.name for report in reports if report.state == READY]
    listed = ", ".join(ready) or "none; the demo model always works"
    cure = "`sdxl-tui models` says what is missing" if len(ready) < len(reports) else ""
    yield Finding(FINE if ready else RISKY, "models", f"{len(ready)} of {len(reports)} ready: {listed}", cure)


def folders(settings: Settings) -> Iterator[Finding]:
    """The folders the lab writes to, and the room there."""
    places = {
        "pictures": settings.output_dir,
        "event log": settings.log_dir,
        "settings": paths.config_dir(),
        "state": paths.state_dir(),
        "cache": paths.cache_dir(),
    }
    for topic, place in places.items():
        folder = existing(place)
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            yield Finding(BROKEN, topic, f"{place} cannot be written", f"make {folder} writable, or choose another one")
            continue
        free = shutil.disk_usage(folder).free
        cure = "free some: a day's pictures take about a gigabyte" if free < 2 * GIB else ""
        yield Finding(RISKY if cure else FINE, topic, f"{paths.shown(place.absolute())}  {shown_size(free)} free", cure)


def existing(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    place = place.absolute()
    return next((folder for folder in (place, *place.parents) if os.path.lexists(folder)), Path("/"))


def limits() -> Iterator[Finding]:
    """What a container often sets too low: locked memory and shared memory."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft == resource.RLIM_INFINITY:
        yield Finding(FINE, "memlock", "unlimited")
    else:
        cure = "`ulimit -l unlimited` (with docker: `--ulimit memlock=-1`) lets models load at full speed"
        yield Finding(RISKY, "memlock", shown_size(soft), cure)
    try:
        size = shutil.disk_usage("/dev/shm").total
    except OSError:
        yield Finding(RISKY, "shared memory", "/dev/shm is not there", "with docker: `--ipc=host`")
        return
    cure = "with docker: `--ipc=host`" if size < GIB else ""
    yield Finding(RISKY if cure else FINE, "shared memory", shown_size(size), cure)


def terminal(environ: Mapping[str, str] | None = None, chosen: str = "auto") -> Iterator[Finding]:
    """Whether pictures can be shown here in full colour; ``chosen``: the setting ``colours``."""
    environ = os.environ if environ is None else environ
    name = environ.get("TERM", "")
    inside = "  in tmux" if environ.get("TMUX") else ""
    if name in ("", "dumb"):
        yield Finding(RISKY, "terminal", f"TERM={name or 'not set'}{inside}", "set TERM as your terminal says it")
    else:
        yield Finding(FINE, "terminal", f"TERM={name}{inside}")
    colours = environ.get("COLORTERM", "")
    if chosen != "auto":
        yield Finding(FINE, "colours", f"{chosen}, as the setting `colours` says")
    elif colours in ("truecolor", "24bit"):
        yield Finding(FINE, "colours", f"24 bit (COLORTERM={colours})")
    else:
        cure = (
            "`export COLORTERM=truecolor` (with docker: `-e COLORTERM=truecolor`), or the setting "
            '`colours = "truecolor"`, gives pictures 24-bit colour'
        )
        count = "256" if "256" in name else "16"
        yield Finding(RISKY, "colours", f"{count}: COLORTERM is {colours or 'not set'}", cure)
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        yield Finding(RISKY, "encoding", encoding, "`export LANG=C.UTF-8` shows pictures and signs as they are meant")


def styles() -> Iterator[Finding]:
    """The styles, and the files that were skipped."""
    found, problems = load_styles()
    yield Finding(FINE if len(found) > 1 else BROKEN, "styles", f"{len(found)} found")
    for problem in problems:
        yield Finding(RISKY, "style", problem, "mend the file; the Styles screen reads it again")
