"""Which files of a repo on the hub a model needs: the least that loads."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sdxl_tui.core.component_files import ALL_IN_ONE, MERGES, PICKLES, VOCABULARY, WEIGHTS
from sdxl_tui.core.folder_check import COMPONENTS, INDEX
from sdxl_tui.core.words import and_more, named

STEMS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model"}
"""How the weight files of diffusers' components begin; those of transformers' begin with ``model``."""
SMALL = (
    "config.json",
    "scheduler_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    VOCABULARY,
    MERGES,
    ALL_IN_ONE,
)
"""What is read beside weights, in any component."""
ABOUT = ("README.md", "LICENSE", "LICENSE.md", "LICENSE.txt")
"""What says the licence."""


def needed_files(names: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the files to fetch of all that a repo has, and sentences about what it lacks.

    fp16 safetensors where there are any, else plain ones; never pickles, ONNX, Flax or a checkpoint in the root.
    """
    if INDEX not in names:
        return [], [_no_index(names)]
    files = [INDEX, *(name for name in ABOUT if name in names)]
    problems: list[str] = []
    for component in COMPONENTS:
        own = {name.partition("/")[2] for name in names if name.startswith(f"{component}/")}
        small = [name for name in SMALL if name in own]
        if not small:
            problems.append(f"The repo has no {component}.")
        files += [f"{component}/{name}" for name in small]
        if not component.startswith(("tokenizer", "scheduler")):
            weights = _weights(STEMS.get(component, "model"), own)
            files += [f"{component}/{name}" for name in weights]
            problems += [] if weights else [_no_weights(component, own)]
    return files, problems


def _weights(stem: str, own: Collection[str]) -> list[str]:
    for name in (pattern.format(stem) for pattern in WEIGHTS):
        if name not in own:
            continue
        if not name.endswith(".json"):
            return [name]
        half = "fp16" in name
        shards = [shard for shard in own if _is_shard(shard, stem) and ("fp16" in shard) == half]
        if shards:
            return [name, *sorted(shards)]
    return []


def _is_shard(name: str, stem: str) -> bool:
    return name.startswith(stem) and "-of-" in name and name.endswith(".safetensors")


def _no_index(names: Iterable[str]) -> str:
    single = sorted(name for name in names if name.endswith(".safetensors") and "/" not in name)
    if single:
        return (
            f"The repo is not in diffusers layout; it holds the single file {and_more(single)}: fetch that by hand "
            "and put it into the folder that the setting checkpoint_dir names."
        )
    return f"The repo has no {INDEX}: it is no model in diffusers layout."


def _no_weights(component: str, own: Collection[str]) -> str:
    pickles = sorted({suffix for suffix in PICKLES for name in own if name.endswith(suffix)})
    if pickles:
        return (
            f"The repo has its {component} only as {' and '.join(map(named, pickles))} files, which can run code when "
            "loaded: they are never fetched."
        )
    return f"The repo has no safetensors of its {component}."
