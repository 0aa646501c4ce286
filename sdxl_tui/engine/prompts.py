"""Prompts to embeddings: any length, in chunks of 75 tokens, weighted, by both of SDXL's text encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.prompt_syntax import A1111, Chunk, chunked, parse

RESTORED = (0.25, 4.0)
"""Within these a weighted chunk's mean is scaled back to what it was; a quotient of two means near zero says nothing,
and would turn the embedding round or blow it up."""


@dataclass(frozen=True)
class Encoded:
    """A prompt and a negative prompt as the UNet takes them: tensors on the device, in the UNet's dtype."""

    arguments: dict[str, Any]
    """As diffusers' SDXL pipelines name them. ``prompt_embeds`` and ``negative_prompt_embeds``: (1, 77 x chunks, both
    encoders' widths joined), (1, 77, 2048) for a short prompt on SDXL; the shorter prompt is filled up with empty
    chunks. ``pooled_prompt_embeds`` and ``negative_pooled_prompt_embeds``: (1, width of the second encoder's
    projection), (1, 1280) on SDXL, from the first chunk."""
    tokens: dict[str, int]
    """Tokens of ``prompt`` and ``negative_prompt`` by the first tokenizer, without start and end, and without the signs
    that the prompt syntax takes."""

    @property
    def length(self) -> int:
        """Tokens of each of both prompts, with all that is put around and behind them."""
        return self.arguments["prompt_embeds"].shape[1]


def encode(pipe: Any, prompt: str, negative_prompt: str, syntax: str = A1111) -> Encoded:
    """Encode both prompts; an empty one is encoded as ``""``, as A1111 and ComfyUI do, not as zeros.

    ``syntax`` says what brackets mean (``core/prompt_syntax.py``).
    """
    encoders = ((pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2))
    room = pipe.text_encoder.config.max_position_embeddings - 2
    chunks = [
        [_chunks(tokenizer, text, syntax, room) for tokenizer, _ in encoders] for text in (prompt, negative_prompt)
    ]
    count = max(len(one) for both in chunks for one in both)
    embeds, pooled = zip(*(_encoded(encoders, both, count, room) for both in chunks), strict=True)
    arguments = {
        "prompt_embeds": embeds[0],
        "negative_prompt_embeds": embeds[1],
        "pooled_prompt_embeds": pooled[0],
        "negative_pooled_prompt_embeds": pooled[1],
    }
    first = [sum(len(chunk.tokens) for chunk in both[0]) for both in chunks]
    return Encoded(
        arguments={name: tensor.to(pipe.text_encoder.dtype) for name, tensor in arguments.items()},
        tokens=dict(zip(("prompt", "negative_prompt"), first, strict=True)),
    )


def joined(prompts: Sequence[tuple[Encoded, int]]) -> dict[str, Any]:
    """Return prompts of one length as the arguments of one pass, each for as many pictures: (pictures, ...)."""
    import torch

    names = prompts[0][0].arguments
    return {
        name: torch.cat([encoded.arguments[name].repeat_interleave(count, 0) for encoded, count in prompts])
        for name in names
    }


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """The tokens of a text without start and end, however many."""
    return tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids


def _chunks(tokenizer: Any, text: str, syntax: str, room: int) -> list[Chunk]:
    def tokens_of(part: str) -> tuple[Sequence[int], Sequence[int]]:
        ids = token_ids(tokenizer, part)
        return ids, [0] * len(ids)

    return chunked(parse(text, syntax), tokens_of, room)


def _encoded(encoders: tuple[Any, ...], both: list[list[Chunk]], count: int, room: int) -> tuple[Any, Any]:
    import torch

    states = []
    for (tokenizer, encoder), chunks in zip(encoders, both, strict=True):
        chunks = [*chunks, *[Chunk((), ())] * (count - len(chunks))]
        rows = [_row(tokenizer, chunk, room) for chunk in chunks]
        output = encoder(torch.tensor(rows, device=encoder.device), output_hidden_states=True)
        # SDXL was trained on the last layer but one, without the final norm.
        hidden = _weighted(output.hidden_states[-2], chunks)
        states.append(hidden.reshape(1, -1, hidden.shape[-1]))
    return torch.cat(states, dim=-1), output.text_embeds[:1]


def _row(tokenizer: Any, chunk: Chunk, room: int) -> list[int]:
    padding = [tokenizer.pad_token_id] * (room - len(chunk.tokens))
    return [tokenizer.bos_token_id, *chunk.tokens, tokenizer.eos_token_id, *padding]


def _weighted(hidden: Any, chunks: Sequence[Chunk]) -> Any:
    """Scale each token's vector by its weight, then each chunk back to the mean it had; (chunks, 77, width).

    That is A1111's emphasis "Original", its default (``modules/sd_emphasis.py``). A chunk in which everything weighs 1
    stays as it is, bit for bit.
    """
    import torch

    weighted = hidden.clone()
    for number, chunk in enumerate(chunks):
        if all(weight == 1 for weight in chunk.weights):
            continue
        factors = torch.ones(hidden.shape[1], device=hidden.device)
        factors[1 : 1 + len(chunk.weights)] = torch.tensor(chunk.weights, device=hidden.device)
        before = hidden[number].float()
        scaled = before * factors[:, None]
        restoring = float(before.mean() / scaled.mean())
        if RESTORED[0] <= restoring <= RESTORED[1]:
            scaled = scaled * restoring
        weighted[number] = scaled.to(hidden.dtype)
    return weighted
