"""Jobs that go on until they are stopped: each is followed by another one as it begins."""

from __future__ import annotations

from collections.abc import Iterable


class Repeating:
    """Which jobs do, by their ids. Whoever calls takes care that one at a time does."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()
        """Another one is to follow these as soon as they begin."""
        self._followers: dict[str, str] = {}
        """Id of a job that runs -> id of the one that waits since, and repeats in its stead."""

    def __contains__(self, job_id: str) -> bool:
        """Whether another job is to follow this one."""
        return job_id in self._waiting

    @property
    def ids(self) -> frozenset[str]:
        """The jobs, running or waiting, that go on."""
        return frozenset(self._waiting | self._followers.keys())

    def begin(self, job_ids: Iterable[str]) -> None:
        """These go on from now on."""
        self._waiting.update(job_ids)

    def follow(self, job_id: str, follower: str | None) -> None:
        """A job has begun, and another one waits to go on in its stead; None: none does."""
        self._waiting.discard(job_id)
        if follower is not None:
            self._followers[job_id] = follower
            self._waiting.add(follower)

    def drop(self, job_ids: Iterable[str]) -> None:
        """These wait no more: what they followed is followed by nothing."""
        gone = set(job_ids)
        self._waiting -= gone
        self._followers = {job_id: other for job_id, other in self._followers.items() if other not in gone}

    def forget(self, job_id: str) -> None:
        """A job has ended; what follows it goes on."""
        self._followers.pop(job_id, None)

    def last_of(self, job_id: str) -> str:
        """The last job that follows one, which is itself where none does; nothing follows it any more."""
        while (follower := self._followers.pop(job_id, None)) is not None:
            job_id = follower
        self._waiting.discard(job_id)
        return job_id
