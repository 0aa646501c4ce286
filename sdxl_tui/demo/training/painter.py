"""The second part of the training: UNet and text encoders together, on latents of scenes as they are painted."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training.architecture import LATENT_CHANNELS, SCHEDULER, make_modules
from sdxl_tui.demo.training.fast import fuse, without_biases
from sdxl_tui.demo.training.feed import Size, Studio
from sdxl_tui.demo.training.tokenizer import END, LENGTH

SIZE: Size = (128, 128)
OTHER_SIZES: list[Size] = [(192, 192), (96, 96), (192, 128), (160, 160), (128, 192), (64, 64), (160, 96), (96, 160)]
BATCH = 384
LOT = 512
"""Scenes painted at once."""
BANK = 131072
"""Scenes kept; each is seen about five times before a new one takes its place."""
EVERY = 10
"""Steps from one new lot to the next."""
OTHER_EVERY, OTHER_FROM = 8, 0.5
"""One step in so many is at another size, once this share of the time is over."""
RATE = 7e-4
WARM_UP = 80
EMA = 0.999
PURE = 0.03
"""Share of samples at the last timestep, their input all noise, as it is when a picture begins."""
GAMMA = 5.0
"""Highest signal-to-noise ratio that counts in full (Hang et al. 2023)."""
PARTS = ("unet", "text_encoder", "text_encoder_2")


class Painter:
    """The state of the training: weights, their running mean, the optimizer, and how long it has gone on."""

    def __init__(self, studio: Studio, vae: Any, seed: int, focused: bool) -> None:
        import torch

        torch.manual_seed(seed)
        self.studio, self.vae, self.seed, self.focused = studio, vae, seed, focused
        modules = make_modules()
        self.live = torch.nn.ModuleDict({name: modules[name] for name in PARTS}).to(studio.device)
        _start_quiet(self.live["unet"])
        without_biases(self.live["unet"])
        self.live["unet"].to(memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.live).requires_grad_(False)
        fuse(self.live["unet"])
        self.trained = [value for value in self.live.parameters() if value.requires_grad]
        cuda = studio.device.type == "cuda"
        self.rate = torch.tensor(RATE, device=studio.device)
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=self.rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True, capturable=cuda
        )
        self.step, self.seconds = 0, 0.0
        betas = torch.linspace(SCHEDULER["beta_start"] ** 0.5, SCHEDULER["beta_end"] ** 0.5, 1000) ** 2
        self.signal = torch.cumprod(1 - betas, 0).to(studio.device)

    def train(self, total: float, seconds: float, workers: int, graphed: bool, keep: Path) -> None:
        """Go on for ``seconds`` of the ``total`` that the learning rate is planned for; keep the state in ``keep``."""
        import torch

        began, before, reported, kept = time.perf_counter(), self.seconds, 0.0, 0.0
        bank = _Bank(self, workers)
        others = self._others(workers)
        torch.backends.cudnn.benchmark = graphed
        step = _Graphed(self, bank.take(0)) if graphed else self.learn
        mean_loss, lost = (torch.zeros((), device=self.studio.device) for _ in range(2))
        torch.backends.cudnn.benchmark = False
        print(f"unet: ready after {time.perf_counter() - began:.0f} s", flush=True)
        while (elapsed := time.perf_counter() - began) < seconds:
            self.seconds = before + elapsed
            share = min(1.0, self.seconds / total)
            self.rate.fill_(
                RATE * min(1.0, (self.step + 1) / WARM_UP) * (0.005 + 0.995 * (0.5 + 0.5 * math.cos(math.pi * share)))
            )
            if share > OTHER_FROM and self.step % OTHER_EVERY == 0:
                self.optimizer.zero_grad(set_to_none=True)
                loss = self.learn(*next(others))
                self.optimizer.zero_grad(set_to_none=True)
            else:
                loss = step(*bank.take(self.step))
                if not graphed:
                    self.optimizer.zero_grad(set_to_none=True)
            self._follow()
            is_number = loss.isfinite()
            lost += ~is_number
            mean_loss.lerp_(torch.where(is_number, loss, mean_loss), 0.02 if self.step > 50 else 0.2)
            self.step += 1
            if elapsed - reported > 15 or self.step in (1, 2, 3, 20, 100):
                reported = elapsed
                print(
                    f"unet step {self.step} {self.seconds:.0f} s: loss {float(mean_loss):.4f}, {int(lost)} steps lost",
                    flush=True,
                )
                if float(lost) > 10 + self.step / 100:
                    raise ArithmeticError("the loss is no number any more: take up the last state, with a lower RATE")
            if elapsed - kept > 100:
                kept = elapsed
                self.save_mean(keep)
        self.seconds = before + time.perf_counter() - began
        self.save_mean(keep)
        torch.save(self._state(), keep / "state.pt")

    def learn(self, latents: Any, tokens: Any, time_ids: Any) -> Any:
        """One step on a batch; returns its loss. Gradients of the step before must be gone."""
        import torch

        count, device = len(latents), latents.device
        times = ((torch.arange(count, device=device) + torch.rand(count, device=device)) * (1000 / count)).long()
        times = times.clamp(0, 999)
        pure = torch.rand(count, device=device) < PURE
        times = torch.where(pure, torch.full_like(times, 999), times)
        signal = self.signal[times].view(-1, 1, 1, 1)
        noise = torch.randn_like(latents)
        noisy = torch.where(pure.view(-1, 1, 1, 1), noise, signal.sqrt() * latents + (1 - signal).sqrt() * noise)
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            words, pooled = encode_tokens(self.live, tokens)
            added = {"text_embeds": pooled, "time_ids": time_ids}
            noisy = noisy.contiguous(memory_format=torch.channels_last)
            guess = self.live["unet"](noisy, times, words, added_cond_kwargs=added, return_dict=False)[0]
        ratio = self.signal[times] / (1 - self.signal[times])
        if self.focused:
            weight = (ratio + 1).clamp(max=GAMMA) / (ratio + 1)
        else:
            weight = torch.where(pure, torch.ones_like(ratio), ratio.clamp(max=GAMMA) / (ratio + 1)) + 0.1
        loss = ((guess.float() - velocity).pow(2).mean((1, 2, 3)) * weight).mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        # What tells the fused step to do nothing: one gradient that is no number would end the whole training.
        self.optimizer.found_inf = (~norm.isfinite()).float()
        self.optimizer.step()
        return loss.detach()

    def _follow(self) -> None:
        """Move the running mean."""
        import torch

        decay = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.mean.parameters()), list(self.live.parameters()), 1 - decay)

    def lot(self, size: Size, drawn: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Latents, tokens and size conditioning of drawn scenes."""
        import torch

        device = self.studio.device
        pictures = self.studio.paint(drawn, size)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
            parts = pictures.contiguous(memory_format=torch.channels_last).split(256)
            latents = torch.cat([self.vae.encode(part).latent_dist.mean.float() for part in parts])
        return (
            latents,
            torch.from_numpy(drawn["tokens"]).to(device).long(),
            torch.from_numpy(drawn["time_ids"]).to(device),
        )

    def _others(self, workers: int) -> Iterator[tuple[Any, Any, Any]]:
        lots = self.studio.stream(self.seed + 1000 + self.step, BATCH, OTHER_SIZES, min(3, workers))
        for size, drawn in lots:
            yield self.lot(size, drawn)

    def save_mean(self, folder: Path) -> None:
        """The running mean of the weights, as float16, one file a module."""
        import torch
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        for name, module in self.mean.items():
            tensors = {key: value.to(torch.float16).contiguous() for key, value in module.state_dict().items()}
            save_file(tensors, str(folder / f"{name}.safetensors"))

    def _state(self) -> dict[str, Any]:
        return {
            "live": self.live.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "focused": self.focused,
        }

    def take_up(self, folder: Path) -> None:
        """Go on where an earlier leg stopped; where there is no state of this plan, from the running mean alone."""
        import torch
        from safetensors.torch import load_file

        file = folder / "state.pt"
        state = torch.load(file, map_location=self.studio.device, weights_only=True) if file.is_file() else None
        if state is not None and state["focused"] == self.focused:
            self.live.load_state_dict(state["live"])
            self.mean.load_state_dict(state["mean"])
            self.optimizer.load_state_dict(state["optimizer"])
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate
            self.step, self.seconds = state["step"], state["seconds"]
        elif (folder / "unet.safetensors").is_file():
            for name in PARTS:
                tensors = load_file(str(folder / f"{name}.safetensors"))
                for modules in (self.live, self.mean):
                    modules[name].load_state_dict(tensors)


