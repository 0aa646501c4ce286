"""Every kind of damage to a model folder is told in a sentence that names the file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.check import check_model
from tests.core.model_folders import (
    MODEL_INDEX,
    TENSORS,
    UNET,
    cut,
    empty,
    header_of,
    model_of,
    weight_name,
    write_json,
    write_model,
    write_safetensors,
    write_with_header,
)

SHARD = "unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors"
INDEX = "unet/diffusion_pytorch_model.fp16.safetensors.index.json"

# What happens to files.


def header(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Make a UNet file whose header tells something else than the truth."""

    def damage(file: Path) -> None:
        entries = header_of(TENSORS["unet"])
        end = entries["conv_out.bias"]["data_offsets"][1]
        change(entries)
        write_with_header(file, entries, end)

    return damage


def entry(name: str, **values: Any) -> Callable[[dict[str, Any]], object]:
    """Change the header's entry of one tensor."""
    return lambda entries: entries[name].update(values)


def text(content: str) -> Callable[[Path], object]:
    """Replace a file's content."""
    return lambda file: file.write_text(content, encoding="utf-8")


def index(**values: Any) -> Callable[[Path], object]:
    """Change values of ``model_index.json``."""
    return text(json.dumps(MODEL_INDEX | values))


def dangle(file: Path) -> None:
    """Make a link of a file whose target never came."""
    file.unlink()
    file.symlink_to("../../../blobs/0123")


def pickles(file: Path) -> None:
    """Leave only what torch.save wrote."""
    file.rename(file.with_name("diffusion_pytorch_model.bin"))


def folder_instead(file: Path) -> None:
    """Put a folder in a file's place."""
    file.unlink()
    file.mkdir()


def loop(file: Path) -> None:
    """Make a link to itself."""
    file.unlink()
    file.symlink_to(file.name)


