"""How the UNet is run: stock, replayed, or rearranged and replayed; one word in settings, header and log.

Measured on one H100, 1024x1024, one picture with guidance; a step on the GPU, stock diffusers beside it:

FIGURES
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

EAGER, EXACT, FAST = "eager", "exact", "fast"

log = logging.getLogger(__name__)

NEXT_BEST = {FAST: EXACT, EXACT: EAGER}
"""What takes the place of a mode that cannot run."""
GRAPHS_SHARE = 4
"""Captured graphs may hold one part in so many of the card's memory."""


class Speed:
    """Runs the UNet over one arena's weights. All models of the arena share what is captured."""

    def __init__(self, arena: Any) -> None:
        import torch

        self._arena = arena
        self._on_gpu = arena.flat.is_cuda
        self._reasons: dict[str, str] = {}
        self._painters: dict[str, Any] = {}
        self._graphs: Any = None
        if self._on_gpu:
            from sdxl_tui.engine.graphs import Graphs

            self._graphs = Graphs(torch.cuda.get_device_properties(0).total_memory // GRAPHS_SHARE)

    def in_force(self, wanted: str, pipe: Any) -> str:
        """The mode that a job which wants ``wanted`` gets; why it is another one stands in the log, once."""
        while wanted != EAGER:
            reason = self._reasons.get(wanted)
            if reason is None:
                reason = self._reasons[wanted] = self._why_not(wanted, pipe)
                if reason:
                    log.warning("speed %s cannot run: %s; %s takes its place", wanted, reason, NEXT_BEST[wanted])
            if not reason:
                break
            wanted = NEXT_BEST[wanted]
        return wanted

    @contextmanager
    def painting(self, pipe: Any, wanted: str) -> Iterator[str]:
        """Let ``pipe.unet`` run in a mode while this lasts; the mode in force is given."""
        mode = self.in_force(wanted, pipe)
        self.lay_out(mode)
        if mode == EAGER:
            yield mode
            return
        unet = pipe.unet
        painter = self._painter(mode, pipe)

        def forward(sample: Any, timestep: Any, encoder_hidden_states: Any, **options: Any) -> tuple[Any]:
            nonlocal painter
            if painter is not None:
                try:
                    return (painter(sample, timestep, encoder_hidden_states, options["added_cond_kwargs"]),)
                except Exception as error:
                    if type(error).__name__ == "OutOfMemoryError":
                        raise
                    painter = None
                    self._give_up(mode, error)
            return type(unet).forward(unet, sample, timestep, encoder_hidden_states, **options)

        unet.forward = forward
        try:
            yield mode
        finally:
            del unet.forward

    def lay_out(self, mode: str) -> None:
        """Put the weights in the order that a mode reads: NHWC for the fast one, else as stock has them."""
        if self._arena.channels_last != (mode == FAST):
            self.drop_graphs()
            self._painters.clear()
            self._arena.lay_out(mode == FAST)

    def drop_graphs(self) -> int:
        """Give back what captured graphs hold, in bytes; they are captured again when they are needed."""
        return self._graphs.drop() if self._graphs is not None else 0

    def joined(self, modules: dict[str, Any]) -> Callable[[Any], Any]:
        """Return what joins parameters of ``modules``, by their names in the arena, as a view of the arena."""
        names = {
            id(parameter): f"{part}.{name}"
            for part, module in modules.items()
            for name, parameter in module.named_parameters()
        }
        return lambda parameters: self._arena.joined([names[id(parameter)] for parameter in parameters])

    def _why_not(self, mode: str, pipe: Any) -> str:
        if not self._on_gpu:
            return "it needs a CUDA GPU"
        if mode == EXACT:
            return ""
        from sdxl_tui.engine import fast_unet, fast_vae, kernels

        if kernels.triton is None:
            return "Triton is not installed"
        if reason := fast_unet.why_not(pipe.unet) or fast_vae.why_not(pipe.vae):
            return f"the model is not built as SDXL is: {reason}"
        return ""

    def _painter(self, mode: str, pipe: Any) -> Any:
        if mode not in self._painters:
            if mode == FAST:
                self._painters[mode] = FastPainter(pipe.unet, self._graphs, self.joined({"unet": pipe.unet}))
            else:
                self._painters[mode] = ExactPainter(pipe.unet, self._graphs)
        return self._painters[mode]

    def _give_up(self, mode: str, error: Exception) -> None:
        log.error("speed %s failed", mode, exc_info=error)
        self._reasons[mode] = f"{type(error).__name__}"
        self.lay_out(EAGER)


class FastPainter:
    """The fast UNet, replayed; the text's keys and values are computed when the text changes."""

    def __init__(self, unet: Any, graphs: Any, joined: Callable[[Any], Any]) -> None:
        from sdxl_tui.engine.fast_unet import FastUNet

        self._graphs = graphs
        self._unet = FastUNet(unet, joined)
        self._states: Any = None
        self._text: list[Any] = []

    def __call__(self, sample: Any, timestep: Any, states: Any, conditions: dict[str, Any]) -> Any:
        """As UNet2DConditionModel, for SDXL's conditions."""
        if self._states is not states:
            self._states = states
            self._text = [tensor for pair in self._unet.text(states) for tensor in pair]
        inputs = (sample, timestep, conditions["text_embeds"], conditions["time_ids"], *self._text)
        key = (FAST, sample.shape, states.shape, timestep.dtype)
        return self._graphs.run(key, self._step, inputs)

    def _step(self, sample: Any, timestep: Any, pooled: Any, time_ids: Any, *text: Any) -> Any:
        from sdxl_tui.engine.fast_blocks import best_attention

        with best_attention():
            return self._unet(sample, timestep, list(zip(text[::2], text[1::2], strict=True)), pooled, time_ids)


class ExactPainter:
    """diffusers' own UNet, replayed, but that the text's keys and values are computed when the text changes."""

    def __init__(self, unet: Any, graphs: Any) -> None:
        self._unet = unet
        self._graphs = graphs
        self._attentions = [part for name, part in unet.named_modules() if name.endswith("attn2")]
        self._states: Any = None
        self._text: list[Any] = []

    def __call__(self, sample: Any, timestep: Any, states: Any, conditions: dict[str, Any]) -> Any:
        """As UNet2DConditionModel, for SDXL's conditions, bit for bit."""
        if self._states is not states:
            self._states = states
            self._text = [to(states) for part in self._attentions for to in (part.to_k, part.to_v)]
        inputs = (sample, timestep, states, conditions["text_embeds"], conditions["time_ids"], *self._text)
        key = (EXACT, sample.shape, states.shape, timestep.dtype)
        return self._graphs.run(key, self._step, inputs)

    def _step(self, sample: Any, timestep: Any, states: Any, pooled: Any, time_ids: Any, *text: Any) -> Any:
        own = [part.processor for part in self._attentions]
        for number, part in enumerate(self._attentions):
            part.processor = TextKnown(text[2 * number], text[2 * number + 1])
        try:
            conditions = {"text_embeds": pooled, "time_ids": time_ids}
            unet = self._unet
            return type(unet).forward(
                unet, sample, timestep, states, added_cond_kwargs=conditions, return_dict=False
            )[0]
        finally:
            for part, processor in zip(self._attentions, own, strict=True):
                part.processor = processor


class TextKnown:
    """What diffusers' AttnProcessor2_0 does for attention to a text, its keys and values being known."""

    def __init__(self, key: Any, value: Any) -> None:
        self._text = (key, value)

    def __call__(self, attention: Any, hidden_states: Any, *_: Any, **__: Any) -> Any:
        """(n, tokens, width) to the same."""
        from torch.nn import functional

        heads = attention.heads
        parts = (attention.to_q(hidden_states), *self._text)
        query, key, value = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in parts)
        seen = functional.scaled_dot_product_attention(query, key, value, dropout_p=0.0, is_causal=False)
        return attention.to_out[0](seen.transpose(1, 2).flatten(2))
