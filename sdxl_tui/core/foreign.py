"""What other programs write into their pictures, read by sd-parsers and by A1111's own grammar."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import infotext
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lenient import number
from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.prompt_syntax import A1111, PLAIN

if TYPE_CHECKING:
    from PIL import Image
    from sd_parsers.data import PromptInfo, Sampler

PROGRAMS = "A1111, ComfyUI, InvokeAI or Fooocus"


@dataclass(frozen=True)
class Foreign:
    """The settings in a picture as its program says them; empty or None where it says nothing."""

    made_with: str
    prompt: str
    negative_prompt: str = ""
    model: str = ""
    sampler: str = ""
    schedule: str = ""
    steps: object = None
    guidance: object = None
    seed: object = None
    width: object = None
    height: object = None
    strength: object = None
    """Denoising strength of an image that was made from another one."""
    hires: Mapping[str, str] = field(default_factory=dict)
    """What A1111's infotext says of a second pass, by its keys."""
    prompt_syntax: str = A1111
    loras: tuple[LoraUse, ...] = ()
    """Those that stand beside the prompt."""
    notes: tuple[str, ...] = ()
    """A sentence for each part that has no counterpart here."""


def read_foreign(picture: Image.Image) -> Foreign | None:
    """Return what another program wrote into an opened picture; None where there is nothing that makes sense."""
    with suppress(Exception):  # Others' files hold anything, and sd-parsers raises whatever Python does at it.
        info = _parsed(picture)
        if info is None:
            return _a1111(picture.info[infotext.CHUNK])
        match info.generator.value:
            case "AUTOMATIC1111":
                return _a1111(info.raw_parameters[infotext.CHUNK])
            case "ComfyUI":
                return replace(_comfyui(info), loras=_comfyui_loras(picture))
            case "InvokeAI":
                return _invokeai(info)
            case "Fooocus":
                return _fooocus(info)
        return _sampled(info, info.samplers[0])
    return None


def _parsed(picture: Image.Image) -> PromptInfo | None:
    """What sd-parsers finds."""
    from sd_parsers import ParserManager
    from sd_parsers.parsers import ComfyUIParser

    info = None
    with suppress(Exception):
        info = ParserManager().parse(picture)
    if info is None or info.generator.value == "ComfyUI":
        with suppress(Exception):
            graph = _with_one_text_a_node(json.loads(picture.info["prompt"]))
            return ComfyUIParser().parse({"prompt": graph, "workflow": {"links": list(_links(graph))}})
    return info


def _with_one_text_a_node(graph: Mapping[str, Any]) -> dict[str, Any]:
    """ComfyUI's graph, the texts that ``CLIPTextEncodeSDXL`` has for each encoder put where sd-parsers looks."""
    nodes = {}
    for name, node in graph.items():
        inputs = node["inputs"]
        texts = [inputs[key] for key in ("text", "text_g", "text_l") if isinstance(inputs.get(key), str)]
        nodes[name] = {**node, "inputs": {**inputs, "text": texts[0]}} if texts else node
    return nodes


def _links(graph: Mapping[str, Any]) -> Iterator[tuple[int, str, int, str, int, str]]:
    """The links between the nodes of ComfyUI's graph, as its chunk ``workflow`` lists them.

    Pictures made over its API hold the graph only; and in a workflow reroutes and groups stand between the nodes.
    """
    for node, content in graph.items():
        for slot, (name, value) in enumerate(content["inputs"].items()):
            if isinstance(value, list) and len(value) == 2:
                yield slot, str(value[0]), value[1], str(node), slot, "CLIP" if name == "clip" else name.upper()


def _a1111(text: str) -> Foreign | None:
    read = infotext.read(text)
    found = read.settings
    if "Steps" not in found and "Sampler" not in found:
        return None
    width, _, height = found.get("Size", "").partition("x")
    hires = {key: value for key, value in found.items() if key.startswith("Hires")}
    if hires:
        hires["Denoising strength"] = found.get("Denoising strength", "")
    return Foreign(
        made_with="sdxl-tui" if found.get("Version", "").startswith("sdxl-tui") else "AUTOMATIC1111",
        prompt=read.prompt,
        negative_prompt=read.negative_prompt,
        model=found.get("Model", ""),
        sampler=found.get("Sampler", ""),
        schedule=found.get("Schedule type", "") or _meant_schedule(found.get("Sampler", "")),
        steps=found.get("Steps"),
        guidance=found.get("CFG scale"),
        seed=found.get("Seed"),
        width=width or None,
        height=height or None,
        strength=None if hires else found.get("Denoising strength"),
        hires=hires,
    )


