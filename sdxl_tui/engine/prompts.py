"""Prompts to embeddings: any length, in chunks of 75 tokens, by both of SDXL's text encoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Encoded:
    """A prompt and a negative prompt as the UNet takes them: tensors on the device, in the UNet's dtype."""

    arguments: dict[str, Any]
    """As diffusers' SDXL pipelines name them. ``prompt_embeds`` and ``negative_prompt_embeds``: (1, 77 x chunks, both
    encoders' widths joined), (1, 77, 2048) for a short prompt on SDXL; the shorter prompt is filled up with empty
    chunks. ``pooled_prompt_embeds`` and ``negative_pooled_prompt_embeds``: (1, width of the second encoder's
    projection), (1, 1280) on SDXL, from the first chunk."""
    tokens: dict[str, int]
    """Tokens of ``prompt`` and ``negative_prompt`` by the first tokenizer, without start and end."""


def encode(pipe: Any, prompt: str, negative_prompt: str) -> Encoded:
    """Encode both prompts as given; an empty one is encoded as ``""``, as A1111 and ComfyUI do, not as zeros."""
    encoders = ((pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2))
    texts = (prompt, negative_prompt)
    ids = [[token_ids(tokenizer, text) for tokenizer, _ in encoders] for text in texts]
    room = pipe.text_encoder.config.max_position_embeddings - 2
    count = max(1, *(-(-len(tokens) // room) for both in ids for tokens in both))
    embeds, pooled = zip(*(_encoded(encoders, both, count, room) for both in ids), strict=True)
    arguments = {
        "prompt_embeds": embeds[0],
        "negative_prompt_embeds": embeds[1],
        "pooled_prompt_embeds": pooled[0],
        "negative_pooled_prompt_embeds": pooled[1],
    }
    return Encoded(
        arguments={name: tensor.to(pipe.unet.dtype) for name, tensor in arguments.items()},
        tokens={"prompt": len(ids[0][0]), "negative_prompt": len(ids[1][0])},
    )


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """The tokens of a text without start and end, however many."""
    return tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids


def _encoded(encoders: tuple[Any, ...], both: list[list[int]], count: int, room: int) -> tuple[Any, Any]:
    import torch

    states = []
    for (tokenizer, encoder), tokens in zip(encoders, both, strict=True):
        rows = [_chunk(tokenizer, tokens[i * room : (i + 1) * room], room) for i in range(count)]
        output = encoder(torch.tensor(rows, device=encoder.device), output_hidden_states=True)
        # SDXL was trained on the last layer but one, without the final norm.
        hidden = output.hidden_states[-2]
        states.append(hidden.reshape(1, -1, hidden.shape[-1]))
    return torch.cat(states, dim=-1), output.text_embeds[:1]


def _chunk(tokenizer: Any, tokens: list[int], room: int) -> list[int]:
    padding = [tokenizer.pad_token_id] * (room - len(tokens))
    return [tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id, *padding]
