"""Where a slow link shows: in what waits in the kernel for the SSH connection, and in what tmux throws away.

A pseudo-terminal inside tmux never blocks, and one that sshd reads hardly ever. So, while pictures are being sent, this
looks at the send queue of each attached client's connection in ``/proc/net/tcp`` (which opens no socket), and at what
tmux counts for each client. Where neither can be seen, as in a container, the link counts as a quick one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import tmux

if TYPE_CHECKING:
    from sdxl_tui.tui.link import Link

PERIOD = 0.25
"""Seconds between two looks while pictures are being sent."""
LONG_PERIOD = 1.0
"""The same where no queue is to be seen, only what tmux counts."""
FIRST_PERIOD = 0.05
"""The same while it is not known yet whether the link is a quick one."""
AFTER = 2.0
"""Seconds after a picture in which something of it may still wait."""
BACKLOG = 4_096
"""Bytes that wait from which the link is what they wait for."""
KERNEL = 16_384
"""Bytes that a pseudo-terminal takes although nobody reads it."""
PROC = Path("/proc")

Ports = tuple[int, int]
"""Of an SSH connection: the client's and ours."""


@dataclass(frozen=True)
class Client:
    """A terminal that shows the lab, as tmux or the environment tells of it."""

    pid: int
    carried: int
    """Bytes that were written to it and not thrown away."""
    discarded: int
    ports: Ports | None


@dataclass(frozen=True)
class Look:
    """How things stand at one time."""

    at: float
    clients: dict[int, Client]
    queues: dict[int, int]
    """Bytes in the send queue of each client's connection, where that can be seen."""


def rate_between(before: Look, now: Look, began: Look) -> tuple[float, int] | None:
    """Return the bytes a second that the slowest client took between two looks, and what still waits for it.

    ``began``: how things stood when the pictures began. None: nothing waits for any of them.
    """
    found: list[tuple[float, int]] = []
    seconds = now.at - before.at
    for pid, client in now.clients.items():
        earlier, first = before.clients.get(pid), began.clients.get(pid)
        if earlier is None or first is None or seconds <= 0:
            continue
        queue, queue_before = now.queues.get(pid, 0), before.queues.get(pid, 0)
        if queue >= BACKLOG and queue_before >= BACKLOG:
            found.append(((client.carried - earlier.carried - queue + queue_before) / seconds, queue))
        elif client.discarded > earlier.discarded and now.at > began.at:
            found.append(((client.carried - first.carried - KERNEL) / (now.at - began.at), 0))
    return min(found, default=None)


def ports_of(connection: str) -> Ports | None:
    """The ports that SSH_CONNECTION names."""
    words = connection.split()
    return (int(words[1]), int(words[3])) if len(words) == 4 and words[1].isdigit() and words[3].isdigit() else None


def send_queues(proc: Path = PROC) -> dict[Ports, int]:
    """Bytes that wait in the kernel for each TCP connection: (their port, our port)."""
    found: dict[Ports, int] = {}
    for name in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, here, there, _, queues, *_ = row.split()
            ports = int(there.rpartition(":")[2], 16), int(here.rpartition(":")[2], 16)
            found[ports] = int(queues.partition(":")[0], 16)
    return found


def ports_of_process(pid: int, proc: Path = PROC) -> Ports | None:
    """The ports of the SSH connection in which a process was started."""
    try:
        words = (proc / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = b"SSH_CONNECTION="
    found = next((word[len(prefix) :] for word in words if word.startswith(prefix)), b"")
    return ports_of(found.decode(errors="replace"))


def tmux_clients(pane: tmux.Pane) -> dict[int, Client] | None:
    """The clients that are attached to the session of a pane; None: tmux does not say."""
    counted = "#{client_pid} #{client_written} #{client_discarded}"
    answer = tmux.ask(pane.socket, "list-clients", "-t", pane.id, "-F", counted)
    if answer is None:
        return None
    clients = {}
    for line in answer.splitlines():
        figures = [int(word) for word in line.split() if word.isdigit()]
        if len(figures) == 3:
            pid, written, discarded = figures
            clients[pid] = Client(pid, written - discarded, discarded, ports_of_process(pid))
    return clients


class LinkSigns:
    """Looks on a thread of its own, while pictures are being sent and shortly after; at rest it costs nothing."""

    def __init__(self, link: Link, on_loop: Callable[..., Any]) -> None:
        """``on_loop`` calls a function with its values on the event loop."""
        self._link, self._on_loop = link, on_loop
        here = tmux.pane_here(os.environ)
        self._pane = here if here is not None and here.id else None
        self._ports = ports_of(os.environ.get("SSH_CONNECTION", ""))
        self._busy = threading.Event()
        self._known: frozenset[int] | None = None
        """The clients that were attached at the last look."""
        if self._pane or self._ports:
            link.may_show = True
            link.on_pictures = self._busy.set
            threading.Thread(target=self._run, name="link", daemon=True).start()

    def _run(self) -> None:
        while self._busy.wait():
            self._busy.clear()
            self._watch_pictures()

    def _watch_pictures(self) -> None:
        began = before = self._look()
        end = threading.Event()
        while began is not None and before is not None:
            sees_queues = bool(before.queues)
            end.wait(FIRST_PERIOD if self._link.is_unproven else PERIOD if sees_queues else LONG_PERIOD)
            now = self._look()
            if now is None:
                return
            self._compare(before, now, began)
            if monotonic() - self._link.pictures_at > AFTER:
                return
            before = now

    def _compare(self, before: Look, now: Look, began: Look) -> None:
        pids = frozenset(now.clients)
        if self._known is not None and pids - self._known:
            self._tell(self._link.forget)
        self._known = pids
        if (found := rate_between(before, now, began)) is not None and found[0] > 0:
            self._tell(self._link.learn, int(found[0] * 1000), 1000.0, found[1])
        elif all(queue < BACKLOG for queue in now.queues.values()):
            self._tell(self._link.prove)

    def _tell(self, call: Callable[..., object], *values: object) -> None:
        with suppress(RuntimeError):  # the loop has ended while this looked
            self._on_loop(call, *values)

    def _look(self) -> Look | None:
        sent = self._link.sent
        clients = tmux_clients(self._pane) if self._pane else {0: Client(0, sent, 0, self._ports)}
        if clients is None:
            return None
        queues = send_queues() if any(client.ports for client in clients.values()) else {}
        seen = {pid: queues[client.ports] for pid, client in clients.items() if client.ports in queues}
        return Look(monotonic(), clients, seen)
