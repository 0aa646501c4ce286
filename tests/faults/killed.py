"""``python -m tests.faults.killed 200 [SEED]``: an engine is killed at random moments under load, and nothing is lost.

One parent imports torch; each round is a fork of it that runs an engine over the same folder and ``lab.db``, queues
jobs, and is killed. After every kill the parent looks at all that lies there; at last an engine runs all through.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from sdxl_tui.core import joblog, lab_db
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.pictures import read_record
from sdxl_tui.core.queue_store import RUNNING, QueueStore
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import Style
from sdxl_tui.engine import Engine, Event, JobDone, JobFailed, JobQueued

LATEST = 4.0
"""Seconds after its start at which an engine is killed at the latest: it loads its model in the first one."""
FEW, MANY = 3, 8
"""How many jobs are kept waiting."""
PATIENCE = 120.0
"""Seconds in which one of the jobs that are left at the end has to end."""


@dataclass
class Place:
    """Where all of it lies."""

    home: Path

    @property
    def pictures(self) -> Path:
        return self.home / "pictures"

    @property
    def database(self) -> Path:
        return self.home / lab_db.NAME

    @property
    def accepted(self) -> Path:
        """A line for each job that ``submit`` had returned."""
        return self.home / "accepted"

    def accept(self, job_ids: list[str]) -> None:
        """Note jobs, on disk when this returns."""
        descriptor = os.open(self.accepted, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(descriptor, "".join(f"{job_id}\n" for job_id in job_ids).encode())
        os.fsync(descriptor)
        os.close(descriptor)

    def accepted_ids(self) -> list[str]:
        """The jobs that must not be lost; a line that the kill cut is none."""
        text = self.accepted.read_text() if self.accepted.exists() else ""
        return [line[:-1] for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def queued(self) -> dict[str, str]:
        """The jobs that ``lab.db`` holds, with their states; raises when it is not sound."""
        if not self.database.exists():
            return {}
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            verdict = connection.execute("PRAGMA quick_check").fetchall()
            assert verdict == [("ok",)], f"lab.db is damaged: {verdict}"
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'queue'").fetchall():
                return {}
            return dict(connection.execute("SELECT job_id, state FROM queue").fetchall())


def a_request(rand: random.Random) -> GenerationRequest:
    """A tiny job of any kind that needs no file."""
    kinds: list[dict[str, Any]] = [{}, {"batch_size": 3}, {"mode": ANIMATE_STEPS, "frames": 3}]
    return GenerationRequest(
        model=CATALOGUE[DEMO],
        prompt=rand.choice(["a red apple", "a blue bowl on a table", "a fox, [red]x[/red]"]),
        negative_prompt="",
        style=Style("none", "None / Raw"),
        scheduler="euler",
        steps=rand.randint(2, 4),
        guidance_scale=4.0,
        width=64,
        height=64,
        seed=rand.randrange(2**32),
        **rand.choice(kinds),
    )


class Driver:
    """What runs in a fork: an engine under load."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.changed = threading.Condition()
        self.open: set[str] = set()
        """Jobs that were reported, and have not ended."""
        self.failed: list[str] = []
        self.engine = Engine(
            Settings(output_dir=place.pictures, device="cpu"),
            self.take,
            QueueStore(place.pictures, place.database),
        )

    def take(self, event: Event) -> None:
        """On the engine's threads."""
        with self.changed:
            match event:
                case JobQueued():
                    self.open.add(event.job_id)
                case JobDone():
                    self.open.discard(event.job_id)
                case JobFailed():
                    self.open.discard(event.job_id)
                    self.failed.append(event.reason)
            self.changed.notify_all()

    def start(self) -> None:
        """Begin, and let what waits from before run."""
        self.engine.start()
        while self.engine.status.starting:
            time.sleep(0.005)
        self.engine.resume()

    def load(self, rand: random.Random) -> None:
        """Queue jobs, move them and pause, for ever."""
        self.engine.start()
        # Now and then jobs are queued before those of earlier rounds were read.
        while rand.random() < 0.99 and not self.engine._is_restored:
            time.sleep(0.001)
        while True:
            with self.changed:
                self.changed.wait_for(lambda: len(self.open) < MANY, 0.05)
                room = MANY - len(self.open)
            waiting = self.engine.status.waiting
            match rand.choice(["one", "one", "several", "before", "move", "replace", "pause", "resume", "resume"]):
                case "one" if room > 0:
                    self.place.accept([self.engine.submit(a_request(rand)).id])
                case "several" if room > 0:
                    jobs = self.engine.submit_all([a_request(rand) for _ in range(rand.randint(1, FEW))])
                    self.place.accept([job.id for job in jobs])
                case "before" if waiting and room > 0:
                    job = self.engine.submit(a_request(rand), before=rand.choice(waiting).id)
                    self.place.accept([job.id])
                case "move" if waiting:
                    self.engine.move(rand.choice(waiting).id, rand.randint(-3, 3))
                case "replace" if waiting:
                    self.engine.replace(rand.choice(waiting).id, a_request(rand))
                case "pause":
                    self.engine.pause()
                case "resume":
                    self.engine.resume()

    def finish(self) -> None:
        """Run all through that is left."""
        self.start()
        with self.changed:
            while left := len(self.open):
                assert self.changed.wait_for(lambda left=left: len(self.open) < left, PATIENCE), f"{left} are stuck"
        assert self.engine.close(30)
        assert not self.failed, self.failed


