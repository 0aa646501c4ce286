"""One pass from words to pictures: encode, denoise, decode, hand over to be saved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sdxl_tui.core.speeds import EAGER
from sdxl_tui.engine import device
from sdxl_tui.engine.decode import decode
from sdxl_tui.engine.enlarging import enlarged
from sdxl_tui.engine.events import Notice
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.pipelines import MODES, Work
from sdxl_tui.engine.preview import PassPreviews, Previews
from sdxl_tui.engine.prompt_cache import PromptCache
from sdxl_tui.engine.run import Group, Run
from sdxl_tui.engine.saving import Made, Saver
from sdxl_tui.engine.schedulers import row_for
from sdxl_tui.engine.source import prepare
from sdxl_tui.engine.steps import Steps, device_mark
from sdxl_tui.engine.threaded import threaded
from sdxl_tui.engine.tiles import Tiling

log = logging.getLogger(__name__)


def make(
    group: Group,
    loaded: LoadedModel,
    prompts: PromptCache,
    previews: Previews,
    saver: Saver,
    tiling: Tiling,
    end_of: Callable[[str], None] = lambda stage: None,
) -> None:
    """Make the pictures of a pass and hand them to ``saver``; raises Cancelled, UserError or what a library raises.

    Pictures of a single job that are made already are not made again. ``end_of`` is told of ``encode``, ``denoise`` and
    ``decode``, each time when one has ended.
    """
    group.check("before it began")
    runs, request, done = group.runs, group.runs[0].job.request, group.runs[0].made

    # 1. What decides the pictures beside the requests
    row = row_for(request.scheduler, loaded.scheduler_config)
    for run in runs:
        run.facts |= {
            "model_revision": loaded.revision,
            "scheduler": row.name,
            "dtype": device.name_of(loaded.dtype),
            "vae_dtype": device.name_of(loaded.pipe.vae.dtype),
            "speed": EAGER if request.threaded else loaded.speed.in_force(request.speed, loaded.pipe),
            "device": loaded.device.shown,
            "versions": device.versions(),
        }

    # 2. Words to embeddings
    group.check("while encoding the prompt")
    encoded = [prompts.encoded(loaded, run.job.request) for run in runs]
    for run, words in zip(runs, encoded, strict=True):
        run.facts["tokens"] = words.tokens

    # 3. The picture it starts from, where the mode has one
    group.check("while reading the init image")
    source = prepare(request, loaded, tiling)
    if source is not None:
        runs[0].facts |= source.facts

    # 4. Noise to latents, a batch at once or frame by frame
    end_of("encode")
    group.check(f"at step 1 of {request.steps_from(done)}")
    seen = PassPreviews(previews, group, loaded)
    steps = Steps(group, device_mark(loaded.device.kind), seen.after_step)
    others = tuple((run.job, words) for run, words in zip(runs[1:], encoded[1:], strict=True))
    work = Work(loaded, runs[0].job, encoded[0], source, tiling, steps, steps.take_back, others, done, seen.watch)
    made = threaded(work) if request.threaded else MODES[request.mode](work)

    # 5. Latents of a larger picture, where one is wanted, one after the other
    if request.hires is not None:
        made = _larger(group, work, made)

    # 6. Latents to pixels, one picture at a time; files are made of them while the next ones come
    finish = None if source is None or source.mask is None else source.pasted
    owners = [(run, index) for run in runs for index in range(done, run.job.request.pictures)]
    for (run, index), latents in zip(owners, made, strict=True):
        end_of("denoise")
        group.check(f"while decoding picture {index + 1}")
        if run in group.runs:
            pixels = _decoded(run, index, latents, loaded, tiling)
            end_of("decode")
            saver.add(Made(run, index, pixels, row, dict(run.facts), finish), group.check)
            group.has_made(run, done)


def _larger(group: Group, work: Work, made: Iterable[Any]) -> Iterator[Any]:
    """The first pass is over before the first of them is begun."""
    for index, latents in enumerate(list(made), work.done):
        group.check(f"while making picture {index + 1} larger")
        yield from enlarged(work, index, latents)


def _decoded(run: Run, index: int, latents: Any, loaded: LoadedModel, tiling: Tiling) -> Any:
    """A picture's pixels as a uint8 array (height, width, 3)."""
    wanted = EAGER if run.job.request.threaded else run.job.request.speed
    decoded = decode(loaded, latents, wanted, tiling)
    if (done := tiling.plan) is not None:
        run.facts["plan"] = run.job.request.plan.as_log(run.job.request.batch_size) | done
    # As it is now: a speed that failed has left the job to another one.
    run.facts["speed"] = loaded.speed.in_force(wanted, loaded.pipe)
    if not decoded.again:
        run.facts["vae_dtype"] = decoded.dtype
    else:
        run.facts["decoded_again"] = [*run.facts.get("decoded_again", ()), index]
        own = device.name_of(loaded.pipe.vae.dtype)
        text = f"Picture {index + 1} came out black in {own} and was decoded again in float32."
        log.warning("%s: %s", run.job.id, text)
        run.emit(Notice(run.job.id, text))
    return decoded.pixels
