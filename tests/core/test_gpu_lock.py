"""One lab a GPU: which card that is, and who has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import gpu_lock
from sdxl_tui.core.folder_lock import FolderLock
from sdxl_tui.core.gpu_lock import Gpu, GpuLock, gpu_of_lab
from sdxl_tui.core.lab_lock import LabLock
from sdxl_tui.core.lock_file import LabIsOpen
from sdxl_tui.core.settings import Settings
from tests.core.test_folder_lock import another_lab

CARDS = ("GPU-aaaa-1", "GPU-bbbb-2")
PARTS = ("MIG-cccc-3", "MIG-dddd-4")


class Nvml:
    """Two cards; the second one may be cut into parts."""

    def __init__(self, *, parts: bool = False, broken: bool = False) -> None:
        self.parts, self.broken, self.is_open = parts, broken, False

    def nvmlInit(self) -> None:
        if self.broken:
            raise RuntimeError("NVML Shared Library Not Found")
        self.is_open = True

    def nvmlShutdown(self) -> None:
        self.is_open = False

    def nvmlDeviceGetCount(self) -> int:
        return len(CARDS)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        return CARDS[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid not in PARTS:
            raise RuntimeError("Not Found")
        return uuid

    def nvmlDeviceGetUUID(self, handle: str) -> bytes:
        return handle.encode()

    def nvmlDeviceGetName(self, handle: str) -> str:
        return "NVIDIA H100 [/] \x1b[31m"

    def nvmlDeviceGetMigMode(self, handle: str) -> tuple[int, int]:
        if not self.parts:
            raise RuntimeError("Not Supported")
        return (int(handle == CARDS[1]),) * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: str) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: str, index: int) -> str:
        if index < 1:
            raise RuntimeError("Not Found")
        return PARTS[0]


@pytest.fixture(autouse=True)
def _torch_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_lock, "torch_has_cuda", lambda: True)


@pytest.mark.parametrize(
    ("visible", "parts", "uuid"),
    [
        (None, False, CARDS[0]),
        ("1", False, CARDS[1]),
        ("1,0", False, CARDS[1]),
        ("GPU-bbbb", False, CARDS[1]),
        ("1", True, PARTS[0]),
        (PARTS[1], True, PARTS[1]),
        ("", False, None),
        ("-1", False, None),
        ("7", False, None),
        ("GPU-none", False, None),
        ("MIG-none", True, None),
    ],
)
def test_the_card_is_the_one_that_torch_takes(visible: str | None, parts: bool, uuid: str | None) -> None:
    nvml = Nvml(parts=parts)
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    found = gpu_of_lab(Settings(), environ, nvml)
    assert (found.uuid if found else None) == uuid
    assert not nvml.is_open


def test_without_a_gpu_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpu_of_lab(Settings(device="cpu"), {}, Nvml()) is None
    assert gpu_of_lab(Settings(), {}, Nvml(broken=True)) is None
    monkeypatch.setattr(gpu_lock, "torch_has_cuda", lambda: False)
    assert gpu_of_lab(Settings(), {}, Nvml()) is None


def test_a_second_lab_on_the_card_is_told_who_has_it(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Gpu(CARDS[0], "NVIDIA H100 [/] \x1b[31m")
    GpuLock(gpu, tmp_path / "one")
    with pytest.raises(LabIsOpen) as refused:
        GpuLock(gpu, tmp_path / "two")
    assert refused.value.holder.folder == str(tmp_path / "one")
    assert refused.value.gpu.startswith("NVIDIA H100 [/]")
    assert refused.value.gpu.endswith(CARDS[0])
    assert "\x1b" not in refused.value.gpu
    GpuLock(Gpu(CARDS[1], "H100"), tmp_path / "two")
    monkeypatch.setattr("sdxl_tui.core.lab_lock.gpu_of_lab", lambda *_: gpu)
    with pytest.raises(LabIsOpen):
        LabLock(Settings(output_dir=tmp_path / "two"))
    # What was refused holds nothing.
    FolderLock(tmp_path / "two").release()


def test_the_folder_of_another_lab_is_named_before_its_card(tmp_path: Path) -> None:
    with another_lab(tmp_path), pytest.raises(LabIsOpen) as refused:
        LabLock(Settings(output_dir=tmp_path))
    assert not refused.value.gpu
    assert refused.value.holder.folder == str(tmp_path)


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("cuda: Optional[str] = None\n", False),
        ("cuda = None\n", False),
        ("cuda: Optional[str] = '12.4'\n", True),
        ("hip = None\n", True),
    ],
)
def test_a_torch_for_cpus_is_known_by_its_version_file(
    text: str, has: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (tmp_path / "version.py").write_text(text)
    spec: Any = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr(gpu_lock.importlib.util, "find_spec", lambda name: spec)
    assert gpu_lock.torch_has_cuda() is has


def test_without_torch_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(gpu_lock.importlib.util, "find_spec", lambda name: None)
    assert not gpu_lock.torch_has_cuda()