@dataclass
class Check:
    """What the parent has seen."""

    place: Place
    verified: dict[str, str] = field(default_factory=dict)
    """Pictures that were decoded, with the hash of their pixels."""
    cut_lines: set[bytes] = field(default_factory=set)
    """Last lines of the log that a kill cut: the next append closed them."""
    unlogged: set[str] = field(default_factory=set)
    """Pictures that were there before their job's line, at some kill."""
    interrupted: int = 0
    """Kills while a job ran."""
    under_load: int = 0
    """Jobs that were done before the last kill."""

    def look(self) -> None:
        """Raise AssertionError when anything is torn, lost or doubled."""
        waiting = self.place.queued()
        records = self.records()
        self.interrupted += RUNNING in waiting.values()
        counts = Counter(str(record["job_id"]) for record in records)
        doubled = [job_id for job_id, count in counts.items() if count > 1]
        assert not doubled, f"logged twice: {doubled}"
        lost = [job_id for job_id in self.place.accepted_ids() if job_id not in counts and job_id not in waiting]
        assert not lost, f"neither logged nor queued: {lost}"
        self.look_at_pictures(records)

    def records(self) -> list[dict[str, Any]]:
        """The lines of the log; only a last one may be cut."""
        file = self.place.pictures / joblog.NAME
        lines = file.read_bytes().split(b"\n") if file.exists() else []
        if lines and lines.pop():
            self.cut_lines.add(file.read_bytes().split(b"\n")[-1])
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                assert line in self.cut_lines, f"a torn line: {line[:200]!r}"
        return found

    def look_at_pictures(self, records: list[dict[str, Any]]) -> None:
        """Every picture under its name is whole, and the one that the log means."""
        logged: dict[str, str] = {}
        for record in records:
            logged.update(zip(record["outputs"], record["pixels_sha256"], strict=True))
        there = {path.name: path for path in self.place.pictures.glob("[!.]*.png")}
        missing = logged.keys() - there.keys()
        assert not missing, f"in the log and not there: {missing}"
        for name, path in there.items():
            known = self.verified.get(name)
            if known is None or (name in logged and logged[name] != known):
                with Image.open(path) as picture:
                    self.verified[name] = hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()
                assert read_record(path)["job_id"], f"{name} does not say its job"
            if name in logged:
                assert self.verified[name] == logged[name], f"{name} is not the picture of its log line"
        self.unlogged |= there.keys() - logged.keys()


def forked(work: Any) -> int:
    """Run ``work`` in a fork of this process, and return its id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:
        print(f"the fork failed: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def kill_often(rounds: int, seed: int, home: Path) -> Check:
    """Kill so many engines; raise AssertionError when that did any harm."""
    import diffusers  # noqa: F401
    import torch
    from transformers import CLIPTextModel  # noqa: F401

    from sdxl_tui.engine.imports import import_libraries

    import_libraries()
    torch.set_num_threads(1)
    place = Place(home)
    check = Check(place)
    rand = random.Random(seed)
    for number in range(rounds):
        load_seed, moment = rand.randrange(2**32), rand.uniform(0, LATEST)
        child = forked(lambda load_seed=load_seed: Driver(place).load(random.Random(load_seed)))
        time.sleep(moment)
        assert os.waitpid(child, os.WNOHANG) == (0, 0), f"round {number}: the engine ended by itself"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            check.look()
        except AssertionError as error:
            raise AssertionError(f"round {number}, killed after {moment:.3f} s: {error}") from error
    check.under_load = len(check.records())
    _, status = os.waitpid(forked(lambda: Driver(place).finish()), 0)
    assert status == 0, "what was left could not be run"
    check.look()
    assert place.queued() == {}
    statuses = {str(record["job_id"]): record["status"] for record in check.records()}
    not_done = {job_id: statuses.get(job_id) for job_id in place.accepted_ids() if statuses.get(job_id) != "done"}
    assert not not_done, f"not done: {not_done}"
    return check


def main(rounds: int, seed: int) -> None:
    """Kill, and print what came of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sdxl-tui-killed-") as home:
        os.environ["SDXL_TUI_HOME"] = home
        print(f"{rounds} kills, seed {seed}", flush=True)
        check = kill_often(rounds, seed, Path(home))
        records, accepted = check.records(), check.place.accepted_ids()
        print(
            f"{len(accepted)} jobs accepted, all done once; {len(records)} lines in the log, {check.under_load} of them"
            f" before the last kill; {check.interrupted} kills while a job ran; {len(check.verified)} pictures whole; "
            f"{len(check.unlogged)} stood there before their line at a kill; {len(check.cut_lines)} last lines cut and "
            f"closed; lab.db sound each time; {time.monotonic() - began:.0f} s"
        )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 200,
        int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32),
    )
