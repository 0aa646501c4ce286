"""Hashes of a model's files against what is known of them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sdxl_tui.core.check import check_model
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.verifying import Verdict, verify
from tests.core.checkpoint_files import SDXL_SHAPES, write_header
from tests.core.model_folders import UNET, model_of, write_hub_entry, write_model

IDENTITY = "stabilityai/sdxl-turbo"


def as_the_hub_does(snapshot: Path) -> Path:
    """Name each blob by what it holds: weights by SHA-256, small files as git does."""
    for link in [path for path in snapshot.rglob("*") if path.is_symlink()]:
        blob = link.resolve()
        content = blob.read_bytes()
        is_large = link.suffix == ".safetensors"
        name = hashlib.sha256(content) if is_large else hashlib.sha1(b"blob %d\0" % len(content) + content)
        blob.rename(blob.with_name(name.hexdigest()))
        link.unlink()
        link.symlink_to(os.path.relpath(blob.with_name(name.hexdigest()), link.parent))
    return snapshot


@pytest.fixture
def snapshot(tmp_path: Path, own_home: Path) -> Path:
    """A whole model in the hub cache."""
    return as_the_hub_does(write_hub_entry(tmp_path / "hub", IDENTITY))


def verdict_on(model: object = CATALOGUE[IDENTITY]) -> Verdict:
    return verify(check_model(model), lambda _name, _done, _total: None)


def test_every_file_that_is_read_is_held_against_its_name_in_the_cache(snapshot: Path) -> None:
    told: list[tuple[str, int, int]] = []
    (snapshot / "unet" / "flax_model.msgpack").write_bytes(b"not read")
    report = check_model(CATALOGUE[IDENTITY])
    verdict = verify(report, lambda *how_far: told.append(how_far))
    assert verdict == Verdict(matching=16)
    assert told[-1][1] == told[-1][2]
    assert verdict.sentence(report) == "SDXL Turbo: 16 files match the hashes in the hub cache."


@pytest.mark.parametrize("name", [UNET, "vae/config.json"])
def test_a_changed_file_is_named_with_what_to_do(snapshot: Path, name: str) -> None:
    blob = (snapshot / name).resolve()
    with blob.open("r+b") as opened:
        opened.seek(-2, os.SEEK_END)
        opened.write(b"}\n")
    verdict, report = verdict_on(), check_model(CATALOGUE[IDENTITY])
    assert verdict.wrong == (f"{name} does not match the hash in the hub cache.",)
    assert verdict.matching == 15
    assert verdict.advice(report) == f"`sdxl-tui models download {IDENTITY} --repair` makes them anew."


def test_it_can_be_given_up(snapshot: Path) -> None:
    def stop(*_: object) -> None:
        raise ZeroDivisionError("enough")

    with pytest.raises(ZeroDivisionError):
        verify(check_model(CATALOGUE[IDENTITY]), stop)


def test_a_plain_folder_is_known_by_nothing_unless_a_download_noted_it(tmp_path: Path, own_home: Path) -> None:
    folder = write_model(tmp_path / "mine")
    verdict = verdict_on(model_of(folder))
    assert (verdict.matching, verdict.wrong, len(verdict.unknown)) == (0, (), 4)
    assert (UNET, hashlib.sha256((folder / UNET).read_bytes()).hexdigest()) in verdict.unknown
    note = folder / ".cache" / "huggingface" / "download" / f"{UNET}.metadata"
    note.parent.mkdir(parents=True)
    note.write_text(f"{'ab' * 20}\n{'cd' * 32}\n1700000000.0\n")
    [sentence] = verdict_on(model_of(folder)).wrong
    assert sentence.startswith(f"{UNET} does not match the hash that the download noted")


def test_a_single_file_is_held_against_the_sidecar_beside_it(tmp_path: Path, own_home: Path) -> None:
    file = write_header(tmp_path / "mine.safetensors", SDXL_SHAPES)
    model = replace(CATALOGUE[DEMO], id="mine", name="Mine", file=file)
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    assert verdict_on(model) == Verdict(unknown=(("mine.safetensors", right),))
    (tmp_path / "mine.sha256").write_text(f"{right.upper()}  mine.safetensors\n")
    assert verdict_on(model) == Verdict(matching=1)
    (tmp_path / "mine.sha256").write_text("0" * 64)
    [sentence] = verdict_on(model).wrong
    assert sentence == "mine.safetensors does not match the hash in the .sha256 file beside it."
    assert verdict_on(model).advice(check_model(model)) == "Download it again from where it came."
