"""One job from words to files: encode, denoise, decode, save, log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core import pictures
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.engine import device
from sdxl_tui.engine.decode import decode
from sdxl_tui.engine.events import Event, Notice, PictureSaved, StepDone
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.pipelines import MODES, Work
from sdxl_tui.engine.prompts import encode
from sdxl_tui.engine.schedulers import row_for
from sdxl_tui.engine.source import prepare

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The job was stopped by its id."""


@dataclass
class Run:
    """A job under way: what it has reached, for its log line however it ends."""

    job: Job
    emit: Callable[[Event], None]
    check_stopped: Callable[[], None]
    """Raises Cancelled once the job was stopped."""
    began: float = field(default_factory=time.perf_counter)
    load_seconds: float = 0.0
    """Seconds that the load this job asked for took; 0 when its model was in use."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Log keys that are known once the model is in use."""
    stage: str = "before it began"
    """Where the job is, for a sentence."""
    step: int = 0
    """Denoising steps that are done."""
    outputs: list[Path] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Seconds since it began, without the load."""
        return time.perf_counter() - self.began - self.load_seconds

    def record(self, status: str, error: str | None = None) -> dict[str, Any]:
        """The job's log line, were it to end now."""
        return {
            **self.job.as_log(),
            "scheduler": SCHEDULERS[self.job.request.scheduler].name,
            **self.facts,
            "status": status,
            "finished": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "outputs": [path.name for path in self.outputs],
            "pixels_sha256": self.hashes,
            "load_seconds": round(self.load_seconds, 3),
            "seconds": round(self.seconds, 3),
            "error": error,
        }


def run_job(run: Run, loaded: LoadedModel) -> None:
    """Make the job's pictures and put them on disk; raises Cancelled, UserError or what a library raises."""
    job, request = run.job, run.job.request

    # 1. What decides the picture beside the request
    row = row_for(request.scheduler, loaded.scheduler_config)
    run.facts = {
        "model_revision": loaded.revision,
        "scheduler": row.name,
        "dtype": _name(loaded.dtype),
        "vae_dtype": _name(loaded.pipe.vae.dtype),
        "device": loaded.device.shown,
        "versions": device.versions(),
    }

    # 2. Words to embeddings
    run.check_stopped()
    run.stage = "while encoding the prompt"
    encoded = encode(loaded.pipe, request.styled_prompt, request.styled_negative_prompt, request.prompt_syntax)
    run.facts["tokens"] = encoded.tokens

    # 3. The picture it starts from, where the mode has one
    run.check_stopped()
    run.stage = "while reading the init image"
    source = prepare(request, loaded)
    if source is not None:
        run.facts |= source.facts

    # 4. Noise to latents, a batch at once or frame by frame
    run.check_stopped()
    run.stage = f"at step 1 of {request.denoising_steps}"
    made = MODES[request.mode](Work(loaded, job, encoded, source, _step_reporter(run)))

    # 5. Latents to files, one picture at a time
    for index, latents in enumerate(made):
        run.check_stopped()
        run.stage = f"while decoding picture {index + 1}"
        decoded = decode(loaded.pipe, latents)
        if decoded.again:
            run.facts.setdefault("decoded_again", []).append(index)
            text = f"Picture {index + 1} came out black in {run.facts['vae_dtype']} and was decoded again in float32."
            log.warning("%s: %s", job.id, text)
            run.emit(Notice(job.id, text))
        image = decoded.image if source is None else source.pasted(decoded.image)
        known = {**job.as_log(), **run.facts}
        run.stage = f"while saving picture {index + 1}"
        path = pictures.save_picture(image, job.output_dir, known, index, row.sampler or row.name, row.schedule_type)
        run.outputs.append(path)
        run.hashes.append(pictures.pixels_sha256(image))
        run.emit(PictureSaved(job.id, path, index, request.pictures))


def _step_reporter(run: Run) -> Callable[[], None]:
    began = time.perf_counter()
    steps = run.job.request.denoising_steps

    def report() -> None:
        run.step += 1
        run.stage = f"at step {run.step + 1} of {steps}"
        run.check_stopped()
        rate = run.step / max(1e-9, time.perf_counter() - began)
        run.emit(StepDone(run.job.id, run.step, steps, rate, (steps - run.step) / rate))

    return report


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def sentence(error: BaseException, stage: str) -> str:
    """What the user reads of an error that ended a job."""
    if isinstance(error, UserError):
        return str(error)
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        return f"Out of memory {stage}: a smaller size or batch needs less."
    first_line = str(error).strip().partition("\n")[0] or "no message"
    return f"It failed {stage} ({type(error).__name__}: {first_line}); app_events.log has the details."
