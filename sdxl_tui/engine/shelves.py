"""Models that were looked at, without their weights, and which of them are wanted in host RAM."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from sdxl_tui.core import state
from sdxl_tui.core.check import HASH_DIGITS, check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hashing import known_sha256
from sdxl_tui.core.models import Model, load_catalogue
from sdxl_tui.engine.copies import ModelKey, Tier, model_key
from sdxl_tui.engine.loader import Shell, Shells

log = logging.getLogger(__name__)


class Shelves:
    """Shells by model, each as the model's files are now; copies of files that have changed since are dropped."""

    def __init__(self, vram: Tier, ram: Tier) -> None:
        self._vram, self._ram = vram, ram
        self._shells: dict[ModelKey, Shell] = {}
        """The most recently used last."""
        self._shelving = threading.Lock()
        self._marked: dict[ModelKey, Model] = {}
        """Models to be kept in host RAM."""
        self.maker: Shells | None = None
        """None until torch has been started."""

    def shell(self, model: Model, hashed: Callable[[float], None], wake: Callable[[], None]) -> Shell:
        """Return a model without its weights; raise UserError when they cannot be loaded.

        ``hashed`` is told the share of a single file that was read for its hash, ``wake`` called if torch is needed and
        has not been started; both may raise to give up.
        """
        key = model_key(model)
        with self._shelving:
            known = self._shells.get(key)
            if known is not None and known.is_current():
                return known
            self._vram.drop(key)
            self._ram.drop(key)
            check = check_model(model)
            if check.state != "ready":
                raise UserError(" ".join(check.problems))
            if model.file is not None and not check.revision:
                # Once for each file: its hash is what the log knows it by.
                check = replace(check, revision=known_sha256(model.file, hashed)[:HASH_DIGITS])
            if self.maker is None:
                wake()
            assert self.maker is not None, "torch was started"
            self._shells[key] = shell = self.maker.make(check)
            return shell

    def shell_in_background(self, key: ModelKey) -> Shell | None:
        """Return the shell of a wanted model, for the helper's thread; None, and a line in the log: there is none."""
        known, model = self._shells.get(key), self._marked.get(key)
        model = model or (known.check.model if known else None)
        try:
            return self.shell(model, lambda _share: None, lambda: None) if model else None
        except Exception as error:
            log.warning("%s is not kept in host RAM: %s", key[0], error)
            return None

    def use(self, key: ModelKey) -> None:
        """Take a model for the most recently used one."""
        self._shells[key] = self._shells.pop(key)

    def forget(self, key: ModelKey) -> None:
        """Look at a model anew when it is wanted again."""
        self._shells.pop(key, None)

    def mark(self, model: Model, on: bool) -> None:
        """Want a model in host RAM, also after the next start, or no longer."""
        state.keep_warm(model.id, on)
        self._marked = {key: kept for key, kept in self._marked.items() if key != model_key(model)}
        if on:
            self._marked[model_key(model)] = model

    def recall_marks(self) -> None:
        """Want what was marked before the lab started, too."""
        names = state.kept_warm()
        try:
            self._marked |= {model_key(model): model for model in load_catalogue().values() if model.id in names}
        except UserError as error:
            log.warning("the models to keep warm are not known: %s", error)

    def wanted_in_ram(self) -> list[ModelKey]:
        """What is marked, and what was used and has no copy in VRAM; the most wanted first."""
        used = [key for key in reversed(list(self._shells)) if not self._vram.size_of(key)]
        return list(dict.fromkeys([*self._marked, *used]))
