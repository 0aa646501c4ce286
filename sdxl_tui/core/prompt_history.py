"""Earlier prompts, to come back to."""

from __future__ import annotations

from sdxl_tui.core.index import EVERYTHING, PAGE, Found, Index
from sdxl_tui.core.query import Query

FARTHEST = 25 * PAGE
"""Jobs that are looked through: of what lies farther back, the search finds it."""


def earlier_prompts(index: Index, query: Query = EVERYTHING, count: int = PAGE) -> list[Found]:
    """Return the newest job of each different prompt among those that fit, newest first."""
    found: dict[str, Found] = {}
    seen, before = 0, None
    while len(found) < count and seen < FARTHEST:
        page = index.search(query, before)
        if not page:
            break
        for job in page:
            prompt = str(job.record.get("prompt") or job.record.get("styled_prompt") or "").strip()
            if prompt:
                found.setdefault(prompt, job)
        seen, before = seen + len(page), page[-1].id
    return list(found.values())[:count]
