"""The first part of the training: the VAE, which everything after it is painted with."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training.architecture import VAE
from sdxl_tui.demo.training.fast import fuse
from sdxl_tui.demo.training.feed import Size, Studio

SIZE: Size = (128, 128)
BATCH = 64
LOT = 512
"""Scenes painted at once."""
RATE = 1e-3
KL = 1e-4
"""Weight of the posterior's distance from a normal one, both as means over elements."""
HALF = 0.25
"""Weight of the loss at half the size: latents halved decode to the picture halved (Kouzelis et al. 2025, EQ-VAE)."""


def train_autoencoder(studio: Studio, seconds: float, seed: int, workers: int) -> Any:
    """Return an AutoencoderKL trained for ``seconds``, its latents of zero mean and unit variance in each channel."""
    import torch
    from diffusers import AutoencoderKL

    torch.manual_seed(seed)
    vae = AutoencoderKL(**VAE).to(studio.device, memory_format=torch.channels_last)
    _start_sharp(vae)
    fuse(vae)
    losses = _losses_module(vae)
    fused = studio.device.type == "cuda"
    optimizer = torch.optim.AdamW(vae.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.0, fused=fused)
    began, step, reported = time.perf_counter(), 0, 0.0
    while (elapsed := time.perf_counter() - began) < seconds:
        for pictures in _batches(studio, seed, workers):
            elapsed = time.perf_counter() - began
            if elapsed >= seconds:
                break
            for group in optimizer.param_groups:
                group["lr"] = (
                    RATE
                    * min(1.0, (step + 1) / 100)
                    * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * elapsed / seconds)))
                )
            with torch.autocast(studio.device.type, torch.bfloat16):
                loss, parts = losses(pictures.contiguous(memory_format=torch.channels_last))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            if elapsed - reported > 15 or step in (1, 2):
                reported = elapsed
                shown = ", ".join(f"{float(part):.4f}" for part in parts)
                print(f"vae step {step} {elapsed:.0f} s: L1, edges, half, KL {shown}", flush=True)
    print(f"vae: {step} steps of {BATCH} in {time.perf_counter() - began:.0f} s", flush=True)
    _normalise(vae, studio, seed)
    return vae


def _start_sharp(vae: Any) -> None:
    """Begin with a narrow posterior: drowned in noise, the decoder would learn nothing for hundreds of steps."""
    import torch

    with torch.no_grad():
        half = vae.config.latent_channels
        vae.quant_conv.weight[half:].zero_()
        vae.quant_conv.bias[half:].fill_(-5.0)


def _batches(studio: Studio, seed: int, workers: int) -> Any:
    import torch

    for size, drawn in studio.stream(seed, LOT, [SIZE], workers):
        pictures = studio.paint(drawn, size)
        for flipped in (False, True):
            again = pictures.flip(3) if flipped else pictures
            yield from again[torch.randperm(len(pictures), device=pictures.device)].split(min(BATCH, len(pictures)))


def _losses_module(vae: Any) -> Any:
    import torch
    from torch.nn import functional

    class Losses(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vae = vae

        def forward(self, pictures: Any) -> Any:
            moments = self.vae.quant_conv(self.vae.encoder(pictures)).float()
            mean, log_variance = moments.chunk(2, 1)
            log_variance = log_variance.clamp(-20, 10)
            latents = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            decoded = self.vae.decoder(self.vae.post_quant_conv(latents)).float()
            part = latents[::2]
            halved = functional.avg_pool2d(part, 2)
            small = self.vae.decoder(self.vae.post_quant_conv(halved)).float()
            error = decoded - pictures
            flat = error.abs().mean() + 2 * error.pow(2).mean()
            steep = (error[..., 1:] - error[..., :-1]).abs().mean() + (
                error[..., 1:, :] - error[..., :-1, :]
            ).abs().mean()
            half = (small - functional.avg_pool2d(pictures[::2], 2)).abs().mean()
            kl = 0.5 * (mean.pow(2) + log_variance.exp() - 1 - log_variance).mean()
            loss = flat + 0.5 * steep + HALF * half + KL * kl
            return loss, (error.abs().mean().detach(), steep.detach(), half.detach(), kl.detach())

    return Losses()


def _normalise(vae: Any, studio: Studio, seed: int) -> None:
    """Fold mean and spread of each latent channel into the 1x1 convolutions around them."""
    import numpy
    import torch

    rng = numpy.random.default_rng([seed, 77])
    with torch.no_grad():
        pictures = studio.paint(studio.drawn.draw(rng, LOT, *SIZE), SIZE)
        latents = torch.cat([vae.encode(part).latent_dist.mean for part in pictures.split(64)])
        mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
        print("latent spread", [round(float(value), 3) for value in spread], flush=True)
        channels = len(mean)
        into, out = vae.quant_conv, vae.post_quant_conv
        into.weight[:channels] /= spread.view(-1, 1, 1, 1)
        into.bias[:channels] = (into.bias[:channels] - mean) / spread
        into.bias[channels:] -= 2 * spread.log()
        out.bias += (out.weight * mean.view(1, -1, 1, 1)).sum((1, 2, 3))
        out.weight *= spread.view(1, -1, 1, 1)


def quality(vae: Any, studio: Studio, seed: int, raw_only: bool) -> float:
    """PSNR in dB over 512 scenes of a seed that training does not use; pixels in 0..255, float32."""
    import numpy
    import torch

    from sdxl_tui.demo.training.captions import layout

    rng = numpy.random.default_rng([seed, 99])
    drawn = studio.drawn.draw(rng, LOT, *SIZE)
    pictures = studio.paint(drawn, SIZE)
    if raw_only:
        pictures = pictures[: layout(LOT, studio.drawn.styles, studio.drawn.mix)[0][1]]
    errors = []
    with torch.no_grad(), torch.autocast(studio.device.type, enabled=False):
        for part in pictures.split(64):
            back = vae.decode(vae.encode(part).latent_dist.mean).sample
            errors.append(((back - part).clamp(-2, 2) / 2).pow(2).mean((1, 2, 3)))
    return float(-10 * torch.log10(torch.cat(errors).mean()))


def save(vae: Any, folder: Path) -> None:
    """Keep it for the second part."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().float().contiguous() for name, value in vae.state_dict().items()}
    save_file(tensors, str(folder / "vae.safetensors"))


def load(folder: Path, device: Any) -> Any:
    """The one that was kept."""
    import torch
    from diffusers import AutoencoderKL
    from safetensors.torch import load_file

    vae = AutoencoderKL(**VAE)
    vae.load_state_dict(load_file(str(folder / "vae.safetensors")))
    return vae.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
