"""Loads that the user asked for, outside of any job."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.engine import events
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.run import Cancelled, sentence

log = logging.getLogger(__name__)


class Loads:
    """Runs them on the engine's own thread; any thread may stop the one under way."""

    def __init__(
        self, emit: Callable[[events.Event], None], residency: Residency, is_closing: Callable[[], bool]
    ) -> None:
        self._emit, self._residency, self._is_closing = emit, residency, is_closing
        self._runs = False
        self._is_stopped = False

    def begin(self) -> None:
        """A load has left the queue: from now on it can be stopped."""
        self._runs, self._is_stopped = True, False

    def stop(self) -> bool:
        """Let the load under way end at its next report; return False when there is none."""
        self._is_stopped = self._runs
        return self._runs

    def load(self, model: Model) -> None:
        """Put a model in use."""
        try:
            self._residency.use(model, self._check)
        except Cancelled:
            self.report_stopped(model)
        except UserError:
            log.info("%s is not in use", model.id)
        finally:
            self._runs = False

    def preload_img2img(self) -> None:
        """Ready the model in use for jobs that start from a picture."""
        try:
            self._residency.ready_img2img()
        except Exception as error:
            log.error("image to image is not ready", exc_info=error)
            self._emit(events.Img2ImgFailed(sentence(error, "while preparing image to image")))

    def report_stopped(self, model: Model) -> None:
        """Say that a model is not loaded after all."""
        loaded = self._residency.loaded
        self._emit(events.ModelLoadStopped(model.id, model.name, loaded.model.name if loaded else None))

    def _check(self) -> None:
        """Raise Cancelled once the load, or the engine, was stopped."""
        if self._is_closing() or self._is_stopped:
            raise Cancelled
