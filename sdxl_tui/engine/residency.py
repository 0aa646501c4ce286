"""Which model is in use: another one takes its place only when it is whole."""

from __future__ import annotations

import gc
import importlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sdxl_tui.core import events_log, state
from sdxl_tui.core.check import ModelReport, check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.device import Device, choose_device
from sdxl_tui.engine.events import Event, Img2ImgReady, ModelFailed, ModelLoaded, ModelLoading
from sdxl_tui.engine.loader import LoadedModel, load_model
from sdxl_tui.engine.pipelines import img2img_is_ready, ready_img2img, warm_up
from sdxl_tui.engine.run import Cancelled, sentence

log = logging.getLogger(__name__)


class Residency:
    """The device and the model on it. What is not said to be for any thread is the engine's own."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._device: Device | None = None
        self.loaded: LoadedModel | None = None
        """The model in use."""
        self.loading: Model | None = None

    @property
    def device_shown(self) -> str:
        """The device's name; empty until torch has been asked."""
        return self._device.shown if self._device else ""

    @property
    def img2img_is_ready(self) -> bool:
        """Whether the model in use is ready for jobs that start from a picture; for any thread."""
        loaded = self.loaded
        return loaded is not None and img2img_is_ready(loaded)

    def wake(self) -> None:
        """Import what is slow to import; choose the device. Raises UserError when the wanted one cannot be had."""
        import torch

        with _no_socket_at_import():
            for library in ("transformers", "diffusers"):
                importlib.import_module(library)
                events_log.adopt(library)
        torch.set_grad_enabled(False)
        self._device = choose_device(self._settings.device)

    def announce(self, model: Model) -> None:
        """Say that ``model`` waits for torch, if it does; from any thread."""
        if self._device is None:
            expected = state.load_seconds(model.id)
            self._emit(ModelLoading(model.id, model.name, "starting torch", 0.0, 0.0, expected))

    def use(self, model: Model, check_cancelled: Callable[[], None]) -> LoadedModel:
        """Return ``model`` in use, loaded if another one is.

        Raises Cancelled, or UserError with the reason, reported as ModelFailed too; the model before it stays in use
        unless the card had no room for both.
        """
        if self.loaded is not None and _same(self.loaded.model, model):
            return self.loaded
        self.loading = model
        try:
            return self._load(model, check_cancelled)
        except Cancelled:
            raise
        except Exception as error:
            log.error("%s did not load", model.id, exc_info=error)
            reason = sentence(error, "while loading")
            in_use = self.loaded.model.name if self.loaded else None
            self._emit(ModelFailed(model.id, model.name, reason, in_use))
            raise UserError(f"{model.name} did not load: {reason}") from error
        finally:
            self.loading = None
            self._give_back_memory()

    def ready_img2img(self) -> None:
        """Ready the model in use for jobs that start from a picture, if it is not; raise UserError without a model."""
        if self.loaded is None:
            raise UserError("No model is in use: load one first.")
        if not self.img2img_is_ready:
            began = time.perf_counter()
            ready_img2img(self.loaded, self._settings.speed)
            model = self.loaded.model
            self._emit(Img2ImgReady(model.id, model.name, time.perf_counter() - began))

    def _load(self, model: Model, check_cancelled: Callable[[], None]) -> LoadedModel:
        began = time.perf_counter()
        expected = state.load_seconds(model.id)

        def report(step: str, share: float) -> None:
            check_cancelled()
            elapsed = time.perf_counter() - began
            self._emit(ModelLoading(model.id, model.name, step, share, elapsed, expected))

        report("checking", 0.0)
        check = check_model(model)
        if check.state != "ready":
            raise UserError(" ".join(check.problems))
        if self._device is None:
            report("starting torch", 0.0)
            self.wake()
        assert self._device is not None
        loaded = load_model(check, self._device, report, self._make_room)
        report("warm-up", 1.0)
        warm_up(loaded, self._settings.speed)
        seconds = time.perf_counter() - began
        self.loaded = loaded = replace(loaded, model=model, load_seconds=seconds)
        state.remember_load_seconds(model.id, seconds)
        self._emit(ModelLoaded(model.id, model.name, seconds, loaded.device.shown))
        return loaded

    def _make_room(self, check: ModelReport) -> None:
        """Give up the model in use when the card cannot hold both it and the new one."""
        import torch

        free, _total = torch.cuda.mem_get_info()
        if self.loaded is not None and free < check.size_bytes * 1.1:
            log.info("%s is given up to make room for %s", self.loaded.model.id, check.model.id)
            self.loaded = None
            self._give_back_memory()

    def _give_back_memory(self) -> None:
        """Return what no tensor uses to the driver, for the others on the card."""
        if self._device is not None:
            import torch

            gc.collect()
            torch.cuda.empty_cache()


@contextmanager
def _no_socket_at_import() -> Iterator[None]:
    """Keep urllib3, which diffusers imports, from opening an IPv6 socket only to see whether it could."""
    before, socket.has_ipv6 = socket.has_ipv6, False
    try:
        yield
    finally:
        socket.has_ipv6 = before


def _same(one: Model, other: Model) -> bool:
    return (one.id, one.folder) == (other.id, other.folder)
