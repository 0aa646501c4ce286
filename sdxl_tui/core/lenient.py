"""Numbers from logs and pictures of any origin: they hold text, true, NaN and 10**400 as well."""

from __future__ import annotations

import math
import re

MOST = 2**53
"""Numbers beyond are none of a job."""


def number(value: object) -> float | None:
    """A number that can be one of a job, also as text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,15}(\.\d{1,15})?\s*", value, re.ASCII):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < MOST:
        return None
    return float(value)


def whole(value: object) -> int | None:
    """A whole number that can be one of a job, also as text; None for anything else."""
    found = number(value)
    return int(found) if found is not None and math.floor(found) == found else None
