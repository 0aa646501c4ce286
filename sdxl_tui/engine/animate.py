"""The words of frames: embeddings at points between prompts."""

from __future__ import annotations

from typing import Any

from sdxl_tui.core.animation import Between
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine.noise import slerp
from sdxl_tui.engine.prompts import Encoded, encode


class Ways:
    """Encodes each prompt of a sequence once, when its first frame is near."""

    def __init__(self, pipe: Any, encoded: Encoded, request: GenerationRequest) -> None:
        self._pipe = pipe
        self._negative, self._syntax = request.styled_negative_prompt, request.prompt_syntax
        self._known = {request.styled_prompt: encoded.arguments}

    def words(self, prompts: Between[str]) -> dict[str, Any]:
        """Return the embeddings at a point between two prompts', as Encoded.arguments: token by token, on the sphere.

        The shorter prompt is filled up with empty chunks.
        """
        start, end = self._encoded(prompts.start), self._encoded(prompts.end)
        if prompts.start == prompts.end:
            return start
        length = max(start["prompt_embeds"].shape[1], end["prompt_embeds"].shape[1])
        start, end = self._filled(start, length), self._filled(end, length)
        return {name: slerp(start[name], end[name], prompts.share) for name in start}

    def _encoded(self, prompt: str) -> dict[str, Any]:
        if prompt not in self._known:
            self._known[prompt] = encode(self._pipe, prompt, self._negative, self._syntax).arguments
        return self._known[prompt]

    def _filled(self, arguments: dict[str, Any], length: int) -> dict[str, Any]:
        import torch

        missing = length - arguments["prompt_embeds"].shape[1]
        if not missing:
            return arguments
        empty = encode(self._pipe, "", "").arguments["prompt_embeds"]
        filling = [empty] * (missing // empty.shape[1])
        names = ("prompt_embeds", "negative_prompt_embeds")
        return arguments | {name: torch.cat([arguments[name], *filling], dim=1) for name in names}
