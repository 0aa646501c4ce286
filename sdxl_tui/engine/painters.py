"""What runs instead of diffusers' UNet: the same one replayed, and the fast one replayed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from sdxl_tui.core.speeds import EXACT, FAST
from sdxl_tui.engine.graphs import Graphs


class Painter(ABC):
    """A UNet that is replayed; the text's keys and values are computed when the text changes."""

    MODE = ""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self.forget()

    def forget(self) -> None:
        """Compute the text's keys and values anew: the weights may be others."""
        self._states: Any = None
        self._text: list[Any] = []

    def __call__(self, sample: Any, timestep: Any, states: Any, conditions: dict[str, Any]) -> Any:
        """As UNet2DConditionModel, for SDXL's conditions."""
        if self._states is not states:
            self._states, self._text = states, self._keys_and_values(states)
        inputs = (sample, timestep, states, conditions["text_embeds"], conditions["time_ids"], *self._text)
        key = (self.MODE, sample.shape, states.shape, timestep.dtype)
        return self._graphs.run(key, self._step, inputs)

    @abstractmethod
    def _keys_and_values(self, states: Any) -> list[Any]:
        """Of the text's states, (n, tokens, text width), for each attention: keys, values, keys, values, …"""

    @abstractmethod
    def _step(self, sample: Any, timestep: Any, states: Any, pooled: Any, time_ids: Any, *text: Any) -> Any:
        """What is recorded: one prediction, (n, channels, height / f, width / f)."""


class FastPainter(Painter):
    """The fast UNet."""

    MODE = FAST

    def __init__(self, unet: Any, graphs: Graphs, joined: Callable[[Any], Any]) -> None:
        from sdxl_tui.engine.fast_unet import FastUNet

        super().__init__(graphs)
        self._config = unet.config
        self._place = {"device": unet.device, "dtype": unet.dtype}
        self._unet = FastUNet(unet, joined)

    def compile(self, decoder: Callable[[Any], Any]) -> None:
        """Compile the kernels of UNet and decoder side by side: a few seconds on a machine that has none yet."""
        import torch

        from sdxl_tui.engine.launching import compiling

        config, place = self._config, self._place
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        sample, timestep = torch.zeros(2, config.in_channels, 16, 16, **place), torch.zeros((), device=place["device"])
        states = torch.zeros(2, 77, config.cross_attention_dim, **place)
        conditions = torch.zeros(2, pooled, **place), torch.zeros(2, 6, **place)
        with compiling():
            self._step(sample, timestep, states, *conditions, *self._keys_and_values(states))
            decoder(sample[:1])

    def _keys_and_values(self, states: Any) -> list[Any]:
        return [tensor for pair in self._unet.text(states) for tensor in pair]

    def _step(self, sample: Any, timestep: Any, _states: Any, pooled: Any, time_ids: Any, *text: Any) -> Any:
        from sdxl_tui.engine.fast_blocks import best_attention

        with best_attention():
            return self._unet(sample, timestep, list(zip(text[::2], text[1::2], strict=True)), pooled, time_ids)


class ExactPainter(Painter):
    """diffusers' own UNet, bit for bit."""

    MODE = EXACT

    def __init__(self, unet: Any, graphs: Graphs) -> None:
        super().__init__(graphs)
        self._unet = unet
        self._attentions = [part for name, part in unet.named_modules() if name.endswith("attn2")]

    def _keys_and_values(self, states: Any) -> list[Any]:
        return [to(states) for part in self._attentions for to in (part.to_k, part.to_v)]

    def _step(self, sample: Any, timestep: Any, states: Any, pooled: Any, time_ids: Any, *text: Any) -> Any:
        unet, conditions = self._unet, {"text_embeds": pooled, "time_ids": time_ids}
        own = [part.processor for part in self._attentions]
        for part, key, value in zip(self._attentions, text[::2], text[1::2], strict=True):
            part.processor = TextKnown(key, value)
        try:
            forward = type(unet).forward
            return forward(unet, sample, timestep, states, added_cond_kwargs=conditions, return_dict=False)[0]
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
