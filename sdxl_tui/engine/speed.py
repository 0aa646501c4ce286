"""How UNet and VAE are run: stock, replayed, or rearranged and replayed; one word in settings, header and log.

A denoising step at 1024x1024, one picture with guidance, on one H100 (`sdxl-tui bench` measures it anywhere):

=====  ========  =============================================================================================
mode   ms        what bought it
=====  ========  =============================================================================================
eager  70 - 105  stock diffusers: the card idles more than half of the time, waiting to be told what to do
exact  42.1      CUDA graphs: the same work, started with one call; the text's keys and values once a job
fast   29.4      NHWC order throughout, GroupNorm + SiLU, sum + LayerNorm and GEGLU in kernels, Q, K and V in
                 one product, cuDNN's attention, no sum or bias that is a pass of its own
=====  ========  =============================================================================================
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.speeds import EAGER, EXACT, FAST
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.obstacles import obstacle_to_triton
from sdxl_tui.engine.run import is_out_of_memory

log = logging.getLogger(__name__)

NEXT_BEST = {FAST: EXACT, EXACT: EAGER}
"""What takes the place of a mode that cannot run."""
GRAPHS_SHARE = 4
"""Captured graphs may hold one part in so many of the card's memory."""


class Speed:
    """Runs the models whose weights lie in one arena; they share what is captured and compiled."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._on_gpu = arena.flat.is_cuda
        self._reasons: dict[str, str] = {}
        self._painters: dict[str, Any] = {}
        self._decoders: dict[Any, Any] = {}
        self._float32: Any = None
        self._float32_of = -1
        self._graphs: Any = None
        self.overflowing: set[Any] = set()
        """Keys of models whose VAE is known to overflow in float16."""
        if self._on_gpu:
            import torch

            from sdxl_tui.engine.graphs import Graphs

            self._graphs = Graphs(torch.cuda.get_device_properties(0).total_memory // GRAPHS_SHARE)

    def in_force(self, wanted: str, pipe: Any) -> str:
        """The mode that a job which wants ``wanted`` gets; why it is another one stands in the log, once."""
        while wanted != EAGER:
            if wanted not in self._reasons:
                self._reasons[wanted] = reason = self._why_not(wanted, pipe)
                if reason:
                    log.info("speed %s cannot run, %s takes its place: %s", wanted, NEXT_BEST[wanted], reason)
            if not self._reasons[wanted]:
                break
            wanted = NEXT_BEST[wanted]
        return wanted

    @contextmanager
    def painting(self, pipe: Any, wanted: str) -> Iterator[str]:
        """Let ``pipe.unet`` run in a mode while this lasts; the mode in force is given."""
        mode = self.prepare(pipe, wanted)
        if mode == EAGER:
            yield mode
            return
        unet = pipe.unet

        def forward(sample: Any, timestep: Any, encoder_hidden_states: Any, **options: Any) -> tuple[Any]:
            nonlocal mode
            while mode != EAGER:
                try:
                    painter = self._painter(mode, pipe)
                    return (painter(sample, timestep, encoder_hidden_states, options["added_cond_kwargs"]),)
                except Exception as error:
                    if is_out_of_memory(error):
                        raise
                    self._give_up(mode, error)
                    mode = self.prepare(pipe, wanted)
            return type(unet).forward(unet, sample, timestep, encoder_hidden_states, **options)

        unet.forward = forward
        try:
            yield mode
        finally:
            del unet.forward
            for painter in self._painters.values():
                painter.forget()

    def decoder(self, pipe: Any, mode: str, dtype: Any) -> Callable[[Any], Any]:
        """Return what turns unscaled latents of ``dtype``, (n, channels, height / f, width / f), into pixels in -1..1.

        No graph is captured of it: 25 of its 27 ms are kernels without one (H100), and a graph would hold its memory.
        """
        vae = self.vae(pipe.vae, dtype)
        if mode != FAST:
            return lambda latents: vae.decode(latents, return_dict=False)[0]
        if dtype not in self._decoders:
            self._decoders[dtype] = self._fast_decoder(vae, is_live=vae is pipe.vae)
        return self._decoders[dtype]

    def vae(self, vae: Any, dtype: Any) -> Any:
        """Return a live VAE, or its twin in float32: it is made when it is first asked for, and kept true."""
        if dtype == vae.dtype:
            return vae
        import copy

        import torch

        if self._float32 is None:
            self._float32 = copy.deepcopy(vae).to(torch.float32)
        elif self._float32_of != self._arena.generation:
            for twin, parameter in zip(self._float32.parameters(), vae.parameters(), strict=True):
                twin.copy_(parameter)
            self._decoders.pop(torch.float32, None)
        self._float32_of = self._arena.generation
        return self._float32

    def prepare(self, pipe: Any, wanted: str) -> str:
        """Put the weights in the order that a mode reads; return the one in force."""
        mode = self.in_force(wanted, pipe)
        self._lay_out(mode)
        return mode

    @property
    def graphs_held(self) -> int:
        """Bytes that captured graphs hold."""
        return self._graphs.held if self._graphs is not None else 0

    def drop_graphs(self) -> int:
        """Give back what captured graphs hold, in bytes; they are captured again when they are needed."""
        return self._graphs.drop() if self._graphs is not None else 0

    def give_back(self) -> int:
        """Give back, in bytes, what can be made again: captured graphs, and the VAE's twin in float32."""
        twin, self._float32, self._float32_of = self._float32, None, -1
        freed = 0
        if twin is not None:
            freed = sum(parameter.nbytes for parameter in twin.parameters())
            self._decoders.clear()  # They hold the VAE that they were made for.
        del twin
        return freed + self.drop_graphs()

    def _lay_out(self, mode: str) -> None:
        """NHWC for the fast mode, else as stock has them."""
        if self._arena.channels_last != (mode == FAST):
            self.drop_graphs()
            self._painters.clear()
            self._decoders.clear()
            self._float32 = None
            self._arena.lay_out(mode == FAST)

    def _why_not(self, mode: str, pipe: Any) -> str:
        if not self._on_gpu:
            return "it needs a CUDA GPU"
        if mode == EXACT:
            return ""
        # Compiled kernels are kept where the lab's other built things are.
        os.environ.setdefault("TRITON_CACHE_DIR", str(paths.cache_dir() / "kernels"))
        from sdxl_tui.engine import fast_unet, fast_vae

        if obstacle := obstacle_to_triton():
            return f"it needs {obstacle.reason}"
        if reason := fast_unet.why_not(pipe.unet) or fast_vae.why_not(pipe.vae):
            return f"the model is not built as SDXL is: {reason}"
        return ""

    def _painter(self, mode: str, pipe: Any) -> Any:
        if mode not in self._painters:
            from sdxl_tui.engine.painters import ExactPainter, FastPainter

            if mode == FAST:
                painter = FastPainter(pipe.unet, self._graphs, self._joined({"unet": pipe.unet}))
                painter.compile(self.decoder(pipe, FAST, pipe.vae.dtype))
                self._painters[mode] = painter
            else:
                self._painters[mode] = ExactPainter(pipe.unet, self._graphs)
        return self._painters[mode]

    def _fast_decoder(self, vae: Any, is_live: bool) -> Callable[[Any], Any]:
        import torch

        from sdxl_tui.engine.fast_vae import FastDecoder

        decoder = FastDecoder(vae, self._joined({"vae": vae}) if is_live else torch.cat)
        if is_live:
            return decoder

        def decode(latents: Any) -> Any:
            """In TF32 as stock's convolutions are: float32's range, float16's precision."""
            before = torch.get_float32_matmul_precision()
            torch.set_float32_matmul_precision("high")
            try:
                return decoder(latents)
            finally:
                torch.set_float32_matmul_precision(before)

        return decode

    def _joined(self, modules: dict[str, Any]) -> Callable[[Any], Any]:
        """Return what joins parameters of ``modules``, by their names in the arena, as a view of the arena."""
        names = {
            id(parameter): f"{part}.{name}"
            for part, module in modules.items()
            for name, parameter in module.named_parameters()
        }
        return lambda parameters: self._arena.joined([names[id(parameter)] for parameter in parameters])

    def _give_up(self, mode: str, error: Exception) -> None:
        log.error("speed %s failed; %s takes its place", mode, NEXT_BEST[mode], exc_info=error)
        self._reasons[mode] = f"it failed with {type(error).__name__}"
