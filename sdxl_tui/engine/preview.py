"""Previews: what a pass is at, as a small picture, for whoever looks; the device never waits for one."""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sdxl_tui.engine.events import Event, Preview
from sdxl_tui.engine.latent_colours import colours_of, is_sdxls
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.run import Group
from sdxl_tui.engine.steps import device_mark
from sdxl_tui.engine.tiny_decoder import TinyDecoder, load_tiny_decoder

log = logging.getLogger(__name__)

REST = 100
"""After a preview that took some time on the device, as many times that time there is none: 1 % at most."""

Names = list[tuple[str, int]]
"""Job id and index of each picture."""


@dataclass(frozen=True)
class _Wanted:
    """TAESD-XL, if it is there."""

    device: Any
    dtype: Any


@dataclass(frozen=True)
class _Seen:
    """What the thread makes previews of."""

    names: Names
    pixels: Any
    """uint8 on the CPU, there once the mark is passed; None: to be decoded by TAESD-XL."""
    latents: Any
    mark: Any


class Previews:
    """Makes at most one preview at a time, on a thread of its own, and none that nobody asked for."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._every: float | None = None
        self._next = 0.0
        self._busy = threading.Event()
        self._line: queue.SimpleQueue[_Seen | _Wanted | None] = queue.SimpleQueue()
        self._tiny: TinyDecoder | None = None
        self._tiny_was_sought = False
        self._thread = threading.Thread(target=self._work, name="previews", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout: float) -> None:
        """End the thread."""
        self._line.put(None)
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout))

    def show(self, every: float | None) -> None:
        """Make a preview every so many seconds from now on; None: make none."""
        self._every, self._next = every, time.monotonic() + (every or 0.0)

    def begin(self) -> None:
        """A job begins: its first preview is due once a whole interval has passed."""
        self._next = time.monotonic() + (self._every or 0.0)

    @property
    def is_due(self) -> bool:
        """Whether a preview is wanted now."""
        return self._every is not None and not self._busy.is_set() and time.monotonic() >= self._next

    def take(self, names: Names, latents: Any, loaded: LoadedModel) -> None:
        """Make and report previews of latents (pictures, channels, height / f, width / f) that nobody else changes."""
        self._next = time.monotonic() + (self._every or 0.0)
        self._busy.set()
        mark = device_mark(loaded.device.kind)
        can_be_tiny = is_sdxls(loaded.pipe.vae)
        if can_be_tiny and not self._tiny_was_sought:
            self._tiny_was_sought = True
            self._line.put(_Wanted(loaded.pipe.unet.device, loaded.dtype))
        if can_be_tiny and self._tiny is not None:
            self._line.put(_Seen(names, None, latents, mark and mark()))
        else:
            pixels = _on_its_way(colours_of(loaded).paint(latents))
            self._line.put(_Seen(names, pixels, None, mark and mark()))

    def give_up(self) -> None:
        """Make none any more: a preview never costs a picture."""
        self._every = None
        self._busy.clear()

    # The thread

    def _work(self) -> None:
        while (item := self._line.get()) is not None:
            if isinstance(item, _Wanted):
                self._tiny = load_tiny_decoder(item.device, item.dtype)
                continue
            try:
                self._report(item)
            except Exception:
                log.exception("no preview")
            finally:
                self._busy.clear()

    def _report(self, seen: _Seen) -> None:
        from PIL import Image

        pixels = seen.pixels
        if seen.mark is not None:
            seen.mark.synchronize()
        if pixels is None:
            assert self._tiny is not None
            began = time.monotonic()
            pixels = self._tiny.paint(seen.latents, seen.mark)
            took = time.monotonic() - began
            self._next = max(self._next, time.monotonic() + REST * took)
        for (job_id, index), picture in zip(seen.names, pixels.numpy().copy(), strict=True):
            self._emit(Preview(job_id, index, Image.fromarray(picture)))


class PassPreviews:
    """The previews of one pass: told of its scheduler before it and of each step that was launched."""

    def __init__(self, previews: Previews, group: Group, loaded: LoadedModel) -> None:
        self._previews, self._group, self._loaded = previews, group, loaded
        self._rows: dict[str, int] = {}
        """By job id: where its first picture lies in the batch."""
        row = 0
        for run in group.runs:
            self._rows[run.job.id] = row
            row += run.job.request.batch_size
        self._done = group.runs[0].made
        self._predicted: Callable[[Any], Any] = lambda latents: latents
        previews.begin()

    def watch(self, scheduler: Any) -> None:
        """Follow what this scheduler takes the end for, from the next step on."""
        self._predicted = predicted_by(scheduler)

    def after_step(self, launched: int, latents: Any) -> None:
        """Show what comes of the latents, if a preview is due; ``launched`` steps of the whole job are under way."""
        if not self._previews.is_due:
            return
        jobs = [run.job for run in self._group.runs]
        index = jobs[0].request.picture_at(launched, self._done)
        try:
            first_ones = _rows(self._predicted(latents), [self._rows[job.id] for job in jobs])
            self._previews.take([(job.id, index) for job in jobs], first_ones, self._loaded)
        except Exception:
            log.exception("there are no previews")
            self._previews.give_up()


def predicted_by(scheduler: Any) -> Callable[[Any], Any]:
    """Return what gives, after each step, the latents that this scheduler takes the end for.

    Those of the step itself are noise for most of the way. Multistep schedulers keep what the model predicts;
    Euler's kind returns it when asked for more than the next latents. Where there is neither, it is the latents.
    """
    kept: list[Any] = [None]
    step, itself = type(scheduler).step, weakref.ref(scheduler)

    @functools.wraps(step)
    def keeping(*arguments: Any, return_dict: bool = True, **options: Any) -> Any:
        result = step(itself(), *arguments, return_dict=True, **options)
        kept[0] = getattr(result, "pred_original_sample", None)
        return result if return_dict else (result.prev_sample,)

    scheduler.step = keeping
    config = scheduler.config
    keeps_ends = str(config.get("algorithm_type", "")).endswith("++") or bool(config.get("predict_x0"))

    def predicted(latents: Any) -> Any:
        now = itself()
        outputs = getattr(now, "model_outputs", None) if keeps_ends else None
        end = kept[0] if kept[0] is not None else outputs[-1] if outputs else None
        return latents if end is None else end

    return predicted


def _rows(latents: Any, rows: list[int]) -> Any:
    """Some of a batch; a list as an index would make the device wait for its copy."""
    import torch

    return torch.cat([latents[row : row + 1] for row in rows])


def _on_its_way(pixels: Any) -> Any:
    """A copy for the CPU, which is there once the device has come to it."""
    if pixels.device.type == "cpu":
        return pixels
    import torch

    return torch.empty(pixels.shape, dtype=pixels.dtype, pin_memory=True).copy_(pixels, non_blocking=True)
