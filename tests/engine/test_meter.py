"""The card's meter on a driver that says what the test wants; no GPU."""

from __future__ import annotations

import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card, Process
from sdxl_tui.engine import card_users, meter
from sdxl_tui.engine.card_users import CONTEXT, CardUsers, command_of, user_of
from sdxl_tui.engine.engine import Engine
from sdxl_tui.engine.events import CardRead
from sdxl_tui.engine.gpu import Driver
from sdxl_tui.engine.holdings import Holdings
from sdxl_tui.engine.meter import GIB, Meter, differ

MIB = 1024**2


class NVMLError(Exception):
    """What the driver raises."""


class FakeNvml(types.ModuleType):
    """Two cards; ``failing`` names the functions that the driver refuses."""

    nvmlMemory_v2 = 2  # noqa: N815 - its name there

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.uuids = ["GPU-aaaa-1", "GPU-bbbb-2"]
        self.names: list[Any] = ["NVIDIA H100 80GB HBM3", b"NVIDIA H100 80GB HBM3"]
        self.free = [70 * GIB, 50 * GIB]
        self.used: list[dict[int, int | None]] = [{}, {}]
        self.graphics: list[dict[int, int | None]] = [{}, {}]
        self.failing: set[str] = set()
        self.load, self.degrees, self.milliwatts = 97, 61, 412_400
        self.asked = 0

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "failing"):

            def refuse(*_: Any) -> None:
                raise NVMLError(name)

            return refuse
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None: ...  # noqa: N802
    def nvmlShutdown(self) -> None: ...  # noqa: N802
    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.uuids)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        if index >= len(self.uuids):
            raise NVMLError("no such index")
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802
        if uuid not in self.uuids:
            raise NVMLError("not found")
        return self.uuids.index(uuid)

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return self.uuids[handle]

    def nvmlDeviceGetName(self, handle: int) -> Any:  # noqa: N802
        return self.names[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int, version: int | None = None) -> Any:  # noqa: N802
        self.asked += 1
        extra = {"reserved": GIB // 2} if version else {}
        return types.SimpleNamespace(total=80 * GIB + GIB // 2, free=self.free[handle], **extra)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:  # noqa: N802
        return [types.SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in self.used[handle].items()]

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: int) -> list[Any]:  # noqa: N802
        return [types.SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in self.graphics[handle].items()]

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        return types.SimpleNamespace(gpu=self.load)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:  # noqa: N802
        return self.degrees

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802
        return self.milliwatts


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    return fake


@pytest.fixture
def torch_has(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let torch have a device 0 with this UUID, and this memory."""
    import torch

    def has(uuid: str | None = "bbbb-2", reserved: int = 10 * GIB, allocated: int = 7 * GIB) -> None:
        properties = types.SimpleNamespace(**({} if uuid is None else {"uuid": uuid}))
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H100 80GB HBM3")
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (40 * GIB, 80 * GIB))
        stats = {"reserved_bytes.all.current": reserved, "allocated_bytes.all.current": allocated}
        monkeypatch.setattr(torch.cuda, "memory_stats", lambda: stats)

    return has


class Watched:
    """A meter, and what it has told."""

    def __init__(self) -> None:
        self.told: list[CardRead] = []
        self.came = threading.Event()
        self.held = Holdings(2 * GIB, GIB, has_model=True)
        self.busy = False
        self.meter = Meter(self.take, lambda: self.held, lambda: self.busy)

    def take(self, event: Any) -> None:
        self.told.append(event)
        self.came.set()

    def wait(self) -> CardRead:
        assert self.came.wait(10), "nothing was told"
        self.came.clear()
        return self.told[-1]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(meter, "SECONDS", 0.01)
    monkeypatch.setattr(meter, "PATIENCE", 10.0)
    monkeypatch.setattr(card_users, "sees_host_pids", lambda: True)
    one = Watched()
    yield one
    one.meter.close(10)


def test_the_card_is_the_one_that_torch_works_on(nvml: FakeNvml, torch_has: Any, watched: Watched) -> None:
    torch_has("bbbb-2")
    nvml.used[1] = {os.getpid(): 11 * GIB, 1: 19 * GIB}
    watched.meter.start()
    watched.meter.show(True)
    told = watched.wait()
    assert told.card == Card(80 * GIB, 50 * GIB, 11 * GIB, spare=2 * GIB, copies=2 * GIB, graphs=GIB, has_model=True)
    assert told.card.others == 19 * GIB
    assert (told.load, told.temperature, told.watts) == (97, 61, 412)
    assert told.name == "NVIDIA H100 80GB HBM3"
    assert [(other.pid, other.bytes) for other in told.others] == [(1, 19 * GIB)]


@pytest.mark.parametrize(
    ("chosen", "free"),
    [("1", 50), ("0", 70), ("", 70), ("GPU-bbbb", 50), ("GPU-bbbb-2,GPU-aaaa-1", 50), ("7", 70)],
)
def test_older_torch_has_no_uuid(
    nvml: FakeNvml, torch_has: Any, watched: Watched, monkeypatch: pytest.MonkeyPatch, chosen: str, free: int
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    nvml.names[1] = "NVIDIA H100 80GB HBM3"
    torch_has(None)
    watched.meter.start()
    card = watched.meter.read()
    assert card is not None
    assert card.free == free * GIB


def test_a_part_of_a_card_is_found_and_has_the_sensors_of_the_whole(nvml: FakeNvml, torch_has: Any) -> None:
    torch_has("cccc-3")
    nvml.uuids.append("MIG-cccc-3")
    nvml.nvmlDeviceIsMigDeviceHandle = lambda handle: handle == 2  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle = lambda handle: 1  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetTemperature = lambda handle, _: 40 + handle  # type: ignore[method-assign]
    driver = Driver()
    assert driver.card_of_torch() == 2
    assert driver.temperature(2) == 41


def test_only_a_rounded_figure_that_changed_is_told(nvml: FakeNvml, torch_has: Any, watched: Watched) -> None:
    torch_has()
    watched.meter.start()
    watched.meter.show(True)
    watched.wait()
    nvml.free[1] -= 100 * MIB
    nvml.load, nvml.degrees, nvml.milliwatts = 96, 62, 418_000
    asked = nvml.asked
    while nvml.asked < asked + 5:
        assert watched.meter.read() is not None
    assert len(watched.told) == 1
    nvml.free[1] -= 3 * GIB
    assert watched.wait().card.free == 47 * GIB - 100 * MIB


def test_nothing_is_asked_while_nobody_looks_and_a_reading_is_fresh(
    nvml: FakeNvml, torch_has: Any, watched: Watched
) -> None:
    torch_has()
    watched.meter.start()
    first = watched.meter.read()
    assert first is not None
    asked = nvml.asked
    nvml.free[1] = 3 * GIB
    second = watched.meter.read()
    assert second is not None
    assert (first.free, second.free) == (50 * GIB, 3 * GIB)
    assert nvml.asked == asked + 1
    assert watched.told == []


def test_what_a_running_job_takes_is_room_for_the_next_one(nvml: FakeNvml, torch_has: Any, watched: Watched) -> None:
    torch_has(reserved=10 * GIB, allocated=7 * GIB)
    watched.meter.start()
    card = watched.meter.read()
    assert card is not None
    assert card.spare == 2 * GIB
    watched.busy = True
    torch_has(reserved=30 * GIB, allocated=29 * GIB)
    running = watched.meter.read()
    assert running is not None
    assert running.spare == 22 * GIB
    watched.busy, watched.held = False, Holdings(graphs=GIB)
    torch_has(reserved=8 * GIB, allocated=GIB)
    without_a_model = watched.meter.read()
    assert without_a_model is not None
    assert without_a_model.spare == 6 * GIB


@pytest.mark.parametrize(
    ("failing", "watts"),
    [
        (("nvmlInit",), None),
        (("nvmlDeviceGetHandleByUUID",), None),
        (("nvmlDeviceGetMemoryInfo",), 412),
        (
            (
                "nvmlDeviceGetUtilizationRates",
                "nvmlDeviceGetTemperature",
                "nvmlDeviceGetPowerUsage",
            ),
            None,
        ),
        (("nvmlDeviceGetComputeRunningProcesses",), 412),
    ],
    ids=lambda value: str(value),
)
def test_what_the_driver_refuses_is_missing_and_nothing_else(
    nvml: FakeNvml, torch_has: Any, watched: Watched, failing: tuple[str, ...], watts: int | None
) -> None:
    torch_has()
    nvml.failing = set(failing)
    watched.meter.note_before()
    watched.meter.start()
    watched.meter.show(True)
    told = watched.wait()
    assert told.card.total == 80 * GIB
    assert told.card.ours >= 10 * GIB
    assert told.watts == watts
    assert told.others == ()


def test_a_card_that_is_gone_ends_nothing(
    nvml: FakeNvml, torch_has: Any, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    torch_has()
    watched.meter.start()
    before = watched.meter.read()

    def gone() -> None:
        raise RuntimeError("CUDA error: unknown error")

    nvml.failing = {"nvmlDeviceGetMemoryInfo"}
    monkeypatch.setattr(torch.cuda, "mem_get_info", gone)
    assert watched.meter.read() == before
    nvml.failing = set()
    nvml.free[1] = 9 * GIB
    card = watched.meter.read()
    assert card is not None
    assert card.free == 9 * GIB


def test_without_a_gpu_there_is_no_thread_and_no_reading(nvml: FakeNvml) -> None:
    one = Meter(lambda event: None, Holdings, lambda: False)
    one.show(True)
    one.start()
    assert one.read() is None
    assert nvml.asked == 0
    assert all(thread.name != "meter" for thread in threading.enumerate())
    one.close(1)


def test_an_engine_on_a_cpu_reads_no_card(tmp_path: Path) -> None:
    told: list[Any] = []
    engine = Engine(Settings(device="cpu", output_dir=tmp_path), told.append)
    engine.show_meter(True)
    engine.start()
    while engine.status.starting:
        assert engine.read_card() is None
    assert engine.read_card() is None
    assert engine.close(30)
    assert not any(isinstance(event, CardRead) for event in told)


def test_a_driver_that_hangs_holds_nobody_up(nvml: FakeNvml, torch_has: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    torch_has()
    release = threading.Event()
    one = Meter(lambda event: None, Holdings, lambda: False)
    one.start()
    monkeypatch.setattr(meter, "PATIENCE", 10.0)
    first = one.read()
    monkeypatch.setattr(meter, "PATIENCE", 0.01)
    nvml.nvmlDeviceGetUtilizationRates = lambda handle: release.wait(10)  # type: ignore[method-assign,assignment,return-value]
    assert one.read() == first
    release.set()
    one.close(10)


# Who is who


def test_on_the_host_our_pid_is_ours_and_others_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_users, "sees_host_pids", lambda: True)
    users = CardUsers(frozenset(), None)
    parent = os.getppid()
    ours, others = users.split([(os.getpid(), 7 * GIB), (parent, GIB), (2**22 + 1, None)], 6 * GIB)
    assert ours == 7 * GIB
    assert others == (Process(parent, GIB, command_of(parent), user_of(parent)), Process(2**22 + 1, None))
    assert others[0].name
    assert others[0].user


def test_in_a_container_the_newcomer_is_ours_and_pids_have_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_users, "sees_host_pids", lambda: False)
    users = CardUsers(frozenset({500}), 700 * MIB)
    ours, others = users.split([(500, 30 * GIB), (77123, 7 * GIB)], 6 * GIB)
    assert ours == 7 * GIB
    assert others == (Process(500, 30 * GIB),)
    ours, others = users.split([(500, 30 * GIB), (77123, 9 * GIB), (88000, 10 * GIB)], 8 * GIB)
    assert ours == 9 * GIB
    assert [other.pid for other in others] == [500, 88000]


def test_in_a_container_where_two_came_the_one_that_takes_what_we_take_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_users, "sees_host_pids", lambda: False)
    users = CardUsers(frozenset(), 700 * MIB)
    ours, others = users.split([(1, 30 * GIB), (2, 7 * GIB)], 6 * GIB)
    assert ours == 7 * GIB
    assert [other.pid for other in others] == [1]


@pytest.mark.parametrize(
    ("went", "context"), [(700 * MIB, 700 * MIB), (30 * GIB, CONTEXT), (-GIB, CONTEXT), (None, CONTEXT)]
)
def test_where_the_driver_lists_nobody_ours_is_torch_and_its_context(
    monkeypatch: pytest.MonkeyPatch, went: int | None, context: int
) -> None:
    monkeypatch.setattr(card_users, "sees_host_pids", lambda: False)
    assert CardUsers(frozenset(), went).split([], 6 * GIB) == (6 * GIB + context, ())


def test_a_command_is_cut_to_what_people_say() -> None:
    assert command_of(2**22 + 1) == ""
    assert user_of(2**22 + 1) == ""
    assert "/" not in command_of(os.getpid()).split(" ")[0]
    assert len(command_of(os.getpid())) <= card_users.LONGEST_COMMAND


def test_what_differs() -> None:
    card = Card(80 * GIB, 50 * GIB, 10 * GIB)
    told = CardRead(card, 50, 60, 400)
    assert not differ(told, replace(told, load=52, temperature=61, watts=405))
    assert differ(told, replace(told, load=56))
    assert differ(told, replace(told, watts=None))
    assert differ(told, replace(told, others=(Process(1, None),)))
    assert differ(told, replace(told, card=replace(card, spare=3 * GIB)))
    assert not differ(told, replace(told, card=replace(card, free=card.free - 300 * MIB)))
    little = replace(told, card=replace(card, free=3 * GIB))
    assert differ(little, replace(little, card=replace(card, free=3 * GIB - 300 * MIB)))
