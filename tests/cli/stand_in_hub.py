"""A hub on loopback: the few answers that a download needs, and the ways in which they fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repos as folders, and what is to go wrong."""

    folders: dict[str, Path] = field(default_factory=dict)
    """By repo id."""
    licence: str = "openrail++"
    gated: set[str] = field(default_factory=set)
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the next answers with more than that are cut, one after the other."""
    corrupt: int = 0
    """How many answers with weights hold a wrong byte."""
    down: bool = False
    """From now on every connection is cut before an answer."""
    down_after_cuts: bool = False
    """And so it is once the last of ``cuts`` was made."""
    holds: int = 0
    """Bytes after which an answer with more than that stands still."""
    released: threading.Event = field(default_factory=threading.Event)
    """Ends all standing still."""
    ranges: list[str] = field(default_factory=list)
    """The ranges that were asked for."""
    tokens: set[str] = field(default_factory=set)
    """How those who asked said who they are."""
    fetched: list[str] = field(default_factory=list)
    """The files that were asked for."""
    url: str = ""

    def large(self, file: Path) -> bool:
        """Whether the repo keeps it with Git LFS."""
        return file.suffix in (".safetensors", ".bin", ".onnx", ".msgpack", ".ckpt")


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """A look at a file."""
        self.do_GET()

    def do_GET(self) -> None:
        """A list or a file."""
        if self.hub.down:
            self.close_connection = True
            return
        self.hub.tokens.add(self.headers.get("Authorization", ""))
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/api/models/(.+?)(?:/revision/[^/]+)?", path):
            self._list(found[1])
        elif found := re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path):
            self._file(found[1], found[3])
        else:
            self._refuse(404, "EntryNotFound")

    def _refuse(self, status: int, code: str) -> None:
        body = b'{"error": "no"}'
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _list(self, repo: str) -> None:
        folder = self.hub.folders.get(repo)
        if folder is None:
            self._refuse(401, "RepoNotFound")
            return
        siblings = [self._sibling(folder, file) for file in sorted(folder.rglob("*")) if file.is_file()]
        answer = {"id": repo, "sha": REVISION, "siblings": siblings, "cardData": {"license": self.hub.licence}}
        body = json.dumps(answer | {"private": False, "tags": [], "downloads": 0, "likes": 0}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _sibling(self, folder: Path, file: Path) -> dict[str, Any]:
        content = file.read_bytes()
        told: dict[str, Any] = {"rfilename": file.relative_to(folder).as_posix(), "size": len(content)}
        told["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        if self.hub.large(file):
            told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return told

    def _file(self, repo: str, name: str) -> None:
        if repo in self.hub.gated:
            self._refuse(403, "GatedRepo")
            return
        file = self.hub.folders[repo] / name
        content = file.read_bytes()
        self.hub.fetched.append(name)
        begin = 0
        if asked := self.headers.get("Range"):
            self.hub.ranges.append(asked)
            begin = int(re.match(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
        is_large = self.hub.large(file)
        if is_large and self.hub.corrupt:
            self.hub.corrupt -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return
        if is_large and self.hub.cuts and len(content) - begin > self.hub.cuts[0]:
            end = begin + self.hub.cuts.pop(0)
            self.wfile.write(content[begin:end])
            self.wfile.flush()
            self.close_connection = True
            self.hub.down = self.hub.down_after_cuts and not self.hub.cuts
            return
        if self.hub.holds and len(content) - begin > self.hub.holds:
            self.wfile.write(content[begin : begin + self.hub.holds])
            self.wfile.flush()
            self.hub.released.wait(60)
            self.close_connection = True
            return
        self.wfile.write(content[begin:])


@contextmanager
def stand_in_hub() -> Iterator[Hub]:
    """Run a hub until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
