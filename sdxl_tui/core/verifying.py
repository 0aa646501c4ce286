"""Hold every file of a model that the lab reads against the hash by which it is known, where one is known."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core.check import CONVERSION, CONVERTED, FILE, FOLDER, HUB, ModelReport
from sdxl_tui.core.component_files import PICKLES, read_object
from sdxl_tui.core.folder_check import COMPONENTS, INDEX
from sdxl_tui.core.hashing import git_sha1_of, sha256_of
from sdxl_tui.core.safetensors_header import DamageError
from sdxl_tui.core.words import named

SHA256, SHA1 = 64, 40
"""Digits of the hashes that name files: large ones in the hub cache by SHA-256, small ones as git does."""
WEIGHTS = {".safetensors", ".onnx", ".onnx_data", ".msgpack", ".h5", *PICKLES}
SIDECARS = (".sha256", ".safetensors.sha256")

Tell = Callable[[str, int, int], None]
"""Told the file, the bytes done and those of all files; may raise to give up."""


@dataclass(frozen=True)
class Expected:
    """A file to read, and what it is known by."""

    file: Path
    name: str
    """Relative to the model's folder; the file's own for a single file."""
    digest: str
    """Hex digits; empty: nothing says what it should be."""
    size: int


@dataclass(frozen=True)
class Verdict:
    """What the files of a model turned out to be."""

    matching: int = 0
    """Files that are what they are known by."""
    wrong: tuple[str, ...] = ()
    """A sentence for each that is not."""
    unknown: tuple[tuple[str, str], ...] = ()
    """Name and SHA-256 of the weight files of which nothing says what they should be."""

    def sentence(self, report: ModelReport) -> str:
        """What came of it, where nothing is wrong."""
        if not self.matching:
            return f"Nothing says which hashes the files of {report.model.name} should have."
        files = "1 file" if self.matching == 1 else f"{self.matching} files"
        match = "matches the hash" if self.matching == 1 else "match the hashes"
        return f"{report.model.name}: {files} {match} {_WITNESS[report.source]}."

    def advice(self, report: ModelReport) -> str:
        """What to do about what is wrong; empty: nothing is."""
        if not self.wrong:
            return ""
        command = self.remedy(report)
        return f"`{command}` makes them anew." if command else "Download it again from where it came."

    def remedy(self, report: ModelReport) -> str:
        """The command that mends what is wrong; empty where there is none."""
        identity = shlex.quote(report.model.id)
        commands = {
            HUB: f"sdxl-tui models download {identity} --repair",
            CONVERTED: f"sdxl-tui models convert {identity}",
        }
        return commands.get(report.source, "") if self.wrong else ""


_WITNESS = {
    HUB: "in the hub cache",
    FOLDER: "that the download noted",
    CONVERTED: "that the conversion noted",
    FILE: "in the .sha256 file beside it",
}


def verify(report: ModelReport, tell: Tell) -> Verdict:
    """Read a model's files and compare their hashes. Raises whatever ``tell`` does."""
    files = list(_expected(report))
    total, done = sum(expected.size for expected in files), 0
    matching = 0
    wrong: list[str] = []
    unknown: list[tuple[str, str]] = []
    for expected in files:
        before = done

        def count(size: int, name: str = expected.name) -> None:
            nonlocal done
            done += size
            tell(name, min(done, total), total)

        try:
            digest = _digest_of(expected, count)
        except OSError as error:
            wrong.append(f"{named(expected.name)} cannot be read: {(error.strerror or 'unknown error').lower()}.")
            continue
        finally:
            done = before + expected.size
        if not expected.digest:
            unknown.append((expected.name, digest))
        elif digest == expected.digest:
            matching += 1
        else:
            wrong.append(f"{named(expected.name)} does not match the hash {_WITNESS[report.source]}.")
    return Verdict(matching, tuple(wrong), tuple(unknown))


def _digest_of(expected: Expected, count: Callable[[int], None]) -> str:
    if len(expected.digest) == SHA1:
        return git_sha1_of(expected.file, count)
    return sha256_of(expected.file, count)


def _expected(report: ModelReport) -> Iterator[Expected]:
    if report.source == FILE:
        assert report.model.file is not None, "that is its source"
        yield from _described([(report.model.file, report.model.file.name)], _sidecar_of)
        return
    if report.folder is None:
        return
    folder = report.folder
    weights = {file for files in report.weights.values() for file in files}
    files = [folder / INDEX, *(file for name in COMPONENTS for file in _listed(folder / name))]
    read = [file for file in files if file in weights or file.suffix not in WEIGHTS]
    named_files = [(file, file.relative_to(folder).as_posix()) for file in read]
    digests = _conversion(folder) if report.source == CONVERTED else {}
    for expected in _described(named_files, lambda file: digests.get(file.relative_to(folder).as_posix(), "")):
        digest = expected.digest or _link_of(expected.file) or _metadata_of(folder, expected.name)
        if digest or expected.file in weights:
            yield Expected(expected.file, expected.name, digest, expected.size)


def _described(files: list[tuple[Path, str]], digest_of: Callable[[Path], str]) -> Iterator[Expected]:
    for file, name in files:
        try:
            yield Expected(file, name, digest_of(file), file.stat().st_size)
        except OSError:
            continue  # The check without hashes has said that it is missing.


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.is_file())
    except OSError:
        return []


def _link_of(file: Path) -> str:
    """The hash by which the hub cache names what a link leads to."""
    return _hash_in(os.path.basename(os.path.realpath(file))) if os.path.islink(file) else ""


def _metadata_of(folder: Path, name: str) -> str:
    """The hash that a download into a plain folder noted: its second line."""
    return _hash_in("".join(_lines(folder / ".cache" / "huggingface" / "download" / f"{name}.metadata")[1:2]))


def _sidecar_of(file: Path) -> str:
    """The hash in a ``.sha256`` file beside a single file: its first word."""
    for suffix in SIDECARS:
        for line in _lines(file.with_suffix(suffix))[:1]:
            return _hash_in(line.split()[0].lower() if line.split() else "")
    return ""


def _conversion(folder: Path) -> dict[str, str]:
    try:
        noted = read_object(folder / CONVERSION).get("sha256")
    except DamageError:
        return {}
    return {name: str(digest) for name, digest in noted.items()} if isinstance(noted, dict) else {}


def _hash_in(text: str) -> str:
    found = re.fullmatch(rf"[0-9a-f]{{{SHA1}}}|[0-9a-f]{{{SHA256}}}", text.strip().strip('"'))
    return found[0] if found else ""


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
