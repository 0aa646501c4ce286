"""What is sent for each act, through a pseudo-terminal: bytes do not depend on how busy the machine is."""

from __future__ import annotations

from pathlib import Path

from tests.bench.keys import GOALS, Bench
from tests.bench.pty_child import plain


def test_bytes_keep_to_their_goals(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "images=half")
    try:
        bench.make()
        bench.first_paint()
        bench.measure("a typed letter", b"x")
        bench.measure("a typed letter", b"y")
        before = len(bench.child.received)
        bench.child.type(b"\r")
        bench.child.read_until(lambda data: "1 waiting" in plain(data[before:]))
        bench.lab.order("start")
        bench.settle()
        bench.measure("a step", "step 3")
        bench.measure("a step", "step 4")
        bench.measure("a live preview", "preview 1")
        bench.measure("the final picture", "end")
        bench.measure("help, and back", b"\x1bOP", b"\x1b[27u")
        bench.measure("the same picture again", b"\x1b6", b"\x1b1")
        bench.settle()
        bench.note("at rest", bench.child.read_for(1))
        bench.idle_minute()
    finally:
        bench.child.end()
    sizes = {what: max(size for size, _, _ in values) for what, values in bench.rows.items()}
    for what in set(GOALS) & set(sizes):
        assert sizes[what] <= GOALS[what], (what, sizes)
    assert sizes["at rest"] == 0
    assert sizes["a step"] <= 250
    assert sizes["the final picture"] <= 100_000
    assert sizes["help, and back"] <= 12_000
