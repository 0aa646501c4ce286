"""Make the embedded model's weights anew: ``python -m sdxl_tui.demo.train PART…``, PART being any of

- ``prepare``: from the three npm packages to the training data (CPU; rsvg-convert must be there);
- ``fetch``: a model folder's weights, to go on from them;
- ``vae``: the first part of the training;
- ``unet``: the second; call it again to go on, in legs as long as the machine is yours;
- ``export``: the model folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=("prepare", "fetch", "vae", "unet", "export"))
    parser.add_argument("--packages", type=Path, default=Path("packages"), help="holds fluent, noto and emojibase")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--styles", type=Path, default=Path("styles"))
    parser.add_argument("--work", type=Path, default=Path("work"), help="states and weights between the parts")
    parser.add_argument("--model", type=Path, default=Path("sdxl_tui/demo/model"))
    parser.add_argument("--vae-seconds", type=float, default=190.0)
    parser.add_argument("--seconds", type=float, default=690.0, help="of this leg of the unet")
    parser.add_argument("--total", type=float, default=690.0, help="of all legs of the unet together")
    parser.add_argument("--focused", action="store_true", help="a last leg: one object more often, structure first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--device", default="cuda")
    arguments = parser.parse_args()
    if "prepare" in arguments.parts:
        from sdxl_tui.demo.training.prepare import prepare

        fluent, noto, emojibase = (arguments.packages / name for name in ("fluent", "noto", "emojibase"))
        prepare(fluent, noto, emojibase, arguments.data)
    if "fetch" in arguments.parts:
        from sdxl_tui.demo.training.export import fetch

        fetch(arguments.model, arguments.work)
    if {"vae", "unet"} & set(arguments.parts):
        _train(arguments)
    if "export" in arguments.parts:
        from sdxl_tui.demo.training.export import export

        export(arguments.data, arguments.styles, arguments.work, arguments.model)


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from sdxl_tui.demo.training import autoencoder, captions
    from sdxl_tui.demo.training.feed import open_studio
    from sdxl_tui.demo.training.painter import Painter

    torch.set_float32_matmul_precision("high")
    mix = captions.FOCUSED if arguments.focused else captions.BROAD
    studio = open_studio(arguments.data, arguments.styles, arguments.device, mix)
    if "vae" in arguments.parts:
        vae = autoencoder.train_autoencoder(studio, arguments.vae_seconds, arguments.seed, arguments.workers)
        autoencoder.save(vae, arguments.work)
        figures = {
            "psnr_raw_db": autoencoder.quality(vae, studio, arguments.seed, raw_only=True),
            "psnr_all_looks_db": autoencoder.quality(vae, studio, arguments.seed, raw_only=False),
        }
        print(json.dumps(figures), flush=True)
    if "unet" in arguments.parts:
        vae = autoencoder.load(arguments.work, studio.device)
        painter = Painter(studio, vae, arguments.seed, arguments.focused)
        painter.take_up(arguments.work)
        graphed = studio.device.type == "cuda"
        painter.train(arguments.total, arguments.seconds, arguments.workers, graphed, arguments.work)


if __name__ == "__main__":
    main()
