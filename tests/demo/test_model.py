"""The embedded model is a published repo in miniature."""

from __future__ import annotations

import json

from safetensors import safe_open

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.folder_check import check_folder

MOST = 32 * 2**20


def test_it_is_whole_and_small() -> None:
    report = check_folder(DEMO_FOLDER)
    assert not report.problems
    assert report.size_bytes <= MOST


def test_its_files_are_those_of_a_published_repo() -> None:
    index = json.loads((DEMO_FOLDER / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionXLPipeline"
    for part in ("text_encoder", "text_encoder_2"):
        with safe_open(DEMO_FOLDER / part / "model.safetensors", framework="pt") as opened:
            assert all(name.startswith(("text_model.", "text_projection.")) for name in opened.keys())  # noqa: SIM118


def test_its_licences_stand_beside_the_weights() -> None:
    told = (DEMO_FOLDER / "README.md").read_text(encoding="utf-8")
    for source in ("@lobehub/fluent-emoji-3d", "@iconify-json/noto", "emojibase-data"):
        assert source in told
    assert (DEMO_FOLDER / "LICENSE-Apache-2.0.txt").is_file()


def test_its_tokenizers_know_words_and_pad_as_sdxls_do() -> None:
    from transformers import CLIPTokenizer

    first, second = (CLIPTokenizer.from_pretrained(str(DEMO_FOLDER / name)) for name in ("tokenizer", "tokenizer_2"))
    assert len(first) == len(second) == 4096
    words = ["a</w>", "red</w>", "apple</w>"]
    assert first("a red Apple", add_special_tokens=False).input_ids == second.convert_tokens_to_ids(words)
    assert first.pad_token_id == first.eos_token_id == 4095
    assert second.convert_ids_to_tokens(second.pad_token_id) == "!"
    assert first.model_max_length == 77


def test_the_training_tokenizes_captions_as_the_model_does() -> None:
    from transformers import CLIPTokenizer

    from sdxl_tui.demo.training.tokenizer import Encoder

    folder = DEMO_FOLDER / "tokenizer"
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    encoder = Encoder(vocabulary, [(left, right) for left, _, right in (line.partition(" ") for line in lines)])
    tokenizer = CLIPTokenizer.from_pretrained(str(folder))
    for text in ("a t-rex on a blue background", "h.r. giger style, 1970s cels, true-to-life colors", "xylophone 42"):
        assert encoder(text) == tokenizer(text, add_special_tokens=False).input_ids, text