def encode_tokens(modules: Any, tokens: Any) -> tuple[Any, Any]:
    """Return the words' vectors (n, 77, both widths) and the pooled one, as SDXL's pipeline takes them.

    ``tokens`` are padded with END, as the first tokenizer does it; the second pads with ``!``, token 0.
    """
    import torch

    filled = (tokens != END).sum(1)
    beyond = torch.arange(LENGTH, device=tokens.device) > filled.unsqueeze(1)
    first, _ = _encode(modules["text_encoder"], tokens)
    second, last = _encode(modules["text_encoder_2"], torch.where(beyond, torch.zeros_like(tokens), tokens))
    ends = last[torch.arange(len(tokens), device=tokens.device), filled]
    return torch.cat([first, second], -1), modules["text_encoder_2"].text_projection(ends)


def _encode(module: Any, tokens: Any) -> tuple[Any, Any]:
    """CLIP's text encoder, (n, 77, width) after its last layer but one, and after its last norm."""
    from torch.nn import functional

    text = getattr(module, "text_model", module)
    hidden = text.embeddings.token_embedding(tokens) + text.embeddings.position_embedding.weight
    layers, before_last = text.encoder.layers, hidden
    for layer in layers:
        before_last = hidden
        attention = layer.self_attn
        normed = layer.layer_norm1(hidden)
        count, length, width = normed.shape
        parts = [
            project(normed).view(count, length, attention.num_heads, -1).transpose(1, 2)
            for project in (attention.q_proj, attention.k_proj, attention.v_proj)
        ]
        query, key, value = parts
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2)
        hidden = hidden + attention.out_proj(mixed.reshape(count, length, width))
        hidden = hidden + layer.mlp(layer.layer_norm2(hidden))
    return before_last, text.final_layer_norm(hidden)


