"""LoRAs without weights: their tags, the listing, what a header says, and what log and pictures keep of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.core import infotext
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_hashes import hashes_of
from sdxl_tui.core.lora_header import read_lora_header
from sdxl_tui.core.lora_tags import LoraUse, parse_use, tags_of, without_tags
from sdxl_tui.core.loras import LoraLibrary, lora_folders, refusal, widths_of
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.picture_settings import settings_of
from sdxl_tui.core.prompt_syntax import PLAIN, parse
from sdxl_tui.core.repeat import differences, request_of
from sdxl_tui.core.styles import Style
from tests.core.foreign_pictures import INFOTEXT, comfy_graph, fooocus, invokeai, png
from tests.core.records import job_record as record

DEMO_WIDTHS = widths_of(CATALOGUE[DEMO])
STYLES = {"none": Style("none", "None / Raw")}
MARKUP = "[∕] [red]x[∕red] [$accent] \\["


def lora(path: Path, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str] | None = None) -> Path:
    """A file with these tensors, all zeros."""
    entries: dict[str, object] = {}
    end = 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        entries[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    if metadata:
        entries["__metadata__"] = dict(metadata)
    header = json.dumps(entries).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(end))
    return path


def attention(context: int, features: int = 640, rank: int = 4) -> dict[str, tuple[int, ...]]:
    block = "lora_unet_input_blocks_4_1_transformer_blocks_0"
    return {
        f"{block}_attn1_to_q.lora_down.weight": (rank, features),
        f"{block}_attn1_to_q.lora_up.weight": (features, rank),
        f"{block}_attn2_to_k.lora_down.weight": (rank, context),
        f"{block}_attn2_to_k.lora_up.weight": (features, rank),
    }


@pytest.fixture
def library(tmp_path: Path) -> LoraLibrary:
    folder = tmp_path / "loras"
    lora(folder / "neon.safetensors", attention(224, 160))
    lora(folder / "people" / "Old Man.safetensors", attention(224, 160), {"ss_output_name": "grandpa"})
    lora(folder / "sd15.safetensors", attention(768, 320))
    (folder / "notes.txt").write_text("no LoRA")
    library = LoraLibrary([folder])
    library.refresh()
    return library


@pytest.mark.parametrize(
    ("tag", "weight", "on_text"),
    [
        ("<lora:neon>", 1, 1),
        ("<lora:neon:0.8>", 0.8, 0.8),
        ("<lora:neon:-.5>", -0.5, -0.5),
        ("<lora:neon:0.25:0.5>", 0.5, 0.25),
        ("<lora:neon:0.25:unet=2>", 2, 0.25),
        ("<lora:neon:te=0:unet=1>", 1, 0),
        ("<LYCO: neon :1>", 1, 1),
    ],
)
def test_a_tag_is_read_as_a1111_reads_it(tag: str, weight: float, on_text: float) -> None:
    [use] = tags_of(f"a fox, {tag} at night")
    assert (use.name, use.weight, use.on_text, use.in_prompt) == ("neon", weight, on_text, True)
    assert without_tags(f"a fox, {tag} at night") == "a fox,  at night"
    assert tags_of(use.tag) == (use,)


@pytest.mark.parametrize("tag", ["<lora:>", "<lora:neon:>", "<lora: :1>", "<lora:neon:x>", "<lora:neon:1:y>"])
def test_a_tag_that_says_nothing_is_refused(tag: str) -> None:
    if tag == "<lora:>":
        assert tags_of(tag) == ()
        return
    with pytest.raises(UserError, match=r"write <lora:name:0\.8>"):
        tags_of(tag)


@pytest.mark.parametrize("weight", ["nan", "inf", "-11", "1e99"])
def test_weights_out_of_range_are_refused(weight: str) -> None:
    with pytest.raises(UserError, match="goes from -10 to 10"):
        parse_use(f"neon:{weight}")


def test_the_words_around_tags_keep_their_weights_and_places() -> None:
    prompt = f"a (red <lora:{MARKUP}:0.5>fox:1.2) <lora:x>BREAK b"
    sections = parse(prompt)
    assert [[(piece.text, piece.weight) for piece in pieces] for pieces in sections] == [
        [("a ", 1.0), ("red fox", 1.2), (" ", 1.0)],
        [("b", 1.0)],
    ]
    [_, weighted, _] = sections[0]
    assert "".join(prompt[place] for place in weighted.places) == "red fox"
    assert parse(prompt, PLAIN)[0][0].text == prompt


def test_names_are_found_as_those_of_models_are(library: LoraLibrary) -> None:
    for name in ("people/Old Man", "old man", "Man", "grandpa", "OLD"):
        assert library.find(name).id == "people/Old Man"
    with pytest.raises(UserError, match="did you mean neon"):
        library.find("neom")
    with pytest.raises(UserError, match="fits several LoRAs"):
        library.find("n")


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.safetensors file lies in .*nowhere \(the setting lora_dir\)"):
        LoraLibrary([tmp_path / "nowhere"]).find("neon")


def test_files_come_and_go_and_headers_are_read_once(library: LoraLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.core import loras

    assert list(library.refresh()) == ["neon", "people/Old Man", "sd15"]
    read: list[Path] = []
    monkeypatch.setattr(loras, "read_lora_header", lambda path: read.append(path) or read_lora_header(path))
    folder = library.folders[0]
    lora(folder / "new.safetensors", attention(224))
    (folder / "sd15.safetensors").unlink()
    assert list(library.refresh()) == ["neon", "new", "people/Old Man"]
    library.refresh()
    assert read == [folder / "new.safetensors"]


def test_folders_that_lead_back_into_themselves_are_walked_once(library: LoraLibrary) -> None:
    os.symlink(library.folders[0], library.folders[0] / "people" / "loop")
    assert len(library.refresh()) == 3


def test_the_setting_names_several_folders(tmp_path: Path, own_home: Path) -> None:
    assert lora_folders(f"{tmp_path}{os.pathsep}~/x") == (tmp_path, Path.home() / "x")
    assert lora_folders("") == (own_home / "loras",)


@pytest.mark.parametrize(
    ("shapes", "metadata", "family"),
    [
        (attention(2048), {}, "SDXL"),
        (attention(768, 320), {}, "SD 1.5"),
        (attention(1024, 320), {}, "SD 2"),
        (attention(1280, 768), {}, "the SDXL refiner"),
        ({"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (4, 3072)}, {}, "Flux"),
        ({"lora_unet_joint_blocks_0_x_block_attn_qkv.lora_down.weight": (4, 1536)}, {}, "SD 3"),
        ({"lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (4, 768)},
         {"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL"),
    ],
)  # fmt: skip
def test_what_it_is_made_for_is_read_from_its_header(
    tmp_path: Path, shapes: Mapping[str, tuple[int, ...]], metadata: dict[str, str], family: str
) -> None:
    header = read_lora_header(lora(tmp_path / "x.safetensors", shapes, metadata))
    assert header.family == family
    assert header.rank == 4


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        ("lora_unet_x.hada_w1_a", "LoHa"),
        ("lora_unet_x.lokr_w1", "LoKr"),
        ("lora_unet_x.dora_scale", "DoRA"),
        ("lora_unet_x.lora_mid.weight", "Tucker"),
        ("lora_unet_x.diff", "full-weight"),
        ("unet.conv_in.weight", "holds no LoRA"),
    ],
)
def test_what_is_no_plain_lora_is_refused_by_its_kind(tmp_path: Path, tensor: str, kind: str) -> None:
    shapes = {tensor: (4, 4)} if kind == "holds no LoRA" else attention(2048) | {tensor: (4, 4)}
    lora(tmp_path / "x.safetensors", shapes)
    [listed] = LoraLibrary([tmp_path]).refresh().values()
    assert kind in refusal(listed, CATALOGUE[DEMO], DEMO_WIDTHS)


@pytest.mark.parametrize("damage", [b"", b"abc", b"\xff" * 40])
def test_a_damaged_file_is_listed_with_what_is_wrong(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / f"{MARKUP}.safetensors").write_bytes(damage)
    [listed] = LoraLibrary([tmp_path]).refresh().values()
    assert listed.problem.startswith(f"The LoRA {MARKUP} ")
    assert "download it again" in listed.problem


def test_one_for_another_model_is_refused_and_told_why(library: LoraLibrary) -> None:
    listed = library.refresh()
    assert refusal(listed["neon"], CATALOGUE[DEMO], DEMO_WIDTHS) == ""
    reason = refusal(listed["sd15"], CATALOGUE[DEMO], DEMO_WIDTHS)
    assert reason == "The LoRA sd15 is made for SD 1.5, not for Demo: its text is 768 wide, Demo takes 224."
    assert (
        refusal(listed["neon"], CATALOGUE[DEMO], widths_of(replace(CATALOGUE[DEMO], id="x", folder=Path("/nowhere"))))
        == ""
    )


def test_trigger_words_come_from_the_users_note_the_phrase_or_the_captions(tmp_path: Path) -> None:
    counted = {"ss_tag_frequency": json.dumps({"10_x": {"neon": 50, "city": 40, "rare": 1}})}
    lora(tmp_path / "a.safetensors", attention(2048), counted)
    lora(tmp_path / "b.safetensors", attention(2048), {"modelspec.trigger_phrase": "by b", **counted})
    lora(tmp_path / "c.safetensors", attention(2048), counted)
    (tmp_path / "c.json").write_text(json.dumps({"activation text": "my words", "preferred weight": 0.7}))
    lora(tmp_path / "d.safetensors", attention(2048), {"ss_tag_frequency": "[no JSON"})
    Image.new("RGB", (4, 4)).save(tmp_path / "a.preview.png")
    listed = LoraLibrary([tmp_path]).refresh()
    assert [one.words for one in listed.values()] == [("neon", "city"), ("by b",), ("my words",), ()]
    assert [one.weight for one in listed.values()] == [1, 1, 0.7, 1]
    assert listed["a"].preview == tmp_path / "a.preview.png"


def test_hashes_are_the_files_and_are_remembered_until_it_changes(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sdxl_tui.core import lora_hashes

    file = lora(tmp_path / "x.safetensors", attention(2048), {"ss_output_name": "x"})
    data = file.read_bytes()
    behind = data[8 + int.from_bytes(data[:8], "little") :]
    wanted = (hashlib.sha256(data).hexdigest(), hashlib.sha256(behind).hexdigest())
    assert (hashes_of(file).sha256, hashes_of(file).autov3) == wanted
    renamed = lora(tmp_path / "y.safetensors", attention(2048), {"ss_output_name": "another"})
    assert hashes_of(renamed).autov3 == wanted[1]
    read = lora_hashes._read
    monkeypatch.setattr(lora_hashes, "_read", lambda path: pytest.fail("it was read again"))
    assert hashes_of(file).sha256 == wanted[0]
    monkeypatch.setattr(lora_hashes, "_read", read)
    file.write_bytes(data + b"x")
    assert hashes_of(file).sha256 == hashlib.sha256(data + b"x").hexdigest()


ENTRIES = [
    {"name": "people/Old Man", "sha256": "a" * 64, "autov3": "b" * 64, "weight": 0.5, "text_weight": 0.25},
    {"name": "neon", "sha256": "c" * 64, "autov3": "d" * 64, "weight": 0.8, "in_prompt": True},
]


def test_the_infotext_has_tags_in_the_prompt_and_hashes_as_a1111_does() -> None:
    prompt = "a fox <lora:neon:0.8>"
    text = infotext.write(record(prompt=prompt, styled_prompt=prompt, loras=ENTRIES), 0, "Euler", "Uniform")
    assert text.startswith("a fox <lora:neon:0.8> <lora:Old Man:0.25:0.5>\n")
    assert f'Lora hashes: "Old Man: {"b" * 12}, neon: {"d" * 12}"' in text
    read = infotext.read(text)
    assert [use.name for use in tags_of(read.prompt)] == ["neon", "Old Man"]
    assert "Lora hashes" not in infotext.write(record(), 0, "Euler", "Uniform")


def test_a_line_of_the_log_becomes_the_same_request(library: LoraLibrary) -> None:
    prompt = "a fox <lora:neon:0.8>"
    line = record(model=DEMO, prompt=prompt, styled_prompt=prompt, prompt_syntax="a1111", loras=ENTRIES)
    asked = request_of(line, CATALOGUE, STYLES)
    assert asked.loras == (LoraUse("people/Old Man", 0.5, 0.25),)
    assert asked.prompt == prompt
    with pytest.raises(UserError, match="The LoRA people/Old Man has changed since that job"):
        request_of(line, CATALOGUE, STYLES, library)
    same = [{**entry, "sha256": hashes_of(library.find(str(entry["name"])).path).sha256} for entry in ENTRIES]
    assert request_of({**line, "loras": same}, CATALOGUE, STYLES, library).loras == asked.loras
    with pytest.raises(UserError, match="There is no LoRA 'gone'"):
        request_of({**line, "loras": [{"name": "gone", "weight": 1}]}, CATALOGUE, STYLES, library)
    assert "The set of LoRAs has changed." in differences(line, {**line, "loras": same})


@pytest.mark.parametrize(
    "entries", [None, "x", [1], [{}], [{"name": "x", "weight": "y"}], [{"name": "x", "weight": 99}]]
)
def test_entries_that_make_no_sense_are_left_out(entries: object) -> None:
    assert request_of(record(model=DEMO, loras=entries), CATALOGUE, STYLES).loras == ()


def test_pictures_of_other_programs_bring_theirs(tmp_path: Path) -> None:
    tagged = settings_of(png(tmp_path / "a.png", parameters=INFOTEXT))
    assert [use.weight for use in tags_of(tagged.record["prompt"])] == [0.8]
    model = {"key": "k", "hash": "h", "name": "neon", "base": "sdxl", "type": "lora"}
    invoke = settings_of(invokeai(tmp_path / "i.png", loras=[{"model": model, "weight": 0.6}]))
    assert invoke.record["loras"] == [{"name": "neon", "weight": 0.6}]
    foo = settings_of(fooocus(tmp_path / "f.png", loras=[["neon.safetensors", 0.5, "abc"]]))
    assert foo.record["loras"] == [{"name": "neon", "weight": 0.5}]
    node = {"lora_name": "people\\neon.safetensors", "strength_model": 0.5, "strength_clip": 1.0, "model": ["4", 0]}
    graph = comfy_graph() | {"10": {"class_type": "LoraLoader", "inputs": node}}
    comfy = settings_of(png(tmp_path / "c.png", prompt=json.dumps(graph)))
    assert comfy.record["loras"] == [{"name": "people/neon", "weight": 0.5, "text_weight": 1.0}]
