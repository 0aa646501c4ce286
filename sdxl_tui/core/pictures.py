"""Pictures on disk: their names, their settings inside them, and never one over another."""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import secrets
import socket
import stat
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import infotext, joblog
from sdxl_tui.core.disk import refused, sync_folder, write_all
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import without_tags
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.png import SIGNATURE, Encoding
from sdxl_tui.core.text import one_line

if TYPE_CHECKING:  # Pillow waits until there is a picture: the screen is painted before
    from PIL import Image

CHUNK = "sdxl_tui"
"""The job's JSON and ``image_index``: the truth."""

SLUG_LENGTH = 60

_JOB_TIME = re.compile(r"\d{8}-\d{6}(?=-|$)")
_TEMPORARY = re.compile(r"\.sdxl-tui-(?P<host>[a-z0-9]+)-(?P<pid>[1-9]\d{0,8})-[0-9a-f]+\.[a-z0-9]+\.tmp")
_STALE_AFTER = 3600.0
"""Seconds after which a temporary file is nobody's, also when its process cannot be asked."""


def slug(prompt: str) -> str:
    """Return a prompt as part of a file name: ASCII, lower case, hyphens, at most 60 characters, never empty."""
    letters = unicodedata.normalize("NFKD", prompt.casefold())
    without_accents = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub("[^a-z0-9]+", "-", without_accents).strip("-")[:SLUG_LENGTH].rstrip("-") or "picture"


def picture_name(job_id: str, prompt_slug: str, seed: int, index: int, attempt: int = 1) -> str:
    """Return the name of picture ``index`` (from 1) of a job with ``seed``; ``attempt`` counts up while it is taken."""
    return f"{_beginning(job_id, prompt_slug, attempt)}_seed{seed}_{index:02d}.png"


def frame_name(job_id: str, prompt_slug: str, index: int, attempt: int = 1) -> str:
    """Return the name of frame ``index`` (from 1) of a sequence; ``attempt`` counts up while it is taken."""
    return f"{_beginning(job_id, prompt_slug, attempt)}_frame_{index:03d}.png"


def _beginning(job_id: str, prompt_slug: str, attempt: int) -> str:
    """The time of ``job_id``, or the id itself when it has another form (from a file of jobs), and the slug."""
    when = _JOB_TIME.match(job_id)
    return f"{when[0] if when else slug(job_id)}_{prompt_slug}{f'-{attempt}' if attempt > 1 else ''}"


def save_picture(
    encoding: Encoding,
    folder: Path,
    record: Mapping[str, Any],
    image_index: int,
    sampler: str,
    schedule_type: str,
) -> Path:
    """Save one picture of a job with its settings inside, and return where it lies.

    It appears whole or not at all, and never over another one: a taken name counts up. Only a picture that this very
    job left there before it was cut off is replaced. ``sampler`` and ``schedule_type`` are A1111's names. Raises
    UserError when the disk refuses.
    """
    picture = encoding.file(_texts(record, image_index, sampler, schedule_type))
    try:
        try:
            return _saved(picture, folder, record, image_index)
        except FileNotFoundError:
            # The folder was taken away meanwhile; it is made again.
            return _saved(picture, folder, record, image_index)
    except OSError as error:
        raise refused("The pictures are not saved", folder, error) from error


def temporary_file(folder: Path, ending: str) -> Path:
    """Return a new name in ``folder`` for a file that is still written; ``clean_stale`` finds it after a crash."""
    return folder / f".sdxl-tui-{_host()}-{os.getpid()}-{secrets.token_hex(4)}.{ending}.tmp"


def clean_stale(folder: Path) -> None:
    """Remove what killed processes left half written in ``folder``; files of live ones stay."""
    with suppress(OSError):
        for file in list(folder.iterdir()):
            match = _TEMPORARY.fullmatch(file.name)
            if match and (_is_dead(match["host"], int(match["pid"])) or _is_old(file)):
                file.unlink(missing_ok=True)


def read_record(path: Path) -> dict[str, Any]:
    """Return the settings inside a picture of this lab; raise UserError that says why there are none."""
    with opened(path) as picture:
        record = own_record(picture, path)
    if record is None:
        raise UserError(_FOREIGN.format(one_line(str(path))))
    return record


