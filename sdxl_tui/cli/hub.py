"""The Hugging Face hub: what a repo holds, and its files into the hub cache. Only ``models download`` comes here.

huggingface_hub lists, finds the token and the endpoint, and transfers. From 2.x on it keeps no partial file from one
run to the next, so these are ours; the cache's layout is its own: a blob is named by its hash.
"""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sdxl_tui.cli.hub_errors import RefusedError, StoppedError, is_of_the_disk, is_of_the_network, said
from sdxl_tui.core import disk, paths
from sdxl_tui.core.cache import hub_entry
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.folder_check import INDEX, check_index
from sdxl_tui.core.hashing import git_sha1_of, sha256_of
from sdxl_tui.core.models import Model
from sdxl_tui.core.repo_files import needed_files
from sdxl_tui.core.words import named, shown_size

SHA1 = 40
"""Hex digits of git's hashes."""
CHUNK_BYTES = 1024**2
"""Read at once; what is lost of a chunk when the connection is cut is fetched again."""
PATIENCE = 2
"""Attempts without a byte of progress, each of several tries, before a transfer is given up."""
LONGEST_ANSWER = 30.0
"""Seconds to wait for a list."""
MARGIN_BYTES = 64 * 1024**2
"""Free space that stays beside what is fetched."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repo."""

    name: str
    size: int
    digest: str
    """By which the cache names it: SHA-256 of a large file, git's SHA-1 of a small one."""

    @property
    def component(self) -> str:
        """The part of the model that it is of; a file beside them is its own."""
        return self.name.partition("/")[0]

    @property
    def digest_is_gits(self) -> bool:
        """Whether it is a small one."""
        return len(self.digest) == SHA1


@dataclass(frozen=True)
class Plan:
    """What is to be fetched of a model."""

    model: Model
    revision: str
    """The commit that ``main`` is now."""
    files: tuple[RemoteFile, ...]
    licence: str
    """As the model's page states it; empty: it does not."""

    @property
    def entry(self) -> Path:
        """The cache's folder for the repo."""
        return hub_entry(self.model)

    @property
    def missing(self) -> list[RemoteFile]:
        """The files that the cache does not hold."""
        return [file for file in self.files if not _is_there(self.entry / "blobs" / file.digest, file.size)]

    @property
    def missing_bytes(self) -> int:
        """What is to come over the line; half-fetched files count for what they lack."""
        return sum(file.size - _size(_partial(self.entry, file)) for file in self.missing)


def go_online() -> None:
    """Lift the ban on the network for this process; to be called before huggingface_hub is imported."""
    os.environ.update(HF_HUB_OFFLINE="0", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_XET="1")
    from huggingface_hub import constants
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES


def plan(model: Model) -> Plan:
    """Ask the hub what a model consists of.

    Raises RefusedError when there is no such repo, when it is gated or no SDXL in safetensors, and StoppedError without
    a connection.
    """
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(model.id, files_metadata=True, timeout=LONGEST_ANSWER)
        sizes = {sibling.rfilename: sibling for sibling in info.siblings or []}
        names, problems = needed_files(sizes)
        if not problems:
            problems = _pipeline_problems(_content(model.id, str(info.sha), INDEX))
    except Exception as error:
        raise said(error, model) from error
    if problems:
        raise RefusedError(f"{model.name}: {' '.join(problems)}")
    files = tuple(_remote(sizes[name]) for name in names)
    card: Any = info.card_data or {}
    return Plan(model, str(info.sha), files, str(card.get("license_name") or card.get("license") or ""))


def make_sure_of_room(plans: list[Plan]) -> None:
    """Raise StoppedError where the disk lacks room for what is to be fetched."""
    wanted, place = sum(plan.missing_bytes for plan in plans), paths.hub_cache_dir()
    existing = next(folder for folder in (place, *place.parents) if folder.is_dir())
    free = shutil.disk_usage(existing).free
    if wanted and free < wanted + MARGIN_BYTES:
        raise StoppedError(
            f"{shown_size(wanted)} are to be fetched and {paths.shown(place)} has {shown_size(free)} free: free some, "
            "or name another folder with HF_HOME."
        )


def drop_damaged(plan: Plan, tell: Callable[[str, int, int], None]) -> None:
    """Delete the files in the cache that are not what the hub says they are; ``tell`` as for ``fetch``."""
    total, done = sum(file.size for file in plan.files), 0
    for file in plan.files:
        blob = plan.entry / "blobs" / file.digest
        try:
            if blob.is_file() and _hash_of(blob, file, lambda _what, _size: None) != file.digest:
                blob.unlink()
        except OSError as error:
            raise said(error, plan.model) from error
        done += file.size
        tell(f"checking {file.component}", done, total)


