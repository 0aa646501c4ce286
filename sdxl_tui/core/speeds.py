"""The speed table: what a job may trade for its time."""

from __future__ import annotations

EAGER, EXACT, FAST = "eager", "exact", "fast"

SPEEDS: dict[str, str] = {
    EAGER: "stock diffusers, for comparison and where the others cannot run",
    EXACT: "stock's pictures bit for bit, replayed from CUDA graphs",
    FAST: "as good as stock, not bit-exact: rearranged and fused",
}
"""Word -> description. Where one cannot run the one above it takes its place, and the log's ``speed`` says so."""