DAMAGE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    # what: (file, what happens to it, what the user reads after the file's name)
    "index missing": ("model_index.json", Path.unlink, "is missing"),
    "index not JSON": ("model_index.json", text('{\n  "unet": ['), "is not valid JSON, line 2"),
    "index a list": ("model_index.json", text("[1]"), "holds no JSON object"),
    "index nested without end": ("model_index.json", text("[" * 100_000), "is not valid JSON"),
    "other pipeline": (
        "model_index.json",
        index(_class_name="StableDiffusionPipeline"),
        "names the pipeline 'StableDiffusionPipeline'; the lab needs StableDiffusionXLPipeline",
    ),
    "no pipeline": ("model_index.json", index(_class_name=None), "names no pipeline"),
    "custom pipeline": ("model_index.json", index(_class_name=["my_pipeline", "Mine"]), "names the pipeline '['my"),
    "custom code": (
        "model_index.json",
        index(unet=["my_unet", "MyUNet"]),
        "takes unet from 'my_unet', which is custom code",
    ),
    "custom code beside": (
        "model_index.json",
        index(safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"]),
        "takes safety_checker from 'stable_diffusion', which is custom code",
    ),
    "component left out": ("model_index.json", index(text_encoder_2=[None, None]), "has no text_encoder_2"),
    "component no pair": ("model_index.json", index(vae="AutoencoderKL"), "has no vae"),
    "other class": (
        "model_index.json",
        index(vae=["diffusers", "AutoencoderTiny"]),
        "gives vae as AutoencoderTiny of diffusers; the lab needs AutoencoderKL of diffusers",
    ),
    "no scheduler class": (
        "model_index.json",
        index(scheduler=["diffusers", "AutoencoderKL"]),
        "gives scheduler as AutoencoderKL of diffusers; the lab needs a Scheduler of diffusers",
    ),
    "folder missing": ("vae/", shutil.rmtree, "is missing"),
    "config missing": ("unet/config.json", Path.unlink, "is missing"),
    "config cut": ("text_encoder/config.json", cut, "is not valid JSON"),
    "config empty": ("vae/config.json", empty, "is empty"),
    "config not text": ("vae/config.json", lambda file: file.write_bytes(b"\xff\xfe{}"), "is not text in UTF-8"),
    "config a folder": ("unet/config.json", folder_instead, "is not a file"),
    "config a loop": ("unet/config.json", loop, "cannot be read: too many levels of symbolic links"),
    "scheduler config missing": ("scheduler/scheduler_config.json", Path.unlink, "is missing"),
    "scheduler without class": ("scheduler/scheduler_config.json", text('{"beta_start": 0.1}'), "names no scheduler"),
    "vocabulary missing": ("tokenizer/vocab.json", Path.unlink, "is missing: a tokenizer needs vocab.json and merges"),
    "merges missing": ("tokenizer_2/merges.txt", Path.unlink, "is missing: a tokenizer needs"),
    "merges empty": ("tokenizer/merges.txt", empty, "is empty"),
    "merges blank": ("tokenizer/merges.txt", text("\n"), "is blank"),
    "vocabulary cut": ("tokenizer_2/vocab.json", cut, "is not valid JSON"),
    "vocabulary without words": ("tokenizer/vocab.json", text("{}"), "holds nothing"),
    "weights missing": (
        "unet/diffusion_pytorch_model.fp16.safetensors",
        Path.unlink,
        "or diffusion_pytorch_model.safetensors is missing",
    ),
    "weights empty": (UNET, empty, "is empty"),
    "weights dangling": (UNET, dangle, "is a link to a file that is not there, its download never finished"),
    "weights cut": (UNET, cut, "bytes: download it again"),
    "weights cut in the header": (UNET, lambda file: os.truncate(file, 100), "is no safetensors file, or cut short"),
    "weights too short": (UNET, lambda file: os.truncate(file, 5), "is no safetensors file, or cut short"),
    "weights too long": (UNET, lambda file: os.truncate(file, file.stat().st_size + 12), "is 12 bytes longer than"),
    "weights HTML": (UNET, text("<!DOCTYPE html><title>404</title>"), "is no safetensors file"),
    "weights LFS": (UNET, text("version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"),
    "header not JSON": (
        UNET,
        lambda file: file.write_bytes(bytes([4, *[0] * 7]) + b"abcd"),
        "has a header that is not",
    ),
    "header a list": (UNET, lambda file: write_with_header(file, [1], 0), "has a header that lists no tensors"),
    "header of nothing": (UNET, header(dict.clear), "has a header that lists no tensors"),
    "header metadata": (UNET, header(lambda entries: entries.update(__metadata__=1)), "has a header that lists no"),
    "offsets overlap": (
        UNET,
        header(lambda entries: entries.update({"twin": entries["conv_in.bias"]})),
        "'twin' that overlaps another one",
    ),
    "offsets leave a hole": (
        UNET,
        header(lambda entries: entries.pop("conv_in.bias")),
        "'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight' with a hole before it",
    ),
    "offsets backwards": (UNET, header(entry("conv_in.bias", data_offsets=[592, 576])), "'conv_in.bias' whose dtype"),
    "offsets no numbers": (UNET, header(entry("conv_in.bias", data_offsets=["0", True])), "'conv_in.bias' whose dtype"),
    "offsets enormous": (UNET, header(entry("conv_in.bias", data_offsets=[0, 10**400])), "'conv_in.bias' whose dtype"),
    "dtype against offsets": (UNET, header(entry("conv_in.weight", dtype="F32")), "'conv_in.weight' whose dtype"),
    "shape against offsets": (UNET, header(entry("conv_in.bias", shape=[9])), "'conv_in.bias' whose dtype, shape and"),
    "dtype unknown": (UNET, header(entry("conv_in.bias", dtype="Q4_K")), "'conv_in.bias' whose dtype"),
    "entry no object": (
        UNET,
        header(lambda entries: entries.update({"conv_in.bias": 3})),
        "'conv_in.bias' whose dtype",
    ),
    "pickles only": ("unet", lambda file: pickles(file / Path(UNET).name), "has only .bin files, which can run code"),
}


@pytest.mark.parametrize(("file", "damage", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_in_one_sentence_that_names_the_file(
    tmp_path: Path, file: str, damage: Callable[[Path], object], sentence: str
) -> None:
    folder = write_model(tmp_path)
    damage(folder / file)

    report = check_model(model_of(folder))

    assert report.state == "incomplete"
    assert len(report.problems) == 1, report.problems
    assert Path(file).name in report.problems[0]
    assert Path(file).parts[0] in report.problems[0]
    assert sentence in report.problems[0]
    assert report.problems[0].endswith(".")
    assert "\n" not in report.problems[0]


def change_index(change: Callable[[dict[str, str]], object]) -> Callable[[Path], None]:
    """Change which shard holds which tensor."""

    def damage(file: Path) -> None:
        content = json.loads(file.read_text())
        change(content["weight_map"])
        write_json(file, content)

    return damage


SHARD_DAMAGE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "shard missing": (SHARD, Path.unlink, "is missing"),
    "shard cut": (SHARD, cut, "bytes: download it again"),
    "shard dangling": (SHARD, dangle, "is a link to a file that is not there"),
    "shard lacks a tensor": (
        SHARD,
        lambda file: write_safetensors(file, {"conv_in.bias": (8,)}),
        "lacks tensor 'conv_out.weight', which diffusion_pytorch_model.fp16.safetensors.index.json names",
    ),
    "index not JSON": (INDEX, cut, "is not valid JSON"),
    "index empty": (INDEX, empty, "is empty"),
    "index without map": (INDEX, text('{"weight_map": {}}'), "lists no shards"),
    "index of numbers": (INDEX, text('{"weight_map": {"conv_in.bias": 1}}'), "lists no shards"),
    "way out": (
        INDEX,
        change_index(lambda shard_of: shard_of.update(x="../x.safetensors")),
        "'../x.safetensors', which",
    ),
    "way to the root": (INDEX, change_index(lambda shard_of: shard_of.update(x="/x.safetensors")), "'/x.safetensors',"),
    "pickle shard": (INDEX, change_index(lambda shard_of: shard_of.update(x="x.bin")), "'x.bin', which is no safetens"),
    "no file name": (
        INDEX,
        change_index(lambda shard_of: shard_of.update(x="\ud800.safetensors")),
        "which is no safet",
    ),
    "index missing": (INDEX, Path.unlink, "index.json, which lists them, is missing"),
}


@pytest.mark.parametrize(("file", "damage", "sentence"), SHARD_DAMAGE.values(), ids=SHARD_DAMAGE)
def test_damage_to_shards_is_told(tmp_path: Path, file: str, damage: Callable[[Path], object], sentence: str) -> None:
    folder = write_model(tmp_path, unet_shards=2)
    damage(folder / file)

    report = check_model(model_of(folder))

    assert report.state == "incomplete"
    assert len(report.problems) == 1, report.problems
    assert report.problems[0].startswith("unet")
    assert sentence in report.problems[0]
    assert "unet" not in report.weights


def test_every_problem_is_told_not_the_first(tmp_path: Path) -> None:
    folder = write_model(tmp_path, unet_shards=3)
    index(text_encoder=["diffusers", "CLIPTextModel"], _class_name="Mine")(folder / "model_index.json")
    (folder / "unet" / "diffusion_pytorch_model.fp16-00001-of-00003.safetensors").unlink()
    cut(folder / "unet" / "diffusion_pytorch_model.fp16-00003-of-00003.safetensors")
    empty(folder / "vae" / "config.json")
    cut(folder / "vae" / weight_name("vae"))
    (folder / "tokenizer" / "vocab.json").unlink()
    (folder / "tokenizer" / "merges.txt").unlink()
    shutil.rmtree(folder / "scheduler")

    problems = check_model(model_of(folder)).problems

    assert sorted(problem.split()[0] for problem in problems) == [
        "model_index.json",
        "model_index.json",
        "scheduler/",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/diffusion_pytorch_model.fp16-00001-of-00003.safetensors",
        "unet/diffusion_pytorch_model.fp16-00003-of-00003.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]


def test_a_missing_index_hides_no_other_problem(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    (folder / "model_index.json").unlink()
    cut(folder / UNET)

    problems = check_model(model_of(folder)).problems

    assert [problem.split()[0] for problem in problems] == ["model_index.json", UNET]


def test_several_damaged_tensors_are_one_sentence(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    header(lambda entries: [entries[name].update(dtype="I64") for name in TENSORS["unet"]])(folder / UNET)

    assert "'conv_in.weight' and 4 more whose dtype" in check_model(model_of(folder)).problems[0]


def test_names_from_files_cannot_move_the_cursor(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    index(unet=["\x1b[2J\nlib", "X"], _class_name="A" * 5000)(folder / "model_index.json")

    problems = check_model(model_of(folder)).problems

    assert all(problem.isprintable() and len(problem) < 300 for problem in problems)
    assert any("custom code" in problem for problem in problems)
