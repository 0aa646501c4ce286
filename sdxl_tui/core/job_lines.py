"""A line of a file of jobs into a request: its own keys, then what the command line sets, then the defaults."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sdxl_tui.core.check import READY, check_model, remedy
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.line_values import checked, whole_hires
from sdxl_tui.core.loras import LoraLibrary, lora_folders, with_loras
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, MODES, TXT2IMG
from sdxl_tui.core.names import find_one
from sdxl_tui.core.repeat import request_of
from sdxl_tui.core.request import MAX_SEED, GenerationRequest, defaults_for
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.sizes import nearest_size
from sdxl_tui.core.source_images import read_init
from sdxl_tui.core.style_sets import find_style, words_only
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.core.variants import expanded
from sdxl_tui.core.words import named

WORDS = ("style", "negative_prompt", "prompt_syntax", "loras")
"""Keys that a line with a ``styled_prompt`` has settled: the command line adds nothing to it."""
OF_PICTURES = ("strength", "mask_image", "mask_blur")
OF_FRAMES = ("motion", "variation", "easing", "end_seeds", "end_prompts")

Record = Mapping[str, Any]


class LineReader:
    """Makes requests of the lines of one file."""

    def __init__(
        self,
        models: Mapping[str, Model],
        styles: Mapping[str, Style],
        settings: Settings,
        options: Record,
        folder: Path,
    ) -> None:
        """``options``: keys of a log line that the command line sets; ``folder``: where relative paths in lines start.

        Relative paths in ``options`` start in the current folder.
        """
        self._models, self._styles, self._settings = models, styles, settings
        self._options, self._folder = options, folder
        self.remarks: dict[str, None] = {}
        """Sentences on what styles do not do, in the order in which lines led to them."""
        self._library = LoraLibrary(lora_folders(settings.lora_dir))
        self._style = cache(lambda text: find_style(text, styles))
        self._scheduler = cache(_scheduler)
        self._unready = cache(self._why_not_ready)
        self._init_size = cache(lambda path: read_init(path).image.size)

    def request(self, line: Record, job_id: str) -> GenerationRequest:
        """Return the request of a line; raise UserError that says what is wrong with it.

        A line with a ``styled_prompt`` is one of a log: that is what is sent. Any other is read as it would be typed:
        its style is looked for by name, and its keys tell its mode where it names none.
        A seed that nobody gives is drawn from ``job_id``, so that a job that is begun again makes the same pictures.
        """
        own = {key: value for key, value in line.items() if value is not None}
        is_logged = _is_logged(line)
        options = {key: value for key, value in self._options.items() if not (is_logged and key in WORDS)}
        record = checked({**options, **self._at_home(own)})
        if "scheduler" in own and "scheduler_choice" not in own:
            record.pop("scheduler_choice", None)
        model = self._model(record.get("model") or self._settings.model)
        if reason := self._unready(model.id):
            raise UserError(reason)
        if not is_logged:
            record = self._as_typed(record, own, model)
        record |= {"model": model.id, **_seeds(record, job_id)}
        request = request_of(record, self._models, self._styles, self._library)
        self._check_files(request)
        return with_loras(request, self._library)

    def finished(self, line: Record, request: GenerationRequest) -> GenerationRequest:
        """Return the request of a line that runs now, with a value for each ``{a|b}``; raise UserError as above.

        Apart from ``request``, so that a file of thousands is checked at once.
        """
        return request if _is_logged(line) else with_loras(expanded(request), self._library)

    def _as_typed(self, record: dict[str, Any], own: Record, model: Model) -> dict[str, Any]:
        """The line with its names resolved and what it leaves out filled in."""
        record.setdefault("prompt_syntax", self._settings.prompt_syntax)
        record.setdefault("speed", self._settings.speed)
        style = self._style(record.get("style") or NONE)
        record["style"] = style.id
        if remark := words_only(model, style):
            self.remarks[remark] = None
        if choice := record.get("scheduler_choice") or record.get("scheduler"):
            record["scheduler_choice"] = self._scheduler(choice)
        mode = record["mode"] = own.get("mode") or _mode(record, own)
        if mode in (IMG2IMG, INPAINT) and "init_image" in record and not {"width", "height"} & record.keys():
            size = nearest_size(*self._init_size(Path(record["init_image"])), model.width, model.height)
            record |= {"width": size.width, "height": size.height}
        if "hires" in record:
            steps = record.get("steps", defaults_for(model, style).steps)
            record["hires"] = whole_hires(record["hires"], steps)
        return record

    def _model(self, wanted: str) -> Model:
        if not wanted:
            raise UserError("It names no model: add one, or name one for all lines with --model.")
        return self._models[find_one(wanted, {i: row.name for i, row in self._models.items()}, "model")]

    def _why_not_ready(self, model_id: str) -> str:
        """The sentence that says why a model cannot be used; empty: it can."""
        report = check_model(self._models[model_id])
        if report.state == READY:
            return ""
        advice = f" `{command}` makes it so." if (command := remedy(report)) else ""
        return f"{report.model.name} is not ready: {' '.join(report.problems)}{advice}"

    def _at_home(self, own: Record) -> dict[str, Any]:
        """The line's own keys, with its paths made absolute."""
        paths = {key: own[key] for key in ("init_image", "mask_image") if isinstance(own.get(key), str)}
        return {**own, **{key: str(self._folder / os.path.expanduser(path)) for key, path in paths.items()}}

    def _check_files(self, request: GenerationRequest) -> None:
        """Raise UserError when a picture that the job starts from is not there; what is in it is seen when it runs."""
        for key in ("init_image", "mask_image"):
            path = getattr(request, key) if key in MODES[request.mode].fields else None
            if path is not None and not path.is_file():
                raise UserError(f"There is no file {named(path)}.")


def _is_logged(line: Record) -> bool:
    return line.get("styled_prompt") is not None


def _scheduler(text: str) -> str:
    by_class = {row.class_name: key for key, row in reversed(SCHEDULERS.items())}
    return by_class.get(text) or find_one(text, {i: row.name for i, row in SCHEDULERS.items()}, "scheduler")


def _mode(record: Record, own: Record) -> str:
    """The mode that the keys of a line mean; raise UserError for a key that says nothing without another one."""
    for keys, needed in ((OF_FRAMES, "frames"), (OF_PICTURES, "init_image")):
        for key in keys:
            if key in own and needed not in record:
                raise UserError(f"'{key}' says nothing without '{needed}': add it.")
    if "frames" in own and "init_image" in own:
        raise UserError("A sequence of frames starts from noise: leave out 'init_image' or 'frames'.")
    if "frames" in record and "init_image" not in own:
        return ANIMATE_STEPS
    if "init_image" not in record:
        return TXT2IMG
    return INPAINT if "mask_image" in record else IMG2IMG


def _seeds(record: Record, job_id: str) -> dict[str, Any]:
    """The seeds that a line leaves open, drawn from the job's id."""
    seed, ends = record.get("seed", -1), record.get("end_seeds", [])
    drawn = {"seed": _drawn(job_id)} if seed == -1 else {}
    return {**drawn, "end_seeds": [_drawn(f"{job_id} {n}") if end == -1 else end for n, end in enumerate(ends)]}


def _drawn(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:4], "big") & MAX_SEED
