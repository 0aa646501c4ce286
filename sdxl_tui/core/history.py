"""The day of a line of jobs.log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNDATED = ""
"""The day of lines that do not say when."""

_DATE = re.compile(r"\s*(\d{4})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


def day_of(record: Mapping[str, Any]) -> str:
    """The local day of a job, as its time or else its id says; UNDATED when neither does."""
    for key in ("timestamp", "job_id", "date", "time"):
        match = _DATE.match(str(record.get(key, "")))
        if match:
            return "-".join(match.groups())
    return UNDATED
