"""Import what is slow to import, before anybody waits for it."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sdxl_tui.core import events_log
from sdxl_tui.engine.allocator import choose_allocator


def import_libraries() -> None:
    """Import torch, transformers, diffusers, and their classes that a model is made of.

    The last two import a class only when it is first named, which takes its time.
    """
    choose_allocator()
    with _no_socket_at_import():
        importlib.import_module("torch")
        for library in ("transformers", "diffusers"):
            importlib.import_module(library)
            events_log.adopt(library)
        from diffusers import AutoencoderKL, StableDiffusionXLPipeline, UNet2DConditionModel  # noqa: F401
        from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizerFast  # noqa: F401


@contextmanager
def _no_socket_at_import() -> Iterator[None]:
    """Keep urllib3, which diffusers imports, from opening an IPv6 socket only to see whether it could."""
    before, socket.has_ipv6 = socket.has_ipv6, False
    try:
        yield
    finally:
        socket.has_ipv6 = before
