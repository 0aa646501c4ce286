"""Passes over the device, each for a job or several: from the model that they need to the end of each."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sdxl_tui.core import pictures
from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import starts_from_a_picture
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import gentler, outlook, reserve_of
from sdxl_tui.core.vram_needs import speed_of
from sdxl_tui.engine import events
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.loras import log_entries
from sdxl_tui.engine.making import make
from sdxl_tui.engine.preview import Previews
from sdxl_tui.engine.prompt_cache import PromptCache
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.run import Cancelled, Group, Run, had_no_room, is_out_of_memory, sentence
from sdxl_tui.engine.saving import Saver
from sdxl_tui.engine.tiles import Tiling

log = logging.getLogger(__name__)

T = TypeVar("T")


class Passes:
    """Runs one pass after the other, on the engine's own thread."""

    def __init__(
        self,
        emit: Callable[[events.Event], None],
        residency: Residency,
        previews: Previews,
        saver: Saver,
        put_back: Callable[[Group, list[Run], bool], None],
        settings: Callable[[], Settings],
    ) -> None:
        """``put_back`` lets jobs of a pass wait again, each to run alone or not; ``settings``: those of now."""
        self._emit, self._residency, self._put_back, self._settings = emit, residency, put_back, settings
        self._prompts = PromptCache(lambda: residency.loras.on_text)
        self._previews, self._saver = previews, saver
        self._cleaned: set[str] = set()

    def run(self, group: Group) -> None:
        """Run the jobs of a pass; whatever it raises ends these jobs only."""
        try:
            self._make(group)
        except Cancelled:
            log.info("nothing is left to do of the pass")
        except BaseException as error:
            if len(group.runs) > 1 and is_out_of_memory(error):
                self._take_apart(group)
            if is_out_of_memory(error):
                # Whoever filled the card should find what is left of it.
                traceback.clear_frames(error.__traceback__)
                self._residency.make_room_for_job()
            for run in group.runs:
                log.error("job %s failed", run.job.id, exc_info=error)
                run.had_no_room = had_no_room(error)
                group.leave(run, "failed", self._sentence(run, error))
        else:
            for run in group.runs:
                group.leave(run, "done")

    def _sentence(self, run: Run, error: BaseException) -> str:
        """What the user reads; of a job that ran out of memory also what would have fitted."""
        said = sentence(error, run.stage)
        card = self._residency.card() if is_out_of_memory(error) else None
        if card is None:
            return said
        request = run.job.request
        tried = f", also {how}" if (how := request.plan.shown(request.pictures)) else ""
        best = outlook(request, card, **self._terms()).best
        cure = "nothing of it would fit beside the others" if best is None else f"it would fit {best.shown(request)}"
        return f"Out of memory {run.stage}{tried}: {cure}."

    def _make(self, group: Group) -> None:
        group.check()
        began = time.perf_counter()
        request = group.runs[0].job.request
        loaded = self._residency.use(request.model, group.check)
        if starts_from_a_picture(request.mode):
            group.check("while preparing image to image")
            self._residency.ready_img2img()
        if request.plan.lean:
            self._residency.make_room_for_job()
        lora_facts = self._with_loras(group, loaded)
        load_seconds = time.perf_counter() - began
        self._part(group, loaded)
        for run in group.runs:
            run.load_seconds = load_seconds
            run.facts |= lora_facts
            self._clean(run.job)
            joined = [other.job.id for other in group.runs if other is not run]
            if joined:
                run.facts["joined_with"] = joined
            log.info("job %s runs", run.job.id)
        self._with_room(group, lambda: self._make_pictures(group, loaded), self._give_back, self._run_gentler)

    def _with_loras(self, group: Group, loaded: LoadedModel) -> dict[str, Any]:
        """Put the LoRAs of a pass on the model, and take off what else is on; return what the log says of them."""
        uses = group.runs[0].job.request.loras
        if uses:
            group.check("while putting LoRAs on")
        loras = self._residency.loras
        seconds = self._with_room(group, lambda: loras.wear(loaded, uses, group.check), self._give_back)
        return {"loras": log_entries(uses), "lora_seconds": round(seconds, 3)} if uses else {}

    def _with_room(self, group: Group, work: Callable[[], T], *ways: Callable[[Group], bool]) -> T:
        """Return what ``work`` does; should it run out of memory it begins again, each time after the next of ``ways``.

        A way returns whether anything is other than before. Pictures that are made stay; of jobs that run together none
        may be made yet.
        """
        left = iter(ways)
        while True:
            try:
                return work()
            except Exception as error:
                is_apart = len(group.runs) == 1 or not any(run.made for run in group.runs)
                if not is_out_of_memory(error) or not is_apart:
                    raise
                # What was half made hangs on the error, and takes the room.
                traceback.clear_frames(error.__traceback__)
                if not any(way(group) for way in left):
                    raise
            for run in group.runs:
                run.step = 0

    def _terms(self) -> Any:
        """What the settings say of how a job stands to the card."""
        settings = self._settings()
        return {"reserve": reserve_of(settings), "tiles": settings.tiles}

    def _give_back(self, group: Group) -> bool:
        """Let go of what only saves time."""
        freed = self._residency.make_room_for_job()
        if freed:
            log.info("out of memory: %d job(s) begin once more, with the room that was made", len(group.runs))
        return freed > 0

    def _run_gentler(self, group: Group) -> bool:
        """Let a job that runs alone take less memory, if the setting allows that and there is a way."""
        if len(group.runs) > 1 or self._settings().when_full == "fail":
            return False
        (run,) = group.runs
        request = run.job.request
        plan = gentler(request, run.made, self._residency.card(), **self._terms())
        if plan is None:
            return False
        how = plan.shown(request.pictures - run.made)
        text = f"Out of memory {run.stage}: the memory is given back, the job runs once more {how}."
        log.warning("%s: %s", run.job.id, text)
        run.job = replace(run.job, request=replace(request, plan=plan))
        run.emit(events.Notice(run.job.id, text))
        return True

    def _make_pictures(self, group: Group, loaded: LoadedModel) -> None:
        request, done = group.runs[0].job.request, group.runs[0].made
        ids = [run.job.id for run in group.runs]
        for own in ids:
            others = tuple(other for other in ids if other != own)
            self._emit(events.JobStarted(own, request.steps_from(done), others))
        card = self._residency.card()
        tiling = Tiling(
            self._settings().tiles, loaded.pipe, self._residency.make_room_for_job, tiled_vae=request.plan.tiled
        )
        with self._residency.job() as taken:
            end_of = taken.end_of if taken is not None else lambda stage: None
            runs, expected = group.runs, None if card is None else outlook(request, card, **self._terms())
            estimate = 0 if expected is None else expected.asked.needs
            try:
                make(group, loaded, self._prompts, self._previews, self._saver, tiling, end_of)
            finally:
                if taken is not None:
                    said = taken.as_log(estimate, self._residency.holdings().graphs)
                    for run in runs:
                        run.facts["vram"] = said
        if card is None or taken is None or expected is None:
            return
        # Where there was no room for all of it the job made do with less, and that says nothing of what it takes.
        as_asked = not done and len(runs) == 1 and runs[0].facts["speed"] == (speed := speed_of(request))
        if as_asked and taken.grew and card.has_model and expected.fits:
            uncorrected = estimate / card.corrections.get(speed, 1.0)
            self._residency.corrections.learn(speed, taken.needed, int(uncorrected))

    def _part(self, group: Group, loaded: LoadedModel) -> None:
        """Keep in a pass whose prompts are as long as the first one's: filled up, they would paint another picture."""
        if len(group.runs) > 1:
            group.check("while encoding the prompt")
            lengths = [self._prompts.encoded(loaded, run.job.request).length for run in group.runs]
            others = [run for run, length in zip(group.runs, lengths, strict=True) if length != lengths[0]]
            self._put_back(group, others, False)

    def _take_apart(self, group: Group) -> None:
        """There was no room for all at once: let each of those that are not done run again, alone."""
        log.warning("no room for %d jobs in one pass: each runs alone", len(group.runs))
        for run in group.runs:
            if run.made == run.job.request.pictures:
                group.leave(run, "done")
        again = group.runs
        self._put_back(group, again, True)
        for ahead, run in enumerate(again):
            self._emit(events.JobQueued(run.job.id, ahead))

    def _clean(self, job: Job) -> None:
        """Remove what a crash left half-written, once for each output folder."""
        if str(job.output_dir) not in self._cleaned:
            self._cleaned.add(str(job.output_dir))
            pictures.clean_stale(job.output_dir)
