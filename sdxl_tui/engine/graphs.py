"""CUDA graphs: the work of a UNet step recorded once for each shape, then started with one call."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sdxl_tui.engine.run import is_out_of_memory

log = logging.getLogger(__name__)


@dataclass
class Captured:
    """One graph, with the tensors that it reads and the one that it writes."""

    graph: Any
    inputs: list[Any]
    output: Any
    copied: list[tuple[Any, int]]
    """What was last copied into each input, and its version then: what has not changed is not copied again.

    Held weakly: the text of a large batch takes hundreds of MiB, and goes with its job.
    """


class Graphs:
    """Graphs by key. They share one pool of memory, which comes back only when all of them are gone.

    So they go together: all at once, when the next one would be captured over the budget, or when memory runs out.
    """

    def __init__(self, budget: int) -> None:
        """``budget``: bytes that the pool may have taken when another graph is captured."""
        self._budget = budget
        self._captured: dict[Hashable, Captured] = {}
        self._pool: Any = None
        self._stream: Any = None
        self.held = 0
        """Bytes that the pool has taken."""

    def run(self, key: Hashable, function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """Return ``function(*inputs)``, one tensor, replayed where ``key`` was seen before.

        ``function`` must do the same work for the same key, on tensors of the same shapes. When memory runs out all
        graphs are dropped and it is tried once more.
        """
        try:
            return self._run(key, function, inputs)
        except Exception as error:
            if not self._captured or not is_out_of_memory(error):
                raise
            log.info("out of memory: %d graphs are dropped", len(self._captured))
        self.drop()
        return self._run(key, function, inputs)

    def drop(self) -> int:
        """Drop every graph; return the bytes that the pool had taken."""
        import torch

        held, self.held = self.held, 0
        if self._captured:
            torch.cuda.synchronize()
        self._captured.clear()
        self._pool = None
        torch.cuda.empty_cache()
        return held

    def _run(self, key: Hashable, function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        captured = self._captured.get(key)
        if captured is None:
            if self.held > self._budget:
                self.drop()
            captured = self._captured[key] = self._capture(function, inputs)
        for number, (target, source) in enumerate(zip(captured.inputs, inputs, strict=True)):
            known, version = captured.copied[number]
            if known() is not source or version != source._version:
                target.copy_(source)
                captured.copied[number] = (weakref.ref(source), source._version)
        captured.graph.replay()
        # What the graph wrote is written over by its next replay; some samplers keep predictions for later steps.
        return captured.output.clone()

    def _capture(self, function: Callable[..., Any], inputs: Sequence[Any]) -> Captured:
        import torch

        own = [tensor.clone() for tensor in inputs]
        current = torch.cuda.current_stream()
        if self._stream is None:
            self._stream = torch.cuda.Stream()
        self._stream.wait_stream(current)
        # What another stream has cached is of no use to this one, and stands in its way.
        torch.cuda.empty_cache()
        with torch.cuda.stream(self._stream):
            # Not recorded: libraries start and kernels are compiled.
            function(*own)
            self._stream.synchronize()
            torch.cuda.empty_cache()
            before = torch.cuda.memory_reserved()
            graph = torch.cuda.CUDAGraph()
            if self._pool is None:
                self._pool = torch.cuda.graph_pool_handle()
            # Other threads allocate, copy and wait meanwhile: only what this one does is recorded.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                output = function(*own)
            except BaseException:
                with suppress(RuntimeError):  # What broke the capture is said, not that it is broken.
                    graph.capture_end()
                raise
            graph.capture_end()
            self.held += max(0, torch.cuda.memory_reserved() - before)
        current.wait_stream(self._stream)
        return Captured(graph, own, output, [(weakref.ref(tensor), tensor._version) for tensor in inputs])
