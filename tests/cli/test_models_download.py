"""``sdxl-tui models download`` against a hub on loopback: what fails is resumed, or a sentence."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdxl_tui.core.cache import DEMO_FOLDER
from tests.cli.stand_in_hub import REVISION, Hub, stand_in_hub
from tests.core.model_folders import write_model

IDENTITY = "stabilityai/sdxl-turbo"
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
Run = Callable[..., "subprocess.CompletedProcess[str]"]

QUICK = "import time; time.sleep = lambda _seconds: None\n"
"""Tries are made at once."""
MAIN = "import sys\nfrom sdxl_tui.cli import main\nsys.exit(main(['models', 'download', *sys.argv[1:]]))\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repo with all that lies in such repos: the demo model in fp16 and plain, pickles, ONNX, a root checkpoint."""
    folder = tmp_path / "repo"
    shutil.copytree(DEMO_FOLDER, folder)
    for file in list(folder.rglob("*.safetensors")):
        shutil.copy(file, file.with_name(f"{file.stem}.fp16.safetensors"))
        (file.with_suffix(".bin")).write_bytes(b"a pickle")
    for extra in ("unet/model.onnx", "unet/flax_model.msgpack", "vae_1_0/config.json", "sd_xl.safetensors", "a.png"):
        (folder / extra).parent.mkdir(exist_ok=True)
        (folder / extra).write_bytes(b"not wanted")
    return folder


@pytest.fixture
def hub(repo: Path) -> Iterator[Hub]:
    """The hub that has it."""
    with stand_in_hub() as hub:
        hub.folders[IDENTITY] = repo
        yield hub