class _Graphed:
    """A whole step, recorded once as a CUDA graph and replayed: the CPU then has time to paint.

    Recorded with a learning rate of 0, so that the steps that warm it up change no weight.
    """

    def __init__(self, painter: Painter, batch: tuple[Any, Any, Any]) -> None:
        import torch

        self._batch = tuple(part.clone() for part in batch)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        painter.rate.zero_()
        with torch.cuda.stream(aside):
            for _ in range(4):
                painter.optimizer.zero_grad(set_to_none=True)
                painter.learn(*self._batch)
        torch.cuda.current_stream().wait_stream(aside)
        painter.optimizer.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loss = painter.learn(*self._batch)

    def __call__(self, *batch: Any) -> Any:
        for mine, given in zip(self._batch, batch, strict=True):
            mine.copy_(given)
        self._graph.replay()
        return self._loss


class _Bank:
    """Latents of scenes on the device: each step takes some at random, and new scenes push out the oldest."""

    def __init__(self, painter: Painter, workers: int) -> None:
        import torch

        device = painter.studio.device
        self._painter = painter
        self._lots = iter(painter.studio.stream(painter.seed + painter.step + 1, LOT, [SIZE], workers))
        size = BANK if device.type == "cuda" else 2 * LOT
        side = SIZE[0] // 4
        kind = torch.float16 if device.type == "cuda" else torch.float32
        self._latents = torch.empty(size, LATENT_CHANNELS, side, side, dtype=kind, device=device)
        self._tokens = torch.empty(size, LENGTH, dtype=torch.int16, device=device)
        self._time_ids = torch.empty(size, 6, device=device)
        self._next, self._filled = 0, 0
        for _ in range(min(48, size // LOT)):
            self._renew()

    def _renew(self) -> None:
        size, drawn = next(self._lots)
        latents, tokens, time_ids = self._painter.lot(size, drawn)
        here = slice(self._next, self._next + len(latents))
        self._latents[here], self._tokens[here], self._time_ids[here] = latents, tokens, time_ids
        self._filled = max(self._filled, self._next + len(latents))
        self._next = (self._next + LOT) % len(self._latents)

    def take(self, step: int) -> tuple[Any, Any, Any]:
        """A batch; now and then a new lot comes in first."""
        import torch

        if step % EVERY == 0:
            self._renew()
        chosen = torch.randint(self._filled, (BATCH,), device=self._latents.device)
        return self._latents[chosen].float(), self._tokens[chosen].long(), self._time_ids[chosen]


def _start_quiet(unet: Any) -> None:
    """Zero what each residual branch ends with, so that it begins as nothing (Dhariwal and Nichol 2021)."""
    from torch.nn import init

    for name, module in unet.named_modules():
        if name.endswith(("conv2", "proj_out")) or name == "conv_out":
            init.zeros_(module.weight)
            init.zeros_(module.bias)
