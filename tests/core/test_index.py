"""The index over jobs.log says what the log says, whatever happens to either."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import index_follow, index_tables, joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.index import Index, Outline, Totals
from sdxl_tui.core.query import parse_query, search_words
from sdxl_tui.core.store import Marks
from tests.core.records import NASTY_PROMPTS, job_record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lab.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def log(folder: Path, *records: dict[str, Any]) -> None:
    for record in records:
        joblog.append(folder, record)


def numbers(index: Index, typed: str = "", **options: Any) -> list[Any]:
    """What is found, newest first, by the records' ``number``."""
    return [found.record.get("number") for found in index.search(parse_query(typed), **options)]


JOBS = (
    {
        "number": 0,
        "prompt": "a red fox",
        "styled_prompt": "a red fox, cinematic still",
        "outputs": ["fox_seed7_01.png"],
        "seed": 7,
        "seeds": [7],
    },
    {
        "number": 1,
        "prompt": "a blue harbour",
        "styled_prompt": "a blue harbour",
        "model": "stabilityai/sdxl-turbo",
        "model_name": "SDXL Turbo",
        "style": "Noir",
        "outputs": ["h_01.png", "h_02.png"],
        "seed": 8,
        "seeds": [8, 9],
        "steps": 4,
    },
    {
        "number": 2,
        "prompt": "snow",
        "styled_prompt": "snow",
        "status": "failed",
        "error": "Out of memory at step 3.",
        "seed": 9,
        "seeds": [9],
        "mode": "img2img",
        "width": 512,
        "height": 512,
    },
    {
        "number": 3,
        "prompt": "old woman (smiling:1.2)",
        "styled_prompt": "old woman (smiling:1.2)",
        "timestamp": "2026-10-01T10:00:00+02:00",
        "scheduler": "Euler a",
        "style": "Etching + 35mm Woodcut",
        "outputs": ["w.png"],
    },
)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [3, 2, 1, 0]),
        ("fox", [0]),
        ("FO", [0]),
        ("red fox", [0]),
        ('"red fox"', [0]),
        ('"fox red"', []),
        ('"fo"', []),
        ("cinem", [0]),
        ("dog", [3, 2, 1, 0]),
        ("-fox", [3, 2, 1]),
        ("blue -fox", [1]),
        ("fox_seed7_01.png", [0]),
        ("memory", [2]),
        ("model:turbo", [1]),
        ("model:TURBO -model:real", [1]),
        ("-model:turbo", [3, 2, 0]),
        ("style:noir", [1]),
        ("style:woodcut", [3]),
        ('style:"woodcut + etching"', [3]),
        ("style:etching+woodcut", [3]),
        ("style:etching+noir", []),
        ("-style:etching+woodcut -style:noir", [2, 0]),
        ("scheduler:euler", [3]),
        ("status:failed", [2]),
        ("-status:failed", [3, 1, 0]),
        ("mode:img2img", [2]),
        ("size:512x512", [2]),
        ("-size:512x512", [3, 1, 0]),
        ("steps:<10", [1]),
        ("-steps:4", [3, 2, 0]),
        ("seed:9", [2, 1]),
        ("-seed:7", [3, 2, 1]),
        ("since:2026-11-01", [2, 1, 0]),
        ("day:2026-10", [3]),
        ("day:2026-10-01", [3]),
        ("kept:yes", [1]),
        ("kept:no", [3, 2, 1, 0]),
        ("kept:yes seed:8", []),
        ("[smiling]", [3]),
        ("nothing", []),
    ],
)
@pytest.mark.parametrize("fts5", [True, False])
def test_what_a_query_finds(
    typed: str, found: list[int], fts5: bool, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fts5:
        monkeypatch.setattr(index_tables, "has_fts5", lambda connection: False)
    log(folder, *(job_record(**{"style": "None", **job}) for job in JOBS))
    marks = Marks(file)
    marks.keep(folder / "h_02.png", True)
    index = Index(folder, marks, file)
    assert index.follow()
    assert numbers(index, typed) == found
    assert index.totals(parse_query(typed)).jobs == len(found)
    assert sum(count for _, count in index.days(parse_query(typed))) == len(found)
    assert index.problem == ""


def test_it_says_which_pictures_of_a_job_are_meant(folder: Path, file: Path) -> None:
    log(folder, *(job_record(**{"style": "None", **job}) for job in JOBS))
    Marks(file).keep(folder / "h_02.png", True)
    index = Index(folder, file=file)
    index.follow()
    for typed, pictures in (("blue", (0, 1)), ("kept:yes", (1,)), ("-kept:yes blue", (0,)), ("seed:9 blue", (1,))):
        (found,) = index.search(parse_query(typed))
        assert found.pictures == pictures, typed
        assert index.totals(parse_query(typed)) == Totals(1, len(pictures))
    assert index.search(parse_query("seed:9"))[0].pictures == ()
    assert index.totals() == Totals(4, 4)


def test_an_outline_is_all_that_is_found(folder: Path, file: Path) -> None:
    log(folder, *(job_record(**{"style": "None", **job}) for job in JOBS))
    Marks(file).keep(folder / "h_02.png", True)
    index = Index(folder, file=file)
    index.follow()
    for typed in ("", "fox", "kept:yes", "-kept:yes blue", "seed:9 blue", "-seed:7", "nothing", "day:2026-10"):
        query = parse_query(typed)
        found = index.search(query)
        outline = index.outline(query)
        assert outline == Outline.of(found), typed
        assert [place for _, place in outline.days] == sorted({place for _, place in outline.days})
        assert index.jobs(outline.ids, query) == found
    assert index.outline(is_over=lambda: True) is None
    assert index.jobs([1, 2, 3]) == []


def test_pages_follow_each_other(folder: Path, file: Path) -> None:
    log(folder, *(job_record(number=number, prompt="even" if number % 2 == 0 else "odd") for number in range(50)))
    index = Index(folder, file=file)
    index.follow()
    seen: list[int] = []
    page = index.search(parse_query("even"), count=7)
    while page:
        seen += [found.record["number"] for found in page]
        page = index.search(parse_query("even"), before=page[-1].id, count=7)
    assert seen == list(range(48, -1, -2))


def test_each_folder_has_its_own_jobs_however_it_is_named(folder: Path, tmp_path: Path, file: Path) -> None:
    log(folder, job_record(number=1))
    log(tmp_path / "other", job_record(number=2))
    (tmp_path / "link").symlink_to(folder)
    for place, wanted in ((folder, [1]), (tmp_path / "other", [2]), (tmp_path / "link", [1])):
        index = Index(place, file=file)
        index.follow()
        assert numbers(index) == numbers(index, "fox") == wanted
        assert index.totals(parse_query("-zebra")).jobs == 1


@pytest.mark.parametrize("name", NASTY_PROMPTS)
def test_any_prompt_is_found_by_its_own_text(name: str, folder: Path, file: Path) -> None:
    prompt = NASTY_PROMPTS[name]
    log(folder, job_record(number=1, prompt="other", styled_prompt="other"))
    log(folder, job_record(number=2, prompt=prompt, styled_prompt=prompt, model=prompt, error=prompt, outputs=[prompt]))
    index = Index(folder, file=file)
    index.follow()
    assert numbers(index, '"' + " ".join(search_words(prompt)[:200]) + '"')[:1] == [2]
    assert index.problem == ""


ODD_LINES = (
    b"",
    b"not json",
    b"[1, 2]",
    b"null",
    b'{"prompt": "cut',
    b"\0\0\0",
    b'{"steps": ' + b"9" * 5000 + b"}",
    b'{"number": "odd", "steps": 1e999, "seed": -1e400, "width": NaN, "seeds": [null, "x"], "outputs": {"a": 1}}',
    b'{"number": "odd", "steps": "40", "seed": true, "outputs": [1, "", "a\\u0000b", "x.png"], "style": ["x"]}',
    b'{"number": "odd", "prompt": 7, "model": null, "timestamp": 1700000000, "frame_prompts": ["deep", 1]}',
    b'{"number": "odd", "prompt": "\xff\xfe"}',
    b'{"number": "odd", "seed": 1e300, "seeds": 5, "height": 18446744073709551616, "mode": {}, "status": []}',
    b'{"number": "odd", "prompt": "old fox", "job_id": 5}',
    b'{"number": "odd"}',
)


def test_odd_lines_do_no_harm(folder: Path, file: Path) -> None:
    (folder / joblog.NAME).write_bytes(b"\n".join(ODD_LINES) + b"\n")
    index = Index(folder, file=file)
    index.follow()
    wanted = [record for line in ODD_LINES if (record := joblog.as_record(line)) is not None]
    assert repr([found.record for found in index.search()]) == repr(wanted[::-1])
    assert len(index.search(parse_query("fox"))) == 1
    assert len(index.search(parse_query("steps:40"))) == 1
    assert len(index.search(parse_query("deep"))) == 1
    assert index.problem == ""


def logged(folder: Path) -> list[dict[str, Any]]:
    return list(joblog.read(folder))[::-1]


def check(index: Index, folder: Path, rand: random.Random) -> None:
    """The index holds what the log holds, by the simplest reading of a query there is."""
    records = logged(folder)
    assert [found.record for found in index.search(count=10_000)] == records
    word = rand.choice(("fox", "snow", "harb", "never"))

    def holds(record: dict[str, Any]) -> bool:
        return any(
            found.startswith(word) for found in search_words(f"{record['prompt']} {' '.join(record['outputs'])}")
        )

    assert [found.record for found in index.search(parse_query(word), count=10_000)] == list(filter(holds, records))
    failed = [record for record in records if record["status"] == "failed" and not holds(record)]
    assert [found.record for found in index.search(parse_query(f"-{word} status:failed"), count=10_000)] == failed
    assert index.totals(parse_query(word)).jobs == sum(map(holds, records))
    assert index.totals().pictures == sum(len(record["outputs"]) for record in records)


@pytest.mark.parametrize("seed", range(8))
def test_the_index_is_the_log_whatever_happens_to_it(
    seed: int, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rand = random.Random(seed)
    monkeypatch.setattr(index_follow, "BLOCK", rand.choice((1, 300, 2000, 10**6)))
    path = folder / joblog.NAME
    indexes = [Index(folder, file=file), Index(folder, file=file)]
    number = 0

    def line() -> bytes:
        nonlocal number
        number += 1
        words = rand.choices(("fox", "snow", "harbour", "é", "🦊"), k=rand.randint(0, 4))
        record = {
            "number": number,
            "prompt": " ".join(words),
            "status": rand.choice(("done", "failed")),
            "outputs": [f"{number}-snow_{n}.png" for n in range(rand.randint(0, 2))],
            "timestamp": f"2026-11-{rand.randint(1, 28):02}",
        }
        return joblog.as_line(record).encode() + b"\n"

    for _ in range(40):
        match rand.randrange(9):
            case 0 | 1 | 2:
                with path.open("ab") as lines:
                    lines.write(b"".join(line() for _ in range(rand.randint(1, 12))))
            case 3:
                joblog.append(folder, json.loads(line()))
            case 4:
                with path.open("ab") as lines:
                    lines.write(rand.choice((b"broken\n", b"\n", b"{}x\n", b'{"cut": ')))
            case 5 if path.exists():
                os.truncate(path, rand.randint(0, path.stat().st_size))
            case 6:
                path.write_bytes(b"".join(line() for _ in range(rand.randint(0, 9))))
            case 7 if rand.random() < 0.3:
                path.unlink(missing_ok=True)
            case 8 if file.exists():
                with closing(sqlite3.connect(file)) as connection:
                    connection.execute(
                        rand.choice(("DROP TABLE IF EXISTS index_job", "DROP TABLE IF EXISTS index_meta"))
                    )
        index = rand.choice(indexes)
        index.follow()
        # The cut line of an append under way counts once it is whole.
        check(index, folder, rand)
        assert index.problem == ""


def test_the_newest_jobs_of_an_unknown_log_come_first(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_follow, "BLOCK", 5000)
    log(folder, *(job_record(number=number) for number in range(60)))
    index = Index(folder, file=file)
    shares: list[float] = []
    seen: list[int] = []

    def tell(share: float) -> None:
        shares.append(share)
        seen.append(numbers(index)[0])

    assert index.follow(tell)
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert set(seen) == {59}
    assert numbers(index, "fox") == list(range(59, -1, -1))


def test_a_build_that_was_stopped_goes_on_where_it_was(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_follow, "BLOCK", 5000)
    log(folder, *(job_record(number=number) for number in range(40)))

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Index(folder, file=file).follow(stop)
    log(folder, job_record(number=40))
    index = Index(folder, file=file)
    assert 0 < len(numbers(index)) < 20
    index.follow()
    assert numbers(index) == list(range(40, -1, -1))


def test_following_again_changes_nothing(folder: Path, file: Path) -> None:
    log(folder, job_record())
    assert Index(folder, file=file).follow()
    assert not Index(folder, file=file).follow()
    assert not Index(folder / "none", file=file).follow()


@pytest.mark.parametrize("version", [0, index_tables.VERSION + 1])
def test_another_version_of_the_index(version: int, folder: Path, file: Path) -> None:
    log(folder, job_record(number=1))
    Marks(file).keep(folder / "a.png", True)
    Index(folder, file=file).follow()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE index_meta SET version = ?", (version,))
        connection.execute("DELETE FROM index_text")
        connection.commit()
    index = Index(folder, file=file)
    index.follow()
    assert numbers(index, "fox") == [1]
    assert Marks(file).kept_in(folder) == {"a.png"}
    with closing(sqlite3.connect(file)) as connection:
        (left,) = connection.execute("SELECT version FROM index_meta").fetchone()
    assert left == max(version, index_tables.VERSION)
    assert ("a newer lab made its index" in index.problem) == (version > index_tables.VERSION)


def test_a_damaged_index_is_made_anew_and_the_marks_stay(folder: Path, file: Path) -> None:
    log(folder, *(job_record(number=number) for number in range(300)))
    marks = Marks(file)
    marks.keep(folder / "a.png", True)
    Index(folder, file=file).follow()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'index_job'").fetchone()
        (page,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as raw:
        raw.seek((root - 1) * page)
        raw.write(b"\xff" * page)
    index = Index(folder, file=file)
    index.follow()
    assert numbers(index, "fox", count=1000) == list(range(299, -1, -1))
    assert index.problem == ""
    assert Marks(file).kept_in(folder) == {"a.png"}


def test_without_a_usable_file_it_searches_all_the_same(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    log(folder, *(job_record(**{"style": "None", **job}) for job in JOBS))
    marks = Marks(tmp_path / "blocked" / "lab.db")
    marks.keep(folder / "h_01.png", True)
    index = Index(folder, marks, tmp_path / "blocked" / "lab.db")
    index.follow()
    assert numbers(index, "kept:yes") == [1]
    assert numbers(index, "snow") == [2]
    log(folder, job_record(number=9, prompt="snow", styled_prompt="snow"))
    index.follow()
    assert numbers(index, "snow") == [9, 2]
    assert index.problem.endswith("searching takes longer.")


def test_without_write_ahead_logging_it_works_all_the_same(folder: Path, file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("CREATE TABLE other (x)")
    log(folder, job_record(number=1))
    index = Index(folder, file=file)
    index.follow()
    assert numbers(index, "fox") == [1]


def test_a_python_without_fts5_leaves_nothing_out(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(folder, job_record(number=1))
    Index(folder, file=file).follow()
    with monkeypatch.context() as without:
        without.setattr(index_tables, "has_fts5", lambda connection: False)
        log(folder, job_record(number=2))
        index = Index(folder, file=file)
        index.follow()
        assert numbers(index, "fox") == [2, 1]
    index = Index(folder, file=file)
    assert numbers(index, "fox") == [2, 1]
    log(folder, job_record(number=3))
    index.follow()
    assert numbers(index, "fox") == [3, 2, 1]


def test_threads_and_processes_follow_at_once(folder: Path, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sdxl_tui.core.index import Index\n"
        "index = Index(Path(sys.argv[1]), file=Path(sys.argv[2]))\n"
        "for n in range(20): index.follow()\n"
        "print(index.problem)"
    )
    log(folder, *(job_record(number=number) for number in range(400)))
    others = [
        subprocess.Popen([sys.executable, "-c", code, folder, file], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    index = Index(folder, file=file)

    def work() -> None:
        for number in range(15):
            joblog.append(folder, job_record(number=number))
            index.follow()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.communicate()[0].strip() for other in others] == ["", ""]
    index.follow()
    assert [found.record for found in index.search(count=1000)] == logged(folder)
    assert index.totals(parse_query("fox")).jobs == 430


def test_what_is_gone_is_noted_when_one_looks(folder: Path, file: Path) -> None:
    log(folder, job_record(outputs=["a.png", "b.png"]), job_record(outputs=[]))
    (folder / "a.png").touch()
    index = Index(folder, file=file)
    index.follow()
    assert [found.gone for found in index.search()] == [frozenset(), frozenset()]
    assert len(index.look(index.search())) == 1
    assert [found.gone for found in index.search()] == [frozenset(), {1}]
    assert index.look(index.search()) == index.look(index.search(parse_query("seed:123456"))) == set()
    (folder / "b.png").touch()
    index.look(index.search())
    assert [found.gone for found in index.search()] == [frozenset(), frozenset()]


def test_swatches_outlive_a_log_that_is_read_anew(folder: Path, file: Path) -> None:
    log(folder, job_record(outputs=["a.png"]))
    index = Index(folder, file=file)
    index.follow()
    assert index.swatches([folder / "a.png"]) == {}
    index.keep_swatches({folder / "a.png": b"\1\2\3", folder / "b.png": b"\4"})
    (folder / joblog.NAME).write_text("{}\n")
    index.follow()
    found = Index(folder, file=file).swatches([folder / "a.png", folder / "none.png"])
    assert found == {folder / "a.png": b"\1\2\3"}


def test_a_log_that_cannot_be_read_is_a_sentence(folder: Path, file: Path) -> None:
    (folder / joblog.NAME).mkdir()
    with pytest.raises(UserError, match=r"jobs\.log cannot be read: Is a directory\."):
        Index(folder, file=file).follow()
