"""A1111's second pass (hires fix) in the keys of jobs.log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import LANCZOS, LATENT, UPSCALERS, Hires, checked_size
from sdxl_tui.core.lenient import number, whole
from sdxl_tui.core.words import named

UNKNOWN = ("Hires sampler", "Hires schedule type", "Hires checkpoint", "Hires prompt", "Hires negative prompt")
"""What its second pass may have otherwise than the first, and ours has not."""


def put_hires(record: dict[str, Any], found: Mapping[str, str], notes: list[str]) -> None:
    """Add ``hires`` to a record that has its size and steps, or a note that says why it is left out.

    ``found``: the infotext's keys that begin with Hires, and its Denoising strength, which is the second pass's.
    """
    upscaler = found.get("Hires upscaler", "")
    method = next((key for key, name in UPSCALERS.items() if upscaler.startswith(name)), LANCZOS)
    factor = _factor(record, found)
    strength = number(found.get("Denoising strength"))
    try:
        if factor is None or strength is None:
            raise UserError("It does not say how large it became, or by which strength.")
        # 0 steps, or none written: as many as the first pass.
        steps = whole(found.get("Hires steps")) or int(record.get("steps", 0))
        hires = Hires(round(factor, 4), method, steps, strength)
        if not hires.denoising_steps:
            raise UserError("Its strength leaves no step.")
        checked_size(record["width"], record["height"], hires.factor)
    except (KeyError, UserError) as error:
        why = str(error) if isinstance(error, UserError) else "Its size is not known."
        notes.append(f"It was enlarged by a second pass (hires fix), which is left out: {why}")
        return
    record["hires"] = asdict(hires)
    if upscaler not in (UPSCALERS[LATENT], UPSCALERS[LANCZOS]):
        notes.append(f"The upscaler {named(upscaler or 'none')} is not here; {method} is the nearest.")
    left_out = [key.removeprefix("Hires ") for key in UNKNOWN if key in found]
    if left_out:
        notes.append(f"Its second pass had its own {', '.join(left_out)}, which is left out.")


def _factor(record: Mapping[str, Any], found: Mapping[str, str]) -> float | None:
    if (factor := number(found.get("Hires upscale"))) is not None:
        return factor
    across, _, down = found.get("Hires resize", "").partition("x")
    sides = [(whole(across), record.get("width")), (whole(down), record.get("height"))]
    # 0 is A1111's "by the other side".
    factors = [wanted / side for wanted, side in sides if wanted and side]
    return max(factors, default=None)