@pytest.fixture
def environment(hub: Hub, own_home: Path, tmp_path: Path) -> dict[str, str]:
    """What a process of its own needs: huggingface_hub reads it once."""
    return {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run the command to its end."""

    def run(*arguments: str, before: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", QUICK + before + MAIN, *arguments]
        none = subprocess.DEVNULL
        return subprocess.run(
            command, capture_output=True, text=True, env=environment | changes, timeout=120, stdin=none
        )

    return run


def snapshot(tmp_path: Path) -> Path:
    return tmp_path / "hub" / f"models--{IDENTITY.replace('/', '--')}" / "snapshots" / REVISION


def state() -> str:
    from sdxl_tui.core.check import check_model
    from sdxl_tui.core.models import CATALOGUE

    return check_model(CATALOGUE[IDENTITY]).state


def test_just_what_is_needed_comes_and_loads_without_a_network(run: Run, hub: Hub, tmp_path: Path, repo: Path) -> None:
    done = run("turbo")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("● SDXL Turbo is ready: 31.7 MiB, every file checked · licence: openrail++")
    here = snapshot(tmp_path)
    there = sorted(file.relative_to(here).as_posix() for file in here.rglob("*") if file.is_file())
    assert UNET in there
    assert not [name for name in there if name.endswith((".bin", ".onnx", ".msgpack", ".png", "model.safetensors"))]
    assert "vae_1_0/config.json" not in there
    assert (here / UNET).is_symlink()
    assert (here / UNET).read_bytes() == (repo / UNET).read_bytes()
    assert (here.parent.parent / "refs" / "main").read_text() == REVISION
    assert state() == "ready"
    again = run("turbo")
    assert (again.returncode, again.stdout) == (0, "● SDXL Turbo is ready: there is nothing to fetch.\n")


def test_without_a_terminal_progress_is_lines_on_stderr(run: Run) -> None:
    lines = run("turbo").stderr.splitlines()
    assert any(line.startswith("SDXL Turbo: unet: ") and line.endswith(" of 31.9 MiB") for line in lines)
    assert len(lines) < 20
    assert not [line for line in lines if "\x1b" in line or "%|" in line]


def test_json_and_a_dry_run(run: Run, tmp_path: Path) -> None:
    [planned] = json.loads(run("turbo", "--dry-run", "--json").stdout)
    assert (planned["id"], planned["revision"], planned["licence"]) == (IDENTITY, REVISION, "openrail++")
    assert UNET in [file["name"] for file in planned["missing"]]
    assert not snapshot(tmp_path).exists()
    [row] = json.loads(run("turbo", "--json").stdout)
    assert (row["state"], row["revision"]) == ("ready", REVISION)
    assert row["fetched_bytes"] == planned["missing_bytes"]


def test_plain_weights_are_taken_where_there_is_no_fp16(run: Run, repo: Path, tmp_path: Path) -> None:
    (repo / UNET).unlink()
    assert run("turbo").returncode == 0
    assert (snapshot(tmp_path) / "unet" / "diffusion_pytorch_model.safetensors").is_file()


def test_a_cut_connection_is_taken_up_again(run: Run, hub: Hub) -> None:
    hub.cuts = [3_000_000, 5_000_000]
    done = run("turbo")
    assert done.returncode == 0, done.stderr
    assert len(hub.ranges) == 2
    assert state() == "ready"


def test_a_connection_that_stays_away_is_a_sentence_and_the_next_run_goes_on(run: Run, hub: Hub) -> None:
    hub.cuts, hub.down_after_cuts = [9_000_000], True
    first = run("turbo")
    assert first.returncode == 1
    assert "Traceback" not in first.stderr
    sentence = first.stderr.splitlines()[-1]
    assert sentence.startswith(f"sdxl-tui: The connection to {hub.url} was cut. ")
    assert sentence.endswith("are there: run it again, it goes on from there.")
    hub.down, hub.down_after_cuts, hub.ranges = False, False, []
    second = run("turbo")
    assert second.returncode == 0, second.stderr
    assert len(hub.ranges) == 1
    assert state() == "ready"


def test_a_wrong_hash_is_fetched_once_more_and_then_a_sentence(run: Run, hub: Hub, tmp_path: Path) -> None:
    hub.corrupt = 1
    assert run("turbo").returncode == 0
    shutil.rmtree(tmp_path / "hub")
    hub.corrupt = 100
    done = run("turbo")
    assert done.returncode == 1
    assert "came twice with another hash than the hub names" in done.stderr
    assert not list((tmp_path / "hub").rglob("*.incomplete"))
    assert state() != "ready"


def test_a_full_disk_is_a_sentence_before_and_in_the_midst_of_it(run: Run, hub: Hub) -> None:
    small = "import shutil; shutil.disk_usage = lambda _folder: type('Usage', (), {'free': 1000000})\n"
    done = run("turbo", before=small)
    assert done.returncode == 1
    assert "are to be fetched and" in done.stderr
    assert "has 976.6 KiB free: free some, or name another folder with HF_HOME." in done.stderr
    full = (
        "import errno, os\nfrom sdxl_tui.core import disk\nwrite, room = disk.write_all, [5_000_000]\n"
        "def write_all(descriptor, data):\n"
        "    room[0] -= len(data)\n"
        "    if room[0] < 0: raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "    write(descriptor, data)\n"
        "disk.write_all = write_all\n"
    )
    done = run("turbo", before=full)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SDXL Turbo was not fetched: no space in " in done.stderr
    assert "are there: run it again, it goes on from there." in done.stderr
    assert run("turbo").returncode == 0


def test_a_gated_repo_says_where_to_accept_its_terms(run: Run, hub: Hub) -> None:
    hub.gated.add(IDENTITY)
    done = run("turbo")
    assert done.returncode == 2
    assert done.stderr == (
        f"sdxl-tui: SDXL Turbo is gated: accept its terms at {hub.url}/{IDENTITY}, log in with `hf auth login` (or set "
        "HF_TOKEN), and try again.\n"
    )


def test_the_token_is_the_one_that_the_hubs_own_tools_use(run: Run, hub: Hub) -> None:
    assert run("turbo", HF_TOKEN="hf_mine").returncode == 0
    assert hub.tokens == {"Bearer hf_mine"}


def test_a_repo_that_is_not_there(run: Run, hub: Hub) -> None:
    done = run("nobody/nothing")
    assert done.returncode == 2
    assert done.stderr.startswith(f"sdxl-tui: There is no model nobody/nothing at {hub.url}, or it is private")


def test_one_that_is_refused_does_not_stop_the_others(run: Run) -> None:
    done = run("nobody/nothing", "turbo")
    assert done.returncode == 2
    assert "● SDXL Turbo is ready" in done.stdout


def test_no_network_at_all(run: Run) -> None:
    done = run("turbo", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr == (
        "sdxl-tui: There is no connection to http://127.0.0.1:9: look at the network, a proxy (HTTPS_PROXY) or "
        "HF_ENDPOINT.\n"
    )


def test_what_is_no_sdxl_in_safetensors_is_refused_before_it_is_fetched(run: Run, hub: Hub, tmp_path: Path) -> None:
    flux, pickles, single = (write_model(tmp_path / name) for name in ("flux", "pickles", "single"))
    index = flux / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionXLPipeline", "FluxPipeline"))
    (pickles / UNET).rename(pickles / "unet" / "diffusion_pytorch_model.bin")
    shutil.rmtree(single)
    single.mkdir()
    (single / "pony.safetensors").write_bytes(b"x")
    hub.folders |= {"a/flux": flux, "a/pickles": pickles, "a/single": single}
    done = run("a/flux", "a/pickles", "a/single")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert "names the pipeline 'FluxPipeline'; the lab needs StableDiffusionXLPipeline" in lines[0]
    assert "has its unet only as .bin files, which can run code when loaded: they are never fetched." in lines[1]
    assert "it holds the single file 'pony.safetensors': fetch that by hand" in lines[2]
    assert not (tmp_path / "hub").exists()


def test_any_repo_of_the_hub_comes_with_the_lines_that_bring_it_into_the_lab(run: Run, hub: Hub, repo: Path) -> None:
    hub.folders["somebody/other-xl"] = repo
    done = run("somebody/other-xl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == (
        '  To have it in the lab, add to models.toml: [[model]] and below it id = "somebody/other-xl"'
    )


def test_without_names_and_a_terminal_it_asks_for_them(run: Run, hub: Hub) -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr.startswith("sdxl-tui: Which models? Name them")
    assert hub.fetched == []


def test_all_brings_every_model_that_is_not_ready(run: Run, hub: Hub, repo: Path) -> None:
    from sdxl_tui.core.models import CATALOGUE

    hub.folders |= {identity: repo for identity in CATALOGUE if "/" in identity}
    done = run("--all")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" is ready: 31.7 MiB") == 6


def test_the_demo_is_not_from_the_hub(run: Run) -> None:
    done = run("demo")
    assert done.returncode == 2
    assert done.stderr == "sdxl-tui: Demo is not from the hub: it lies in a place of its own.\n"


def test_an_old_downloads_partial_file_is_taken_up(run: Run, hub: Hub, repo: Path, tmp_path: Path) -> None:
    import hashlib

    content = (repo / UNET).read_bytes()
    partial = snapshot(tmp_path).parents[1] / "blobs" / f"{hashlib.sha256(content).hexdigest()}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content[:7_000_000])
    assert run("turbo").returncode == 0
    assert hub.ranges == ["bytes=7000000-"]
    assert state() == "ready"


def test_ctrl_c_stops_it_and_the_next_run_goes_on(
    environment: dict[str, str], run: Run, hub: Hub, tmp_path: Path
) -> None:
    hub.holds = 8_000_000
    command = [sys.executable, "-c", MAIN, "turbo"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    end = time.monotonic() + 60
    while not [file for file in (tmp_path / "hub").rglob("*.incomplete") if file.stat().st_size >= 7_000_000]:
        assert time.monotonic() < end, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "sdxl-tui: Stopped."
    hub.holds = 0
    assert run("turbo").returncode == 0
    assert len(hub.ranges) == 1


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_on_a_terminal_it_shows_what_there_is_and_asks(
    environment: dict[str, str], hub: Hub, repo: Path, answer: str, code: int
) -> None:
    hub.folders = {IDENTITY: repo}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", MAIN]
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment)
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 65536)
    os.write(ours, f"{answer}\n".encode())
    while True:
        try:
            said += os.read(ours, 65536)
        except OSError:
            break
    printed, _ = process.communicate(timeout=60)
    assert b"There is no model SG161222/RealVisXL_V5.0" in said
    assert re.search(r"□ SDXL Turbo: 31.9 MiB in \d\d files · licence: openrail\+\+", said.decode())
    assert b"Fetch 1 model, 31.9 MiB? [y/N]" in said
    assert process.returncode == (code or 2), "what was refused is not forgotten"
    assert (state() == "ready") is (answer == "y")
    assert ("● SDXL Turbo is ready" in printed.decode()) is (answer == "y")


def test_a_damaged_file_is_fetched_once_more(run: Run, hub: Hub, repo: Path, tmp_path: Path) -> None:
    assert run("turbo").returncode == 0
    blob = (snapshot(tmp_path) / UNET).resolve()
    with blob.open("r+b") as opened:
        opened.seek(-1, os.SEEK_END)
        opened.write(b"?")
    hub.fetched.clear()
    done = run("turbo", "--repair")
    assert done.returncode == 0, done.stderr
    assert hub.fetched == ["model_index.json", UNET]
    assert (snapshot(tmp_path) / UNET).read_bytes() == (repo / UNET).read_bytes()