def fetch(plan: Plan, tell: Callable[[str, int, int], None]) -> None:
    """Fetch what the cache lacks of a model, each file checked by its hash, and then make that snapshot its ``main``.

    ``tell`` is given what is done, and the bytes done and in all. Raises StoppedError or RefusedError with a sentence;
    what was fetched until then stays.
    """
    total, done = sum(file.size for file in plan.files), 0
    try:
        for file in plan.files:
            _fetch_file(plan, file, partial(_told, tell, done, total))
            done += file.size
        reference = plan.entry / "refs" / "main"
        reference.parent.mkdir(exist_ok=True)
        scratch = reference.with_name(f".main.{os.getpid()}")
        scratch.write_text(plan.revision, encoding="utf-8")
        scratch.replace(reference)
    except UserError:
        raise
    except Exception as error:
        raise said(error, plan.model, got=done + _partial_bytes(plan), total=total) from error


def _told(tell: Callable[[str, int, int], None], before: int, total: int, what: str, size: int) -> None:
    tell(what, before + size, total)


def _fetch_file(plan: Plan, file: RemoteFile, tell: Callable[[str, int], None]) -> None:
    blob = plan.entry / "blobs" / file.digest
    blob.parent.mkdir(parents=True, exist_ok=True)
    if not _is_there(blob, file.size):
        unfinished = _partial(plan.entry, file)
        if file.digest_is_gits:
            unfinished.unlink(missing_ok=True)
        for attempt in (1, 2):
            _transfer(plan, file, unfinished, tell)
            if _hash_of(unfinished, file, tell) == file.digest:
                break
            unfinished.unlink()
            if attempt == 2:
                raise StoppedError(
                    f"{named(file.name)} came twice with another hash than the hub names: what was fetched of it is "
                    "deleted; try again later, or from another network."
                )
        unfinished.replace(blob)
    _link(blob, plan.entry / "snapshots" / plan.revision / file.name)


def _transfer(plan: Plan, file: RemoteFile, unfinished: Path, tell: Callable[[str, int], None]) -> None:
    """Bring a file to its whole size, from where it stands."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(plan.model.id, file.name, revision=plan.revision)
    failures = 0
    with _Partial(unfinished, lambda size: tell(f"{plan.model.name}: {file.component}", size)) as opened:
        opened.lock()
        if opened.seek(0, os.SEEK_END) > file.size:
            opened.truncate(0)
        while True:
            begun = opened.seek(0, os.SEEK_END)
            try:
                http_get(url, opened, resume_size=begun, headers=build_hf_headers(), expected_size=file.size)
                break
            except Exception as error:
                if is_of_the_disk(error) or not is_of_the_network(error):
                    raise
                failures = 0 if opened.seek(0, os.SEEK_END) > begun else failures + 1
                if failures == PATIENCE:
                    raise
        os.fsync(opened.fileno())


class _Partial(io.FileIO):
    """A file that grows while it is fetched, and says so."""

    def __init__(self, file: Path, tell: Callable[[int], None]) -> None:
        file.touch()
        super().__init__(str(file), "r+b")
        self._tell = tell

    def lock(self) -> None:
        """Raise StoppedError when another process is fetching the same file."""
        try:
            fcntl.flock(self.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoppedError("Another process is fetching the same model: wait for its end.") from error
        except OSError:
            return  # Some network file systems have no locks.

    def write(self, data: Any) -> int:
        """Write all of it."""
        disk.write_all(self.fileno(), bytes(data))
        self._tell(self.tell())
        return len(data)


def _hash_of(file: Path, remote: RemoteFile, tell: Callable[[str, int], None]) -> str:
    hashed = 0

    def count(size: int) -> None:
        nonlocal hashed
        hashed += size
        if not remote.digest_is_gits:
            tell(f"checking {remote.component}", remote.size)

    return (git_sha1_of if remote.digest_is_gits else sha256_of)(file, count)


def _link(blob: Path, link: Path) -> None:
    """Let a snapshot's file be the blob, in the way of the hub cache."""
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(blob, link.parent)
    if os.path.islink(link) and os.readlink(link) == target:
        return
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(target)
    except OSError:
        shutil.copyfile(blob, link)  # A file system without links.


def _remote(sibling: Any) -> RemoteFile:
    large = sibling.lfs
    return RemoteFile(sibling.rfilename, int(sibling.size or 0), str(large.sha256 if large else sibling.blob_id))


def _content(repo: str, revision: str, name: str) -> bytes:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    content = io.BytesIO()
    http_get(hf_hub_url(repo, name, revision=revision), content, headers=build_hf_headers())
    return content.getvalue()


def _pipeline_problems(index: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / INDEX).write_bytes(index)
        return check_index(Path(folder))[0]


def _partial(entry: Path, file: RemoteFile) -> Path:
    return entry / "blobs" / f"{file.digest}.incomplete"


def _partial_bytes(plan: Plan) -> int:
    return sum(_size(_partial(plan.entry, file)) for file in plan.missing)


def _is_there(blob: Path, size: int) -> bool:
    return blob.is_file() and blob.stat().st_size == size


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
