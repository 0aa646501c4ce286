"""How fast the link is, from what waits on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import tmux
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.settings import Settings, read_setting
from sdxl_tui.tui.link import PROOF_SECONDS, UNPROVEN, Link
from sdxl_tui.tui.link_signs import (
    Client,
    LinkSigns,
    Look,
    ports_of,
    ports_of_process,
    rate_between,
    send_queues,
    tmux_clients,
)
from sdxl_tui.tui.previews import interval, size

OpenLab = Callable[..., Any]
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0016 0100007F:D431 01 00012345:00000000 01:00000014 00000000     0        0 1 1 0 20 4 30 10 -1
   1: 0100007F:0016 0100007F:D432 01 00000000:00000000 01:00000014 00000000     0        0 1 1 0 20 4 30 10 -1
"""


def look(at: float, carried: int, queue: int | None = None, discarded: int = 0, pid: int = 1) -> Look:
    """How things stand with one client."""
    return Look(at, {pid: Client(pid, carried, discarded, None)}, {} if queue is None else {pid: queue})


def test_a_send_queue_that_stays_tells_the_rate() -> None:
    began = look(0, 0, 0)
    assert rate_between(look(1, 100_000, 90_000), look(2, 100_000, 70_000), began) == (20_000, 70_000)
    assert rate_between(look(1, 100_000, 90_000), look(2, 100_000, 0), began) is None
    assert rate_between(look(1, 100_000, 0), look(2, 200_000, 2_000), began) is None
    assert rate_between(look(1, 100_000), look(2, 200_000), began) is None


def test_what_tmux_throws_away_tells_the_rate_too() -> None:
    rate, _ = rate_between(look(0, 0), look(1, 36_384, discarded=50_000), look(0, 0))
    assert rate == 20_000


def test_the_slowest_client_counts() -> None:
    def both(at: float, slow: int, quick: int) -> Look:
        clients = {1: Client(1, 200_000, 0, None), 2: Client(2, 200_000, 0, None)}
        return Look(at, clients, {1: slow, 2: quick})

    assert rate_between(both(1, 90_000, 90_000), both(2, 80_000, 20_000), both(0, 0, 0)) == (10_000, 80_000)


def test_queues_and_connections_are_read_from_proc(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TCP)
    assert send_queues(tmp_path) == {(54321, 22): 0x12345, (54322, 22): 0}
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "environ").write_bytes(b"A=b\0SSH_CONNECTION=127.0.0.1 54321 127.0.0.1 22\0C=d")
    assert ports_of_process(7, tmp_path) == (54321, 22)
    assert ports_of_process(8, tmp_path) is None
    assert ports_of("") is None
    assert send_queues(tmp_path / "nowhere") == {}


def test_the_beginning_of_a_picture_waits_for_a_look() -> None:
    now = [100.0]
    link = Link(clock=lambda: now[0])
    link.may_show = True
    sent = 0
    while link.room_for_pictures():
        link.send(4_096, pictures=True)
        sent += 4_096
    assert UNPROVEN <= sent <= UNPROVEN + 4_096
    link.prove()
    assert link.room_for_pictures() > 0
    now[0] += 10
    link.send(20_000, pictures=True)
    assert not link.room_for_pictures()
    assert link.room_for_words() > 0
    now[0] += PROOF_SECONDS + 0.1
    assert link.room_for_pictures() > 0


def test_previews_shrink_before_they_become_fewer() -> None:
    settings = Settings()
    assert size(settings, 1_000_000) == 30_000
    assert interval(settings, 1_000_000) == 2
    assert size(settings, 20_000) == 20_000
    assert interval(settings, 20_000) == 2
    assert size(settings, 2_000) == 4_000
    assert interval(settings, 2_000) == 4


@pytest.mark.parametrize("value", ["fast", "1.5", "-1", "1999", ""])
def test_a_bad_rate_is_told(value: str) -> None:
    with pytest.raises(UserError, match='"auto" or a whole number from 2000'):
        read_setting("link_bytes", value, "")


def test_auto_and_numbers_are_read() -> None:
    assert read_setting("link_bytes", "Auto", "") == "auto"
    assert read_setting("link_bytes", "20_000", "") == 20_000


async def test_a_thin_link_is_said_once_and_taken_back(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        assert not any("link" in note for note in lab.notes)
        lab.app.link.learn(20_000, 1)
        assert "▲ The link takes 18 kB/s: previews are small until it is quiet." in lab.notes
        lab.app.link.learn(21_000, 1)
        assert sum("kB/s" in note for note in lab.notes) == 1
        lab.app.link.forget()
        assert not any("kB/s" in note for note in lab.notes)


async def test_a_small_setting_does_the_same_and_says_nothing(open_lab: OpenLab) -> None:
    async with open_lab(settings={"link_bytes": 18_000}) as lab:
        assert not any("kB/s" in note for note in lab.notes)
        assert lab.engine.previews_every == 2


def test_a_look_that_ends_after_the_lab_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    loop = asyncio.new_event_loop()
    loop.close()
    signs = LinkSigns(Link(), loop.call_soon_threadsafe)
    client = Client(1, 1_000, 0, None)
    look = Look(0.0, {1: client}, {})
    signs._compare(look, look, look)


def test_a_tmux_that_refuses_says_nothing_of_its_clients() -> None:
    assert tmux_clients(tmux.Pane("/srv/no such socket", "%0")) is None
