"""The parallel reader: every byte where it belongs, whatever the files look like, and no reader left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine import reading
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import Shells, read_weights
from sdxl_tui.engine.weights import sources_of
from tests.engine.conftest import checked, loaded_from
from tests.engine.model_variants import PARTS, copied, misaligned, rewrite, sharded


def live(folder: Path) -> dict[str, torch.Tensor]:
    arena = loaded_from(checked(folder)).arena
    return {name: arena[name] for name in arena.layout.places}


def same(folder: Path, demo_folder: Path) -> bool:
    one, other = live(folder), live(demo_folder)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def as_float(folder: Path) -> None:
    for part in PARTS:
        rewrite(folder, part, lambda tensors: {name: tensor.float() for name, tensor in tensors.items()})


def as_mixed(folder: Path) -> None:
    """Formats of other widths side by side, after tensors of an odd number of bytes."""
    odd = {"aaa.position_ids": torch.zeros(3, dtype=torch.uint8)}
    for part in PARTS:
        rewrite(
            folder,
            part,
            lambda tensors: (
                odd | {name: tensor.float() if "weight" in name else tensor for name, tensor in tensors.items()}
            ),
        )


def in_shards(folder: Path) -> None:
    for part in PARTS:
        sharded(folder, part)


def moved(folder: Path) -> None:
    for part in PARTS:
        misaligned(folder, part)


@pytest.mark.parametrize("change", [as_float, as_mixed, in_shards, moved], ids=lambda change: change.__name__)
@pytest.mark.parametrize("unit_bytes", [1000, 2**20], ids=["rows", "runs"])
def test_a_file_of_any_make_gives_the_same_weights(
    tmp_path: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], unit_bytes: int
) -> None:
    monkeypatch.setattr(reading, "UNIT_BYTES", unit_bytes)
    folder = copied(tmp_path / "model")
    change(folder)
    assert same(folder, demo_folder)


def test_bfloat16_is_cast(tmp_path: Path) -> None:
    folder = copied(tmp_path / "model")
    rewrite(folder, "unet", lambda tensors: {name: tensor.bfloat16() for name, tensor in tensors.items()})
    stored = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    read = live(folder)
    assert all(torch.equal(read[f"unet.{name}"], tensor.float()) for name, tensor in stored.items())


def test_progress_counts_the_bytes_that_were_read(demo_folder: Path) -> None:
    shell = Shells(Device("cpu", "CPU")).make(checked(demo_folder))
    told: list[tuple[str, float]] = []
    read_weights(shell, torch.device("cpu"), lambda: lambda *_: None, lambda *told_now: told.append(told_now))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert list(dict.fromkeys(step for step, _ in told)) == ["text encoders", "UNet", "VAE"]
    text = sum(f.stat().st_size for part in PARTS if "text" in part for f in (demo_folder / part).glob("*.safetensors"))
    total = sum(file.stat().st_size for part in PARTS for file in (demo_folder / part).glob("*.safetensors"))
    assert max(share for step, share in told if step == "text encoders") == pytest.approx(text / total, abs=0.01)


@pytest.mark.parametrize("when", [0, 1, 3])
def test_giving_up_leaves_no_reader_and_no_open_file(
    demo_folder: Path, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    monkeypatch.setattr(reading, "UNIT_BYTES", 2**18)
    shell = Shells(Device("cpu", "CPU")).make(checked(demo_folder))
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    calls = iter(range(1000))

    def report(step: str, share: float) -> None:
        if next(calls) == when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_weights(shell, torch.device("cpu"), lambda: lambda *_: None, report)
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == files


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path / "model")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    shell = Shells(Device("cpu", "CPU")).make(checked(folder))

    moments = iter(range(1000))

    def cut(*_: object) -> None:
        os.truncate(file, file.stat().st_size // 2)

    def touch(*_: object) -> None:
        moment = next(moments)
        os.utime(file, ns=(moment, moment))

    with pytest.raises(UserError, match=r"^unet/diffusion_pytorch_model.safetensors was changed while it was read"):
        read_weights(shell, torch.device("cpu"), lambda: lambda *_: None, touch)
    with pytest.raises(UserError, match=r"^unet/diffusion_pytorch_model.safetensors"):
        read_weights(shell, torch.device("cpu"), lambda: lambda *_: None, cut)


def test_a_tensor_that_is_no_weight_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = copied(tmp_path / "model")
    rewrite(folder, "vae", lambda tensors: tensors | {"decoder.conv_in.bias": tensors["decoder.conv_in.bias"].long()})
    shell = Shells(Device("cpu", "CPU")).make(checked(folder))

    def room() -> object:
        raise AssertionError("nothing may be written")

    with pytest.raises(UserError, match=r"decoder.conv_in.bias is stored as I64"):
        read_weights(shell, torch.device("cpu"), room, lambda *_: None)


def test_slots_that_a_device_still_copies_from_are_not_filled_again(
    demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU, whose copies end late: here only when they are waited for."""

    class LateCopy:
        def record(self) -> None:
            self.is_done = False

        def query(self) -> bool:
            return self.is_done

        def synchronize(self) -> None:
            self.is_done = True

    monkeypatch.setattr(reading, "UNIT_BYTES", 2**18)
    monkeypatch.setattr(reading, "SPARE_SLOTS", 1)
    monkeypatch.setattr(reading, "_slot", lambda size, pinned: torch.empty(size, dtype=torch.uint8))
    monkeypatch.setattr(torch.cuda, "Event", LateCopy)
    check = checked(demo_folder)
    shell = Shells(Device("cpu", "CPU")).make(check)
    units = reading.units_of(sources_of(check, {name: place.shape for name, place in shell.layout.places.items()}))
    assert len(units) > 50
    with ExitStack() as stack:
        files = {file: stack.enter_context(reading._Opened(file)) for file in {unit.file for unit in units}}
        with reading._Readers(units, files, 3, pinned=True) as readers:
            for unit in units:
                slot = readers.next(lambda _: None)
                stored = torch.from_file(str(unit.file), size=unit.begin + unit.size, dtype=torch.uint8)[unit.begin :]
                assert torch.equal(slot[: unit.size], stored)
                assert all(slot is not copied_from for _, copied_from in readers._copied)
                readers.give_back(slot)
