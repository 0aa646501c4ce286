"""Pictures to files and jobs to log lines, on threads of their own: the GPU goes on with the next job meanwhile."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import events_log, joblog, pictures
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.png import Encoding
from sdxl_tui.core.schedulers import Scheduler
from sdxl_tui.engine import device, events
from sdxl_tui.engine.run import Run, sentence

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 2**20
"""Of pixels that wait for their files: 85 pictures of 1024x1024. Whoever makes more waits."""
MOST_THREADS = 16
LOOK_AGAIN = 0.1
"""Seconds after which who waits for room looks whether its job was stopped."""


@dataclass(frozen=True)
class Made:
    """A picture that the device has done."""

    run: Run
    index: int
    """0-based, within its job."""
    pixels: Any
    """A uint8 array (height, width, 3), RGB."""
    row: Scheduler
    """The scheduler it was made with."""
    facts: dict[str, Any]
    """What the run knew when it was made."""
    finish: Callable[[Image.Image], Image.Image] | None = None
    """What is still to be done to it."""


@dataclass(frozen=True)
class Ended:
    """A job that is over."""

    run: Run
    record: dict[str, Any]
    is_logged: bool
    """Whether its line is in jobs.log."""


@dataclass(frozen=True)
class _Ending:
    run: Run
    status: str
    error: str | None = None


class Saver:
    """Takes the pictures and the ends of jobs in the order in which they happen, and puts them on disk in that order.

    The strips of all pictures are compressed at once, by as many threads as there are cores; one more thread writes
    the files, the log lines, and reports both. A picture that cannot be saved fails its job and no other.
    """

    def __init__(
        self,
        emit: Callable[[events.Event], None],
        most_bytes: int = MOST_BYTES,
        *,
        ended: Callable[[Sequence[Ended]], None] = lambda _: None,
        refused: Callable[[Run], None] = lambda _: None,
    ) -> None:
        """``ended`` is told of jobs once they are logged, before that is reported; ``refused``, of a picture that the
        disk did not take."""
        self._emit, self._ended, self._refused = emit, ended, refused
        self._most_bytes = most_bytes
        self._bytes = 0
        self._changed = threading.Condition()
        self._line: queue.SimpleQueue[tuple[Made, Future[Encoding]] | list[_Ending] | None] = queue.SimpleQueue()
        self._unended: list[_Ending] = []
        self._folders: set[Path] = set()
        """Where something was saved."""
        self._pool = ThreadPoolExecutor(min(MOST_THREADS, device.cores()), "png")
        self._thread = threading.Thread(target=self._work, name="saving", daemon=True)

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread.start()

    @property
    def saving(self) -> tuple[Job, ...]:
        """The jobs that have made all they will make, and whose files or log line are still on their way."""
        with self._changed:
            return tuple(ending.run.job for ending in self._unended)

    def add(self, made: Made, check_stopped: Callable[[], None]) -> None:
        """Have a picture saved; wait while too many bytes are on their way, as long as ``check_stopped`` is silent."""
        size = made.pixels.nbytes
        with self._changed:
            while self._bytes and self._bytes + size > self._most_bytes:
                self._changed.wait(LOOK_AGAIN)
                check_stopped()
            self._bytes += size
        self._line.put((made, self._pool.submit(self._encode, made)))

    def end(self, run: Run, status: str, error: str | None = None) -> None:
        """Log a job and report its end, once all that was added before is saved.

        ``status``: ``done``, ``failed`` with ``error``, or ``cancelled``, which is ``partial`` if it saved any picture.
        """
        self._end([_Ending(run, status, error)])

    def cancel(self, runs: Sequence[Run]) -> None:
        """Log jobs that had not begun, all at once, and report their ends."""
        self._end([_Ending(run, "cancelled") for run in runs])

    def close(self, timeout: float) -> bool:
        """Save what was added, and end the threads; return False when that takes longer than ``timeout`` seconds.

        Every job whose end was told is in the log afterwards, also one whose pictures are not all saved.
        """
        began = time.monotonic()
        self._line.put(None)
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout - (time.monotonic() - began)))
        with self._changed:
            left = list(self._unended)
        self._finish(
            [
                replace(ending, status="cancelled")
                if ending.status == "done" and len(ending.run.outputs) != ending.run.job.request.pictures
                else ending
                for ending in left
            ]
        )
        is_done = not self._thread.is_alive()
        self._pool.shutdown(wait=is_done, cancel_futures=not is_done)
        return is_done

    def finish(self, run: Run, status: str, error: str | None = None) -> None:
        """Log a job and report its end now; only the first end of a job counts."""
        self._finish([_Ending(run, status, error)])

    def _end(self, endings: list[_Ending]) -> None:
        with self._changed:
            self._unended += endings
        self._line.put(endings)

    def _finish(self, endings: Sequence[_Ending]) -> None:
        """Log jobs, one write a folder, and report their ends."""
        over = {id(ending.run) for ending in endings}
        with self._changed:
            self._unended = [ending for ending in self._unended if id(ending.run) not in over]
            endings = [ending for ending in endings if not ending.run.has_ended]
            for ending in endings:
                ending.run.has_ended = True
        ended = _logged([(ending.run, _last_record(ending)) for ending in endings])
        self._ended(ended)
        for one in ended:
            events_log.job_entry(one.record, one.run.outputs)
            self._emit(_report(one.run, one.record))

    # The thread that writes

    def _work(self) -> None:
        while (item := self._line.get()) is not None:
            if isinstance(item, list):
                self._finish(item)
            else:
                self._save(*item)

    def _save(self, made: Made, encoding: Future[Encoding]) -> None:
        run = made.run
        try:
            if not run.unsaved and not run.has_ended:
                self._write(made, encoding.result())
        except BaseException as error:
            run.disk_refused = isinstance(error, UserError)
            if not run.disk_refused:
                log.error("picture %d of job %s is not saved", made.index + 1, run.job.id, exc_info=error)
            run.unsaved = sentence(error, f"while saving picture {made.index + 1}")
            if run.disk_refused:
                self._refused(run)
        finally:
            with self._changed:
                self._bytes -= made.pixels.nbytes
                self._changed.notify_all()

    def _write(self, made: Made, encoding: Encoding) -> None:
        run, job, row = made.run, made.run.job, made.row
        self._look_for(job)
        known = {**job.as_log(), **made.facts}
        path = pictures.save_picture(
            encoding, job.output_dir, known, made.index, row.sampler or row.name, row.schedule_type
        )
        run.outputs.append(path)
        run.hashes.append(encoding.pixels_sha256)
        self._emit(events.PictureSaved(job.id, path, made.index, job.request.pictures))

    def _look_for(self, job: Job) -> None:
        """Say so when a folder that pictures were saved to is not there any more; it is made again."""
        folder = job.output_dir
        if folder in self._folders and not folder.exists():
            text = f"{folder} was taken away: it is made again, but what lay in it, jobs.log too, is gone from there."
            log.warning("%s: %s", job.id, text)
            self._emit(events.Notice(job.id, text))
        self._folders.add(folder)

    # The threads that compress

    def _encode(self, made: Made) -> Encoding:
        """Begin to compress; it waits for nothing, so that no thread of the pool waits for another one."""
        return Encoding(_finished(made), self._pool.submit)


def _finished(made: Made) -> Any:
    if made.finish is None:
        return made.pixels
    import numpy
    from PIL import Image

    return numpy.asarray(made.finish(Image.fromarray(made.pixels)))


def _last_record(ending: _Ending) -> dict[str, Any]:
    run, status, error = ending.run, ending.status, ending.error
    if run.unsaved and status != "failed":
        status, error = "failed", run.unsaved
    if status == "cancelled" and run.outputs:
        status = "partial"
    return run.record(status, error)


def _logged(ends: Sequence[tuple[Run, dict[str, Any]]]) -> list[Ended]:
    """Write the lines of jobs; those that a folder does not take have failed, and say so."""
    ended: list[Ended] = []
    for folder in dict.fromkeys(run.job.output_dir for run, _ in ends):
        here = [(run, record) for run, record in ends if run.job.output_dir == folder]
        try:
            joblog.append_all(folder, [record for _, record in here])
        except UserError as refusal:
            for run, record in here:
                error = f"{record['error']} {refusal}" if record["error"] else str(refusal)
                record |= {"status": "failed", "error": error}
                run.disk_refused = True
                ended.append(Ended(run, record, is_logged=False))
        else:
            ended += [Ended(run, record, is_logged=True) for run, record in here]
    return ended


def _report(run: Run, record: dict[str, Any]) -> events.Event:
    if record["status"] == "done":
        return events.JobDone(run.job.id, tuple(run.outputs), run.seconds, record)
    if record["status"] == "failed":
        return events.JobFailed(run.job.id, str(record["error"]), record, run.disk_refused)
    return events.JobCancelled(run.job.id, run.step, record)
