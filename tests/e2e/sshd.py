"""A real sshd on the loopback, run by the test as its user: own keys, own configuration, own port."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

SEPARATION = Path("/run/sshd")
"""A folder that sshd wants where it runs as root; where the service never ran it is not there."""

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PrintMotd no
PrintLastLog no
"""

CLIENT = (
    "ssh -tt -F none -p {port} -i {folder}/key -o BatchMode=yes -o StrictHostKeyChecking=no"
    " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR {user}@127.0.0.1"
)

KEPT = ("PATH", "PYTHONPATH", "SDXL_TUI_HOME", "HF_HUB_CACHE", "OMP_NUM_THREADS", "LANG")
"""What a session takes over from the test; what the terminal brings comes by ssh."""


class Sshd:
    """Listens until it is closed. Skips the test, with the reason, where there can be none."""

    def __init__(self, folder: Path, work: Path) -> None:
        """``folder``: for keys and logs; ``work``: where sessions begin."""
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        for name, found in (
            ("sshd", program),
            ("ssh", shutil.which("ssh")),
            ("ssh-keygen", shutil.which("ssh-keygen")),
        ):
            if not found:
                pytest.skip(f"needs {name} (Debian: openssh-server, openssh-client)")
        if os.geteuid() == 0 and not SEPARATION.is_dir():
            try:
                SEPARATION.mkdir()
            except OSError as error:
                pytest.skip(f"sshd needs {SEPARATION}: {error}")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._work = folder, work
        for name in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        (folder / "config").write_text(CONFIG.format(port=self._port, folder=folder))
        self._log = (folder / "log").open("w")
        command = [str(program), "-D", "-e", "-f", str(folder / "config")]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self._wait()

    def client(self, command: str) -> str:
        """What a user types to run a command over there, in the folder of the work."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ} | {"COLORTERM": "truecolor"}
        exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items())
        there = f"cd {shlex.quote(str(self._work))} && export {exports} && {command}"
        way = CLIENT.format(port=self._port, folder=self._folder, user=getpass.getuser())
        return f"{way} {shlex.quote(there)}"

    def drop(self) -> None:
        """Kill what serves the links that are open, as a network that goes away does."""
        for pid in _children(self._process.pid):
            for child in (pid, *_children(pid)):
                if "sshd" in _name(child):
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)

    def close(self) -> None:
        """Listen no more, and end all links."""
        self.drop()
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def _wait(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                if self._can_log_in():
                    return
            time.sleep(0.1)
        said = (self._folder / "log").read_text().strip().splitlines()
        self.close()
        pytest.skip(f"sshd lets nobody in here: {said[-1] if said else 'it says nothing'}")

    def _can_log_in(self) -> bool:
        tried = subprocess.run(["sh", "-c", self.client("true")], capture_output=True, stdin=subprocess.DEVNULL)
        return tried.returncode == 0


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
