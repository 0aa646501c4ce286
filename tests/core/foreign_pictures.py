"""Pictures as other programs write them; their formats are described in each builder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

INFOTEXT = (
    "a red fox, <lora:snow:0.8> (deep snow:1.2)\nat dawn\n"
    "Negative prompt: blurry, text\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234567, Size: 832x1216, "
    'Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Lora hashes: "snow: abc, two: def", Version: v1.10.1'
)
"""A1111 >= 1.9 (modules/processing.py, create_infotext)."""


def png(path: Path, size: tuple[int, int] = (64, 64), **chunks: str) -> Path:
    """A PNG with text chunks."""
    info = PngImagePlugin.PngInfo()
    for name, text in chunks.items():
        info.add_text(name, text)
    Image.new("RGB", size, (200, 90, 30)).save(path, "PNG", pnginfo=info)
    return path


def with_user_comment(path: Path, text: str) -> Path:
    """A JPEG or WebP with EXIF UserComment, in UTF-16 as A1111 writes it through piexif."""
    image = Image.new("RGB", (64, 64))
    exif = image.getexif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
    image.save(path, exif=exif)
    return path


def comfy_graph(**sampler: Any) -> dict[str, Any]:
    """The API graph of ComfyUI's default workflow: what the chunk ``prompt`` holds."""
    inputs = {
        "seed": 99,
        "steps": 20,
        "cfg": 7.5,
        "sampler_name": "euler_ancestral",
        "scheduler": "normal",
        "denoise": 1.0,
        "model": ["4", 0],
        "positive": ["6", 0],
        "negative": ["7", 0],
        "latent_image": ["5", 0],
    }
    return {
        "3": {"class_type": "KSampler", "inputs": inputs | sampler},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "SDXL/RealVisXL_V5.0.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1216, "height": 832, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
    }


COMFY_WORKFLOW = {
    "links": [
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [3, 4, 1, 6, 0, "CLIP"],
        [4, 6, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 7, 0, "CLIP"],
        [6, 7, 0, 3, 2, "CONDITIONING"],
        [7, 3, 0, 8, 0, "LATENT"],
    ]
}
"""The part of the editor graph (chunk ``workflow``) that says which output feeds which input."""


def comfy(path: Path, *, workflow: bool = True, **sampler: Any) -> Path:
    """A picture of ComfyUI; without its workflow as its API makes them."""
    chunks = {"prompt": json.dumps(comfy_graph(**sampler))}
    if workflow:
        chunks["workflow"] = json.dumps(COMFY_WORKFLOW)
    return png(path, **chunks)


def invokeai(path: Path, **changes: Any) -> Path:
    """A picture of InvokeAI 3 to 6 (app/invocations/metadata.py, CoreMetadata)."""
    metadata = {
        "app_version": "5.6.0",
        "generation_mode": "sdxl_txt2img",
        "positive_prompt": "a red fox++",
        "negative_prompt": "blurry",
        "width": 896,
        "height": 1152,
        "seed": 4242,
        "rand_device": "cpu",
        "cfg_scale": 5.5,
        "steps": 25,
        "scheduler": "dpmpp_2m_k",
        "model": {"key": "0a1b", "hash": "blake3:00", "name": "Juggernaut XL v9", "base": "sdxl", "type": "main"},
        "loras": [],
    }
    return png(path, invokeai_metadata=json.dumps(metadata | changes), invokeai_graph="{}")


def fooocus(path: Path, **changes: Any) -> Path:
    """A picture of Fooocus 2.5 with its own scheme (modules/meta_parser.py)."""
    parameters = {
        "adm_guidance": "(1.5, 0.8, 0.3)",
        "base_model": "juggernautXL_v8Rundiffusion",
        "base_model_hash": "aeb7e9e689",
        "full_negative_prompt": ["blurry"],
        "full_prompt": ["cinematic still a red fox"],
        "guidance_scale": 4.0,
        "loras": [],
        "metadata_scheme": "fooocus",
        "negative_prompt": "blurry",
        "performance": "Speed",
        "prompt": "a red fox",
        "refiner_model": "None",
        "refiner_switch": 0.5,
        "resolution": "(1152, 896)",
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "seed": "7007",
        "sharpness": 2.0,
        "steps": 30,
        "styles": "['Fooocus V2', 'Fooocus Sharp']",
        "vae": "Default (model)",
        "version": "Fooocus v2.5.5",
    }
    return png(path, parameters=json.dumps(parameters | changes), fooocus_scheme="fooocus")
