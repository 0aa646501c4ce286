"""From the trained weights to a model folder: diffusers' layout, the tensor names of published repos, float16."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training import captions, tokenizer
from sdxl_tui.demo.training.architecture import COMPONENTS, SCHEDULER, make_modules
from sdxl_tui.demo.training.prepare import load_objects


def export(data: Path, styles: Path, work: Path, folder: Path) -> None:
    """Write the whole model into ``folder`` from the weights in ``work``."""
    write_modules(make_modules(), folder, work)
    vocabulary, merges = tokenizer.learn(captions.word_counts(load_objects(data), captions.load_styles(styles)))
    for name, padding in tokenizer.PADDING.items():
        tokenizer.write_tokenizer(folder / name, padding, vocabulary, merges)


def fetch(folder: Path, work: Path) -> None:
    """Put a model folder's weights into ``work``, by the names that the modules of this transformers have."""
    from safetensors.torch import load_file, save_file

    work.mkdir(parents=True, exist_ok=True)
    for name, module in make_modules().items():
        [source] = (folder / name).glob("*.safetensors")
        live = module.state_dict()
        tensors = load_file(str(source))
        own = {key if key in live else key.removeprefix("text_model."): value for key, value in tensors.items()}
        save_file(own, str(work / f"{name}.safetensors"))


def write_modules(modules: dict[str, Any], folder: Path, work: Path) -> None:
    """Write everything but the tokenizers: configs, the index, and each module's weights as they lie in ``work``."""
    for name, module in modules.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        is_text = name.startswith("text_encoder")
        if is_text:
            module.config.save_pretrained(target)
        else:
            module.save_config(target)
        file = "model.safetensors" if is_text else "diffusion_pytorch_model.safetensors"
        _write_weights(work / f"{name}.safetensors", target / file, is_text)
    _write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    index = {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.35.0"} | COMPONENTS
    _write_json(folder / "model_index.json", index | {"force_zeros_for_empty_prompt": True})


def _write_weights(source: Path, target: Path, is_text: bool) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {}
    for name, value in load_file(str(source)).items():
        published = name
        if is_text and not name.startswith(("text_model.", "text_projection.")):
            published = f"text_model.{name}"
        if not published.endswith("position_ids"):
            tensors[published] = value.to(torch.float16).contiguous()
    save_file(tensors, str(target), metadata={"format": "pt"})


def _write_json(file: Path, value: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
