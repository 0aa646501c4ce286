"""Which model is in use, and which others lie ready: another one takes the place only when it is whole."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from sdxl_tui.core import state
from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card
from sdxl_tui.engine.architecture import read_configs
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.budgets import Budgets, card_now
from sdxl_tui.engine.copies import FILES, Tier, model_key, told
from sdxl_tui.engine.device import Device, choose_device, start_libraries
from sdxl_tui.engine.events import CopiesChanged, Event, Img2ImgReady, ModelFailed, ModelLoaded, ModelLoading
from sdxl_tui.engine.imports import import_libraries
from sdxl_tui.engine.loader import LoadedModel, Shells
from sdxl_tui.engine.loras import Loras
from sdxl_tui.engine.pipelines import img2img_is_ready, ready_img2img, warm_up
from sdxl_tui.engine.reading import pin_staging
from sdxl_tui.engine.rehearsal import rehearse
from sdxl_tui.engine.run import Cancelled, sentence
from sdxl_tui.engine.shelves import Shelves
from sdxl_tui.engine.speed import Speed
from sdxl_tui.engine.swapping import Swapper
from sdxl_tui.engine.taken import Taken
from sdxl_tui.engine.warming import Warmer

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.1
"""Time between two reports of the same step of a load."""


class Residency:
    """The device and the models on it. What is not said to be for any thread is the engine's own."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._device: Device | None = None
        self.loaded: LoadedModel | None = None
        """The model in use."""
        self._speed: Speed | None = None
        """How the models of its arena are run; it lives as long as the arena."""
        self.loading: Model | None = None
        self._budgets = Budgets(settings)
        self._vram = Tier(lambda used: self._budgets.vram(used, self.loras.kept_bytes))
        self._ram = Tier(self._budgets.ram)
        self.loras = Loras(self._make_room_beside)
        """What is on the model in use; for the engine's thread."""
        self._shelves = Shelves(self._vram, self._ram)
        self._a_job_has_run = False
        self._switch_seconds: dict[str, float] = {}
        """By tier, as remembered: a switch is too short to write a file for each."""
        self.copies = CopiesChanged()
        """Where models lie, as last told; for any thread."""

    @property
    def device_shown(self) -> str:
        """The device's name; empty until torch has been asked."""
        return self._device.shown if self._device else ""

    @property
    def img2img_is_ready(self) -> bool:
        """Whether the model in use is ready for jobs that start from a picture; for any thread."""
        loaded = self.loaded
        return loaded is not None and img2img_is_ready(loaded)

    def use_settings(self, settings: Settings) -> None:
        """Keep to these budgets, and warm up for this speed, from now on; from any thread."""
        self._settings = settings
        self._budgets.use_settings(settings)

    def wake(self) -> None:
        """Import what is slow to import; choose the device. Raises UserError when the wanted one cannot be had."""
        import_libraries()
        import torch

        torch.set_grad_enabled(False)
        device = choose_device(self._settings.device)
        self._switch_seconds = state.switch_seconds()
        start_libraries(device)
        self._budgets.on_gpu = device.kind != "cpu"
        if device.kind == "cuda":
            pin_staging()
        self._shelves.maker = Shells(device)
        self._swapper = Swapper(device, self._vram, self._ram, self._arena_goes)
        self._warmer = Warmer(
            self._ram, self._shelves.shell_in_background, self._tell_copies, pinned=device.kind == "cuda"
        )
        self._device = device

    def rehearse(self) -> None:
        """Have started and compiled on a GPU what every model needs, so that the first load need not; never raises."""
        if self._device is None or self._device.kind == "cpu":
            return
        try:
            rehearse(self._device, self._settings.speed)
            assert self._shelves.maker is not None, "it came with the device"
            self._shelves.maker.layers(read_configs(SDXL_CONFIGS))
        except Exception as error:
            log.warning("the first model will have to start what it needs: %s", error, exc_info=error)
        self._give_back_memory()

    def announce(self, model: Model) -> None:
        """Say that ``model`` waits for torch; from any thread."""
        self._emit(ModelLoading(model.id, model.name, "starting torch", 0.0, 0.0, state.load_seconds(model.id)))

    def use(self, model: Model, check_cancelled: Callable[[], None]) -> LoadedModel:
        """Return ``model`` in use, loaded if another one is.

        Raises Cancelled, or UserError with the reason, reported as ModelFailed too; the model before it stays in use
        unless the card had no room for both and it could not be brought back.
        """
        if self.loaded is not None and model_key(self.loaded.model) == model_key(model):
            return self.loaded
        self.loading = model
        try:
            with self._warmer.paused() if self._device else nullcontext():
                return self._load(model, check_cancelled)
        except Cancelled:
            self._forget(model)
            raise
        except Exception as error:
            self._forget(model)
            log.error("%s did not load", model.id, exc_info=error)
            reason = sentence(error, "while loading")
            in_use = self.loaded.model.name if self.loaded else None
            self._emit(ModelFailed(model.id, model.name, reason, in_use))
            raise UserError(f"{model.name} did not load: {reason}") from error
        finally:
            self.loading = None
            self._tell_copies()

    def ready_img2img(self) -> None:
        """Ready the model in use for jobs that start from a picture, if it is not; raise UserError without a model."""
        if self.loaded is None:
            raise UserError("No model is in use: load one first.")
        if not self.img2img_is_ready:
            began = time.perf_counter()
            ready_img2img(self.loaded, self._settings.speed)
            model = self.loaded.model
            self._emit(Img2ImgReady(model.id, model.name, time.perf_counter() - began))

    def keep_warm(self, model: Model, on: bool) -> None:
        """Keep a model in host RAM from the first job of the day on, or no longer; for any thread, it writes a file."""
        self._shelves.mark(model, on)
        self._want()

    def holdings(self) -> tuple[int, int, bool]:
        """Bytes of copies in VRAM and of captured graphs, and whether a model is in use; for any thread."""
        speed = self._speed
        return self._vram.used, 0 if speed is None else speed.graph_bytes, self.loaded is not None

    def card(self) -> Card | None:
        """How the card stands now; None on a CPU."""
        return card_now(*self.holdings()) if self._budgets.on_gpu else None

    @contextmanager
    def job(self) -> Iterator[Taken | None]:
        """Around a job: what it takes of the card, if it ends well, is room that copies leave free from now on.

        None is given on a CPU.
        """
        with self._warmer.beside_job():
            if not self._budgets.on_gpu:
                yield None
            else:
                taken = Taken(self.holdings()[1])
                yield taken
                self.note_job_peak(taken.tensors)
        self._begin_to_warm()

    def note_job_peak(self, size: int) -> None:
        """Take what a job took of the card, in bytes; copies that are in the way of the next one are dropped."""
        self._budgets.note_job(size)
        self._drop_copies(self._vram.used - self._vram.budget)

    def make_room_for_job(self) -> int:
        """Drop what only saves time: captured graphs and copies in VRAM; return their bytes."""
        made_again = self._speed.give_back() if self._speed is not None else 0
        return made_again + self.loras.give_way() + self._drop_copies(self._vram.used)

    def close(self) -> None:
        """End the helper; the engine's thread calls it last."""
        if self._device is not None:
            self._warmer.close()

    # The way of a load

    def _load(self, model: Model, check_cancelled: Callable[[], None]) -> LoadedModel:
        import torch

        key, began = model_key(model), time.perf_counter()
        source = self._swapper.source_of(key) if self._device else FILES
        expected = state.load_seconds(model.id) if source == FILES else self._switch_seconds.get(source)
        reported: dict[str, float] = {}

        def report(step: str, share: float) -> None:
            check_cancelled()
            now = time.perf_counter()
            if now - reported.get(step, 0.0) >= REPORT_SECONDS:
                reported[step] = now
                self._emit(ModelLoading(model.id, model.name, step, share, now - began, expected))

        report("checking", 0.0)
        shell = self._shelves.shell(model, partial(report, "checking"), partial(self._wake_for, report))

        born: list[Speed] = []

        def begin(arena: Arena) -> None:
            report("warm-up", 1.0)
            born.append(Speed(arena))
            warm_up(shell.over(arena, born[0], self._swapper.device, 0.0), self._settings.speed)

        self.loras.take_off()
        source = self._swapper.put(key, shell, report, begin)
        if born:
            self._speed = born[0]
        assert self._swapper.arena is not None, "the model is in it"
        assert self._speed is not None, "it was born with the arena"
        seconds = time.perf_counter() - began
        self.loaded = loaded = shell.over(self._swapper.arena, self._speed, self._swapper.device, seconds)
        self._shelves.use(key)
        if source == FILES:
            state.remember_load_seconds(model.id, seconds)
            torch.cuda.empty_cache()
        elif abs(seconds - self._switch_seconds.get(source, 0.0)) > 0.2 * seconds:
            self._switch_seconds[source] = seconds
            state.remember_switch_seconds(source, seconds)
        self._emit(ModelLoaded(model.id, model.name, seconds, loaded.device.shown, source, self.img2img_is_ready))
        self._want()
        return loaded

    def _wake_for(self, report: Callable[[str, float], None]) -> None:
        report("starting torch", 0.0)
        self.wake()

    def _arena_goes(self, arena: Arena) -> None:
        """The weights go, and with them what depends on their addresses."""
        self.loras.forget()
        if self.loaded is not None and self.loaded.arena is arena:
            self.loaded.speed.drop_graphs()
            self.loaded = self._speed = None

    def _forget(self, model: Model) -> None:
        """After a load that failed: it was not used, none may be in use any more, and what it took is free."""
        self._shelves.forget(model_key(model))
        if self._device is not None:
            in_use = self._swapper.in_use
            if self.loaded is not None and (in_use is None or in_use[0] != model_key(self.loaded.model)):
                self.loaded = None
            self._give_back_memory()

    def _give_back_memory(self) -> None:
        """Return what no tensor uses to the driver, for the others on the card."""
        import torch

        gc.collect()
        torch.cuda.empty_cache()

    # Copies

    def _drop_copies(self, size: int) -> int:
        """Drop copies in VRAM, that of the model in use first: it lies in the arena too; return the bytes."""
        freed = self._vram.give_back(size, first=model_key(self.loaded.model) if self.loaded else None)
        if freed:
            log.info("%.1f GiB of copies in VRAM were given back", freed / 1024**3)
            self._give_back_memory()
            self._want()
            self._tell_copies()
        return freed

    def _make_room_beside(self, size: int) -> bool:
        """Whether so many bytes beside the copies in VRAM are within the budget; copies are dropped for them."""
        has_room = self._vram.make_room(size)
        self._tell_copies()
        return has_room

    def _begin_to_warm(self) -> None:
        """The first job of the day has run: from now on models are read into host RAM."""
        if self._a_job_has_run:
            return
        self._a_job_has_run = True
        self._shelves.recall_marks()
        self._want()

    def _want(self) -> None:
        """Have in host RAM what is marked, and what was used and has no copy in VRAM."""
        if self._device is None or not self._a_job_has_run:
            return
        arena = self._swapper.arena
        self._warmer.want(self._shelves.wanted_in_ram(), arena is not None and arena.channels_last)

    def _tell_copies(self) -> None:
        """Say where models lie, if that has changed; from the helper's thread too."""
        if self._device is None:
            return
        copies = told(self._vram, self._ram, self._warmer.reading)
        if copies.differ_from(self.copies):
            self.copies = copies
            self._emit(copies)
