"""Seconds to index, open and search a long jobs.log.

Run by hand: ``python -m tests.bench.index [JOBS]`` (100,000 unless said otherwise). The lines are as long and as varied
as real ones; each figure is the median of a few, on a new connection, as the gallery asks.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sdxl_tui.core import joblog
from sdxl_tui.core.index import Index
from sdxl_tui.core.query import parse_query
from sdxl_tui.core.store import Marks
from tests.core.records import job_record

SENTENCE = """
    red fox in deep snow at dawn portrait of an old woman window light film grain city street night rain neon harbour
    boats mist mountain lake reflection cup coffee table cinematic still shallow depth field detailed painting oil
"""
MODELS = ("SG161222/RealVisXL_V5.0", "stabilityai/sdxl-turbo", "cagliostrolab/animagine-xl-4.0", "demo")
QUERIES = (
    "",
    "fox",
    "f",
    "fo sno",
    '"deep snow"',
    "zebra",
    "unusual",
    "-fox",
    "model:real",
    "status:failed",
    "model:turbo style:cine status:failed fox",
    "kept:yes",
    "kept:no",
    "seed:77",
    "-seed:77 size:1024x768",
    "since:2026-11-01",
    "day:2026-03-03",
    "steps:>30 mode:img2img",
)
PROMISED_JOBS = 100_000
OPEN, FILTER = 0.5, 0.1
"""Seconds that are promised for so many jobs."""


def write_log(folder: Path, jobs: int) -> None:
    """Write a log of so many jobs over a year."""
    rand = random.Random(1)
    with (folder / joblog.NAME).open("w", encoding="utf-8") as log:
        for number in range(jobs):
            day = f"2026-{1 + number * 11 // jobs:02}-{1 + number % 28:02}"
            prompt = " ".join(rand.choices(SENTENCE.split(), k=rand.randint(6, 40)))
            count, model = rand.choice((1, 1, 2, 4)), rand.choice(MODELS)
            status = rand.choices(("done", "failed", "cancelled"), (20, 1, 1))[0]
            names = [
                f"{day.replace('-', '')}-{number % 240000:06}_{'-'.join(prompt.split()[:9])}_seed{number}_{n:02}.png"
                for n in range(1, count + 1)
            ]
            record = job_record(
                job_id=f"{day.replace('-', '')}-{number % 240000:06}-abcdef",
                timestamp=f"{day}T10:00:00+01:00",
                prompt=prompt + (" unusual" if number == jobs // 3 else ""),
                styled_prompt=f"{prompt}, cinematic still, emotional, vignette, highly detailed, high budget, bokeh",
                negative_prompt="blurry, text, watermark",
                styled_negative_prompt="blurry, text, watermark, anime, cartoon, graphic, painting, flat lighting",
                model=model,
                model_name=model.rpartition("/")[2],
                status=status,
                seed=number,
                seeds=[number + n for n in range(count)],
                batch_size=count,
                outputs=names if status == "done" else [],
                pixels_sha256=["0" * 64] * count,
                versions={"app": "0.1.0", "torch": "2.11.0", "diffusers": "0.42.1", "transformers": "5.17.0"},
            )
            log.write(joblog.as_line(record) + "\n")


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median time of something."""
    measured = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        measured.append(time.perf_counter() - began)
    return statistics.median(measured)


def row(what: str, took: float, promised: float | None = None) -> None:
    """Print one figure, beside its promise if there is one."""
    verdict = "" if promised is None else f"   of {promised:.1f} s{'' if took <= promised else '   TOO SLOW'}"
    print(f"{what:<48}{took:8.3f} s{verdict}")


def main(jobs: int) -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name), Path(name) / "state" / "lab.db"
        write_log(folder, jobs)
        size = (folder / joblog.NAME).stat().st_size
        promised = (OPEN, FILTER) if jobs <= PROMISED_JOBS else (None, None)
        print(f"{jobs:,} jobs, {size / 2**20:,.0f} MiB of log")
        firsts: list[float] = []
        began = time.perf_counter()
        index = Index(folder, file=file)
        index.follow(lambda share: firsts.append(time.perf_counter() - began) if not firsts else None)
        row("built from nothing", time.perf_counter() - began)
        row("  of that until the newest jobs can be seen", firsts[0])
        print(f"lab.db: {file.stat().st_size / 2**20:,.0f} MiB")
        marks = Marks(file)
        for found in index.search(parse_query("fox"), count=200):
            for number in found.pictures[:1]:
                marks.keep(folder / found.record["outputs"][number], True)

        def opened() -> None:
            again = Index(folder, file=file)
            again.follow()
            again.search()
            again.totals()
            again.days()

        row("opened: followed, first page, totals, days", seconds(opened), promised[0])
        with (folder / joblog.NAME).open("ab") as log:
            log.write((joblog.as_line(job_record(prompt="a zebra")) + "\n").encode())
        row("followed by one job", seconds(index.follow, 1))
        for typed in QUERIES:
            query = parse_query(typed)
            row(f"first page of  {typed or '(all)'}", seconds(lambda query=query: index.search(query)), promised[1])
            row(f"       totals  {typed or '(all)'}", seconds(lambda query=query: index.totals(query)), promised[1])
        oldest = index.search(count=1)[0].id - size
        row("a page of the oldest", seconds(lambda: index.search(before=oldest + size // 10)), promised[1])


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else PROMISED_JOBS)
