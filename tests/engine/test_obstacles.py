"""Whether a speed can run here is told with what to do about it."""

from __future__ import annotations

import shutil

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine import obstacle_to, obstacles


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A machine with a card that is new enough, Triton, a compiler and headers."""
    import torch

    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "NVIDIA H100")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(obstacles, "triton_version", lambda: "3.6.0")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(obstacles.sysconfig, "get_path", lambda _name: str(tmp_path))


def test_on_a_cpu_only_eager_runs() -> None:
    assert obstacle_to("eager", "cpu") is None
    for speed in ("exact", "fast"):
        found = obstacle_to(speed, "cpu")
        assert found is not None
        assert found.reason == "a CUDA GPU"
        assert "SDXL_TUI_DEVICE=auto" in found.cure


@pytest.mark.usefixtures("card")
def test_on_a_card_all_run() -> None:
    assert [obstacle_to(speed, "auto") for speed in ("eager", "exact", "fast")] == [None, None, None]


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("missing", ["Triton", "a C compiler", "Python's headers", "a card"])
def test_what_fast_lacks_is_named_and_exact_runs(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    import torch

    monkeypatch.delenv("CC", raising=False)
    match missing:
        case "Triton":
            monkeypatch.setattr(obstacles, "triton_version", lambda: "")
        case "a C compiler":
            monkeypatch.setattr(shutil, "which", lambda _name: None)
        case "Python's headers":
            (tmp_path / "Python.h").unlink()
        case "a card":
            monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (6, 1))
    found = obstacle_to("fast", "auto")
    assert found is not None
    assert missing in found.reason
    assert found.cure
    assert obstacle_to("exact", "auto") is None


def test_a_card_that_is_not_there_is_refused_as_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="torch sees no CUDA GPU here"):
        obstacle_to("fast", "cuda")