def own_record(picture: Image.Image, path: Path) -> dict[str, Any] | None:
    """Return the settings that this lab wrote into an opened picture; None if it did not; UserError if damaged."""
    text = _own_text(picture)
    if text is None:
        return None
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise UserError(_DAMAGED.format(one_line(str(path))))
    return record


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture to read what is written in it; raise UserError that says why it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    name = one_line(str(path))
    try:
        _check_is_file(path, name)
        with Image.open(path) as picture:
            yield picture
    except FileNotFoundError:
        raise UserError(f"There is no file {name}.") from None
    except PermissionError:
        raise UserError(f"{name} may not be read: mend its rights.") from None
    except UnidentifiedImageError:
        raise UserError(_DAMAGED.format(name) if _begins_as_png(path) else f"{name} is not a picture.") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(_DAMAGED.format(name)) from error
    except Image.DecompressionBombError:
        raise UserError(_FOREIGN.format(name)) from None


_DAMAGED = "{} is cut off or damaged: copy it again."
_FOREIGN = "{} was not made by this lab, or another program saved it again: its settings are not in it."


def _texts(record: Mapping[str, Any], image_index: int, sampler: str, schedule_type: str) -> list[tuple[bytes, bytes]]:
    from PIL import PngImagePlugin

    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, joblog.as_line({**record, "image_index": image_index}))
    chunks.add_text(infotext.CHUNK, infotext.write(record, image_index, sampler, schedule_type))
    return [(chunk[0], chunk[1]) for chunk in chunks.chunks]


def _saved(picture: bytes, folder: Path, record: Mapping[str, Any], image_index: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    temporary = temporary_file(folder, "png")
    try:
        _write(temporary, picture)
        path = _published(temporary, folder, record, image_index)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)
    return path


def _write(file: Path, data: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _published(temporary: Path, folder: Path, record: Mapping[str, Any], image_index: int) -> Path:
    prompt_slug = slug(without_tags(record["prompt"] or record["styled_prompt"]))
    for attempt in itertools.count(1):
        path = folder / _name(record, prompt_slug, image_index, attempt)
        if image_index and _is_anothers(folder / _name(record, prompt_slug, 0, attempt), record["job_id"]):
            continue  # the pictures of a job share one number
        if linked(temporary, path):
            return path
        if _is_left_over(path, record["job_id"], image_index):
            os.replace(temporary, path)
            return path
    raise AssertionError("unreachable: the attempts never end")


def _name(record: Mapping[str, Any], prompt_slug: str, image_index: int, attempt: int) -> str:
    if record.get("mode") == ANIMATE_STEPS:
        return frame_name(record["job_id"], prompt_slug, image_index + 1, attempt)
    return picture_name(record["job_id"], prompt_slug, record["seed"], image_index + 1, attempt)


def _is_anothers(first: Path, job_id: str) -> bool:
    with suppress(UserError):
        return bool(read_record(first).get("job_id") != job_id)
    return first.exists()


def linked(temporary: Path, path: Path) -> bool:
    """Give the temporary file its name; return False when that is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except FileNotFoundError:
        raise
    except OSError:
        # No hard links here (FAT, some network mounts): hold the name with an empty file, then replace that.
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        os.replace(temporary, path)
    return True


def _is_left_over(path: Path, job_id: str, image_index: int) -> bool:
    """Is this the same picture of the same job, from a run that never came to its log line?"""
    try:
        record = read_record(path)
    except UserError:
        return False
    if (record.get("job_id"), record.get("image_index")) != (job_id, image_index):
        return False
    logged = (job.get("outputs") for job in joblog.read(path.parent))
    return not any(path.name == Path(str(output)).name for outputs in logged for output in outputs or ())


def _own_text(picture: Image.Image) -> str | None:
    from PIL import PngImagePlugin

    text = picture.info.get(CHUNK)
    if text is None and isinstance(picture, PngImagePlugin.PngImageFile):
        text = picture.text.get(CHUNK)  # other programs put their copy of it after the pixels
    return None if text is None else str(text)


def _begins_as_png(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE
    return False


def _check_is_file(path: Path, name: str) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise UserError(f"{name} is a folder: name one picture in it.")
    if not stat.S_ISREG(mode):
        raise UserError(f"{name} is not a picture.")


def _host() -> str:
    return re.sub("[^a-z0-9]", "", socket.gethostname().lower()) or "host"


def _is_dead(host: str, pid: int) -> bool:
    if host != _host():
        return False
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.ESRCH  # any other error: a live process of somebody else
    return False


def _is_old(file: Path) -> bool:
    return time.time() - file.stat().st_mtime > _STALE_AFTER
