"""The embedded model is a published repo in miniature, and mends itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from sdxl_tui.core.check import check_folder, check_model
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.demo.build import ensure_built


def test_it_is_built_once_and_then_listed_with_its_folder(own_home: Path) -> None:
    folder = ensure_built()
    assert own_home in folder.parents
    assert not check_folder(folder).problems
    report = check_model(CATALOGUE[DEMO])
    assert (report.state, report.folder, report.revision) == ("ready", folder, folder.name)
    written = (folder / "model_index.json").stat().st_mtime_ns
    assert ensure_built() == folder
    assert (folder / "model_index.json").stat().st_mtime_ns == written


def test_a_damaged_build_is_ready_still_and_built_again(own_home: Path) -> None:
    folder = ensure_built()
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    assert check_model(CATALOGUE[DEMO]).state == "ready"
    ensure_built()
    assert file.read_bytes() == whole
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_its_files_are_those_of_a_published_repo(own_home: Path) -> None:
    folder = ensure_built()
    index = json.loads((folder / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionXLPipeline"
    for part in ("text_encoder", "text_encoder_2"):
        with safe_open(folder / part / "model.safetensors", framework="pt") as opened:
            assert all(name.startswith(("text_model.", "text_projection.")) for name in opened.keys())  # noqa: SIM118
    for part in ("tokenizer", "tokenizer_2"):
        assert (folder / part / "vocab.json").is_file()
        assert (folder / part / "merges.txt").is_file()


def test_its_tokenizers_know_words_and_pad_as_sdxls_do(own_home: Path) -> None:
    from transformers import CLIPTokenizer

    folder = ensure_built()
    first, second = (CLIPTokenizer.from_pretrained(str(folder / name)) for name in ("tokenizer", "tokenizer_2"))
    assert len(first) == len(second) == 1024
    assert first("a red Apple", add_special_tokens=False).input_ids == second.convert_tokens_to_ids(
        ["a</w>", *second.tokenize("red"), "apple</w>"]
    )
    assert first.pad_token_id == first.eos_token_id == 1023
    assert second.convert_ids_to_tokens(second.pad_token_id) == "!"
    assert first.model_max_length == 77


KNOWN = {
    "unet": ("conv_in.weight", [0.0135, 0.0152, -0.1782]),
    "vae": ("decoder.conv_out.weight", [0.0243, -0.0098, -0.0833]),
    "text_encoder_2": ("text_projection.weight", [-0.0108, -0.1304, -0.2722]),
}


@pytest.mark.parametrize("part", KNOWN)
def test_its_weights_are_the_same_on_every_machine(own_home: Path, part: str) -> None:
    """Drawn by name, not in the order in which some version of a library makes its modules."""
    name, values = KNOWN[part]
    [file] = (ensure_built() / part).glob("*.safetensors")
    with safe_open(file, framework="pt") as opened:
        assert opened.get_tensor(name).flatten()[:3].tolist() == pytest.approx(values, abs=1e-4)