def _meant_schedule(sampler: str) -> str:
    """What A1111 takes for a schedule where none is written: Karras for the DPM++ samplers."""
    return "Karras" if sampler.startswith("DPM++") else ""


def _comfyui(info: PromptInfo) -> Foreign:
    samplers = [sampler for sampler in info.samplers if sampler.prompts] or info.samplers
    notes = []
    if len(info.samplers) > 1:
        notes.append("Its workflow samples more than once; these are the settings of the first time.")
    if not samplers[0].prompts:
        notes.append("Its prompt cannot be found in its workflow.")
    foreign = _sampled(info, samplers[0])
    latent: dict[str, Any] = next(
        (nodes[0] for name, nodes in info.metadata.items() if "latent" in name.lower() and nodes), {}
    )
    denoise = number(samplers[0].parameters.get("denoise"))
    return replace(
        foreign,
        seed=samplers[0].parameters.get("seed", samplers[0].parameters.get("noise_seed")),
        width=latent.get("width"),
        height=latent.get("height"),
        strength=denoise if denoise is not None and denoise < 1 else None,
        notes=tuple(notes),
    )


def _comfyui_loras(picture: Image.Image) -> tuple[LoraUse, ...]:
    """What its nodes load; which of them lie on the way to the sampler is not looked at."""
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        nodes = [node for node in json.loads(picture.info["prompt"]).values() if "lora_name" in node.get("inputs", {})]
        given = [node["inputs"] for node in nodes]
        return _uses((one["lora_name"], one.get("strength_model", 1), one.get("strength_clip")) for one in given)
    return ()


def _uses(found: Iterable[tuple[Any, Any, Any]]) -> tuple[LoraUse, ...]:
    """Names or paths of files with their weights on UNet and text encoders; what makes no sense is left out."""
    uses = []
    for name, weight, on_text in found:
        with suppress(TypeError, ValueError, AttributeError, UserError):
            stem = re.sub(r"\.(safetensors|sft)$", "", name.replace("\\", "/"))
            own = None if on_text is None or float(on_text) == float(weight) else float(on_text)
            uses.append(LoraUse(stem, float(weight), own))
    return tuple(uses)


def _invokeai(info: PromptInfo) -> Foreign:
    written: dict[str, Any] = {}
    with suppress(KeyError, TypeError, ValueError):
        written = json.loads(info.raw_parameters["invokeai_metadata"])
    model = written.get("model")
    name = (model.get("name") or model.get("model_name")) if isinstance(model, dict) else ""
    foreign = _sampled(info, info.samplers[0])
    return replace(
        foreign,
        model=str(name or foreign.model),
        width=info.metadata.get("width"),
        height=info.metadata.get("height"),
        strength=info.metadata.get("strength"),
        loras=_uses(_invokeai_loras(written)),
        prompt_syntax=PLAIN,  # Its own weights, (word)1.2 and word++, are another syntax.
    )


def _invokeai_loras(written: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for one in written.get("loras") or []:
        model = one.get("model") or one.get("lora") or {}
        yield model.get("name") or model.get("model_name") or "", one.get("weight", 1), None


def _fooocus(info: PromptInfo) -> Foreign:
    sides = re.fullmatch(r"\(?\s*(\d+)\s*,\s*(\d+)\s*\)?", str(info.metadata.get("resolution", "")))
    styles = re.findall(r"['\"]([^'\"]+)['\"]", str(info.metadata.get("styles", "")))
    return replace(
        _sampled(info, info.samplers[0]),
        width=sides[1] if sides else None,
        height=sides[2] if sides else None,
        loras=_uses((one[0], one[1], None) for one in _fooocus_loras(info)),
        notes=(f"Its Fooocus styles are left out: {', '.join(styles)}.",) if styles else (),
    )


def _fooocus_loras(info: PromptInfo) -> list[Any]:
    """``[[name, weight, hash], …]``, as JSON or as Python writes it."""
    found = info.metadata.get("loras") or []
    if isinstance(found, str):
        with suppress(ValueError, SyntaxError):
            found = ast.literal_eval(found)
    return [one for one in found if isinstance(one, (list, tuple)) and len(one) > 1] if isinstance(found, list) else []


def _sampled(info: PromptInfo, sampler: Sampler) -> Foreign:
    """What all programs have in common."""
    found = sampler.parameters
    return Foreign(
        made_with=info.generator.value,
        prompt=", ".join(str(prompt) for prompt in sampler.prompts),
        negative_prompt=", ".join(str(prompt) for prompt in sampler.negative_prompts),
        model=str(sampler.model.name or "") if sampler.model else "",
        sampler=str(sampler.name),
        schedule=str(found.get("scheduler", "")),
        steps=found.get("steps"),
        guidance=found.get("cfg_scale"),
        seed=found.get("seed"),
    )
