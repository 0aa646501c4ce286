"""What the link to the terminal takes, in bytes a second, and what it still has to carry."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

QUICK = 1_000_000
"""Bytes a second from which nothing is held back."""
THIN = 150_000
"""Bytes a second below which previews are made small: a whole picture takes half a second there."""
SLOWEST = 1_000
SLICE = 8_192
"""Bytes sent at once while nothing is known of the link: little enough that a slow one is noticed in time."""
AHEAD = 0.1
"""Seconds of pictures that may be under way: what a key press has to wait behind."""
WORDS_AHEAD = 0.4
"""Seconds of a new screen's words."""
LEAST_WORDS = 1_500
LEAST_SLICE = 300
PROBE_SECONDS = 3.0
GROWTH = 1.3
"""A link that took all it was sent for some seconds may have become quicker: it is sent a little more."""
IDLE_SECONDS = 1.0
SHARE = 0.9
"""Of what the link takes, what it is sent: whatever waits in it gets less, never more."""
UNPROVEN = 12_288
"""Bytes of pictures that are sent at once before it has been seen that nothing of them waits."""
PROOF_SECONDS = 0.5
"""Seconds in which that is to be seen; then the link counts as quick."""
PROOF_LASTS = 1.0
NEWS = 0.3
"""Share by which the rate has to change for anybody to hear of it."""


class Link:
    """The rate is the user's, or learnt from a backlog: a link that never has one is a quick one."""

    def __init__(self, setting: str | int = "auto", clock: Callable[[], float] = monotonic) -> None:
        """``setting``: ``auto``, or bytes a second."""
        self._clock = clock
        self._watchers: list[Callable[[], object]] = []
        self._learnt: float | None = None
        self._told: float | None = None
        self._owed, self._counted_at = 0.0, clock()
        self._burst, self._burst_began = 0, clock()
        self._quiet_since = clock()
        self.sent = 0
        """Bytes handed to the terminal since the start."""
        self.pictures_at = -1e9
        """When the last bytes of a picture were sent."""
        self.may_show = False
        """Whether anybody looks at what waits on the way."""
        self.on_pictures: Callable[[], object] = bool
        """Called when a piece of a picture was sent."""
        self._proven_at, self._pictures_since_proof, self._unproven_at = -1e9, 0, 0.0
        self._forced: float | None = None
        self.use(setting)

    def use(self, setting: str | int) -> None:
        """Take ``auto``, or bytes a second."""
        self._forced = None if setting == "auto" else float(setting)
        self._tell()

    @property
    def is_measured(self) -> bool:
        """Whether the rate is to be learnt."""
        return self._forced is None

    @property
    def rate(self) -> float | None:
        """Bytes a second; None: nothing holds it up."""
        return self._learnt if self._forced is None else self._forced

    @property
    def is_thin(self) -> bool:
        """Whether pictures are slow on it."""
        return self.rate is not None and self.rate < THIN

    @property
    def budget(self) -> float:
        """Bytes a second for whoever has to reckon with some number."""
        return QUICK if self.rate is None else self.rate

    def watch(self, changed: Callable[[], object]) -> None:
        """Call ``changed`` when the rate is another one, by more than a little."""
        self._watchers.append(changed)

    def send(self, count: int, *, pictures: bool = False) -> None:
        """Note that so many bytes were handed to the terminal."""
        now = self._clock()
        if now - self._counted_at > IDLE_SECONDS:
            self._burst, self._burst_began = 0, now
        self._owed = self._still_owed(now) + count
        self._counted_at = now
        self._burst += count
        self.sent += count
        if pictures:
            if now - self.pictures_at > PROOF_LASTS:
                self._pictures_since_proof = 0
            self.pictures_at = now
            before, self._pictures_since_proof = self._pictures_since_proof, self._pictures_since_proof + count
            if before < UNPROVEN <= self._pictures_since_proof:
                self._unproven_at = now
            self._probe(now)
            self.on_pictures()

    def learn(self, count: int, seconds: float, waiting: int | None = None) -> None:
        """The terminal took so many bytes while more waited for it; ``waiting``: how many still do."""
        now = self._clock()
        self._quiet_since = now
        rate = SHARE * count / seconds
        if rate >= QUICK:
            return
        before = self._learnt
        self._learnt = max(SLOWEST, rate if before is None else (before + rate) / 2)
        if waiting is not None:
            self._owed, self._counted_at = float(waiting), now
        elif before is None:
            self._owed = max(0.0, self._burst - self._learnt * (now - self._burst_began))
        self._tell()

    def prove(self) -> None:
        """Nothing of what was sent waits any more."""
        self._proven_at = self._clock()

    @property
    def is_unproven(self) -> bool:
        """Whether it is to be seen first how the beginning of a picture goes through."""
        now = self._clock()
        return (
            self.may_show
            and self.rate is None
            and self._pictures_since_proof >= UNPROVEN
            and now - self._unproven_at < PROOF_SECONDS
            and self._proven_at < self._unproven_at
        )

    def forget(self) -> None:
        """Another terminal is at the end of it: nothing is known."""
        self._learnt, self._pictures_since_proof = None, 0
        self._tell()

    def room_for_words(self) -> float:
        """Bytes of words that may be sent now."""
        return self._room(WORDS_AHEAD, LEAST_WORDS)

    def room_for_pictures(self) -> float:
        """Bytes of pictures that may be sent now."""
        return 0.0 if self.is_unproven else self._room(AHEAD, LEAST_SLICE)

    def wait(self) -> float:
        """Seconds until there is room for a piece of a picture."""
        if self.rate is None:
            return 0.02
        return max(0.0, self._still_owed(self._clock()) - AHEAD * self.rate / 2) / self.rate

    def _room(self, ahead: float, least: float) -> float:
        if self.rate is None:
            return SLICE
        room = ahead * self.rate - self._still_owed(self._clock())
        return max(room, least) if room > ahead * self.rate / 3 else 0.0

    def _still_owed(self, now: float) -> float:
        rate = self.rate
        return 0.0 if rate is None else max(0.0, self._owed - rate * (now - self._counted_at))

    def _probe(self, now: float) -> None:
        if self._learnt is None or self._forced is not None or now - self._quiet_since < PROBE_SECONDS:
            return
        self._quiet_since = now
        self._learnt = self._learnt * GROWTH
        if self._learnt >= QUICK:
            self._learnt = None
        self._tell()

    def _tell(self) -> None:
        rate, told = self.rate, self._told
        if rate == told or (rate and told and abs(rate - told) < NEWS * told):
            return
        self._told = rate
        for changed in self._watchers:
            changed()
