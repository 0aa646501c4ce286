"""No test touches the user's own folders, or the network."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from sdxl_tui.engine.allocator import choose_allocator

# As the lab does before it imports torch; here many a test does.
choose_allocator()
if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores: two times two threads of torch would stand in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

TERMINALS = ("TMUX", "STY", "KITTY_", "TERM_PROGRAM", "LC_TERMINAL", "XTERM_VERSION", "VTE_", "KONSOLE_", "WT_", "SSH_")
"""How the variables begin that tell of the terminal the tests are started in."""


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One home for the session, an empty hub cache, and a terminal of which nothing is known."""
    home = tmp_path_factory.mktemp("home")
    ours = {
        "SDXL_TUI_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "TERM": "xterm-256color",
    }
    with pytest.MonkeyPatch.context() as patch:
        theirs = [name for name in os.environ if name.startswith(("SDXL_TUI_", *TERMINALS))]
        for name in [*theirs, "NO_COLOR"]:
            patch.delenv(name, raising=False)
        for name, value in ours.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: no settings, no models.toml."""
    home = tmp_path / "home"
    monkeypatch.setenv("SDXL_TUI_HOME", str(home))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where torch sees none."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA GPU"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a report travel between the workers also where a test logged halves of surrogate pairs."""
    report = yield
    report.sections = [(name, text.encode(errors="replace").decode()) for name, text in report.sections]
    return report
