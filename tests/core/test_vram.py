"""Whether a job fits, and what could be done about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.plans import Plan, plan_of
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.core.vram import NEARLY, OTHERS, SAME, Card, fitted, gentler, outlook
from sdxl_tui.core.vram_needs import fit, needs

GIB = 2**30
BASE = CATALOGUE["stabilityai/stable-diffusion-xl-base-1.0"]


def request(**changes: Any) -> GenerationRequest:
    values: dict[str, Any] = {
        "model": BASE,
        "prompt": "a red fox",
        "negative_prompt": "",
        "style": Style(NONE, "None / Raw"),
        "scheduler": "euler",
        "steps": 30,
        "guidance_scale": 6.0,
        "width": 1024,
        "height": 1024,
        "seed": 1,
        "speed": "fast",
    }
    return GenerationRequest(**(values | changes))


def card(free: float, copies: float = 0, graphs: float = 0, **known: Any) -> Card:
    ours = 7.3 + copies + graphs
    values = {"total": 80, "free": free, "ours": ours, "copies": copies, "graphs": graphs}
    return Card(**{name: int(size * GIB) for name, size in values.items()}, **{"has_model": True, **known})


def peak(**changes: Any) -> float:
    return needs(request(**changes)).peak() / GIB


def test_what_a_job_needs_grows_with_all_that_makes_it_larger() -> None:
    assert peak(batch_size=4) > peak()
    assert peak(width=1536, height=1536) > peak()
    assert peak(guidance_scale=1.0) < peak()
    assert peak(speed="exact") > peak(speed="eager") > peak(speed="fast")
    assert peak(hires=Hires(2.0)) > peak(width=1536, height=1536)
    init = {"init_image": Path("a.png"), "strength": 0.6}
    assert peak(mode="img2img", **init) > peak()
    assert peak(width=2048, height=2048, plan=Plan(tiled=True)) < peak(width=2048, height=2048)
    assert peak(batch_size=8, plan=Plan(pass_pictures=2)) < peak(batch_size=8)
    assert needs(request(), float32_decode=True).peak() > needs(request()).peak()


def test_the_fit_is_as_good_as_it_says_and_was_tried_on_what_it_had_not_seen() -> None:
    assert fit().error < 0.05


def test_a_job_that_fits_needs_nothing_done() -> None:
    found = outlook(request(batch_size=4), card(free=40))
    assert found.fits
    assert found.ways == ()
    assert found.best is None


def test_copies_and_graphs_give_way_first_and_change_nothing() -> None:
    found = outlook(request(), card(free=1, copies=13))
    assert not found.fits
    best = found.best
    assert best is not None
    assert (best.plan, best.pictures) == (Plan(lean=True), SAME)
    assert best.room - found.asked.room == 13 * GIB


def test_ways_come_gentlest_first_and_the_size_last() -> None:
    found = outlook(request(batch_size=8, width=1536, height=1536), card(free=6.2))
    order = [SAME, NEARLY, OTHERS]
    ranks = [order.index(way.pictures) for way in found.ways]
    assert ranks == sorted(ranks)
    assert ranks[-1] == 2
    best = found.best
    assert best is not None
    assert best.pictures == NEARLY
    assert len(best.plan.splits(8)) > 1
    assert not outlook(fitted(request(batch_size=8, width=1536, height=1536), best), card(free=6.2)).asked.over


def test_when_only_a_smaller_size_fits_the_largest_one_is_offered() -> None:
    asked = request(width=2048, height=1024, speed="exact")
    found = outlook(asked, card(free=3.5))
    best = found.best
    assert best is not None
    assert best.pictures == OTHERS
    width, height = best.size
    assert width < 2048
    assert width % 64 == height % 64 == 0
    assert width / height == pytest.approx(2, rel=0.1)
    larger = replace(asked, width=width + 128, height=height + 64, plan=best.plan)
    assert outlook(larger, card(free=3.5)).asked.over


def test_nothing_fits_on_a_full_card_and_each_way_says_how_much_is_missing() -> None:
    found = outlook(request(), card(free=0.1))
    assert found.best is None
    assert all(way.over for way in found.ways)


def test_a_reserve_is_left_to_the_others() -> None:
    needed = outlook(request(), card(free=40)).asked.needs
    assert outlook(request(), card(free=needed / GIB + 0.1)).fits
    assert not outlook(request(), card(free=needed / GIB + 0.1), reserve=GIB).fits


def test_a_graph_that_is_there_is_not_counted_again() -> None:
    before, after = (outlook(request(batch_size=8), card(free=40, graphs=held)).asked.needs for held in (0, 3))
    assert after < before


def test_what_this_machine_took_corrects_the_estimate() -> None:
    plain = outlook(request(), card(free=40)).asked.needs
    assert outlook(request(), card(free=40, corrections={"fast": 1.5})).asked.needs == pytest.approx(1.5 * plain)


def test_the_weights_count_when_no_model_is_in_use() -> None:
    without, with_model = (outlook(request(), card(free=40, has_model=known)).asked.needs for known in (False, True))
    assert without - with_model > 6 * GIB


def test_a_job_that_ran_out_of_memory_gets_a_gentler_plan_until_there_is_none() -> None:
    asked, plans = request(batch_size=4, width=1536, height=1536), []
    while (plan := gentler(asked, 0, None)) is not None:
        plans.append(plan)
        asked = replace(asked, plan=plan)
    assert [(plan.splits(4), plan.tiled) for plan in plans] == [
        ([2, 2], False),
        ([1, 1, 1, 1], False),
        ([1, 1, 1, 1], True),
    ]
    assert gentler(request(), 0, None) is None


def test_a_gentler_plan_is_one_that_fits_where_the_card_tells() -> None:
    plan = gentler(request(batch_size=8, width=1536, height=1536), 0, card(free=5.6))
    assert plan is not None
    assert not outlook(request(batch_size=8, width=1536, height=1536, plan=plan), card(free=5.6)).asked.over


@pytest.mark.parametrize("plan", [Plan(), Plan(lean=True), Plan(pass_pictures=3), Plan(True, 1, True)])
def test_a_plan_comes_back_from_the_log(plan: Plan) -> None:
    again = plan_of(plan.as_log(8) or None)
    assert (again.lean, again.tiled, again.splits(8)) == (plan.lean, plan.tiled, plan.splits(8))


def test_passes_are_as_even_as_can_be_and_steps_count_them() -> None:
    asked = request(batch_size=8, plan=Plan(pass_pictures=3))
    assert asked.passes == [3, 3, 2]
    assert asked.denoising_steps == 90
    assert [asked.picture_at(step) for step in (1, 30, 31, 61)] == [0, 0, 3, 6]
    assert asked.passes_from(6) == [2]
    assert asked.steps_from(6) == 30
    assert asked.picture_at(1, 6) == 6
    assert Plan(pass_pictures=1).shown(8) == "one by one"
    assert Plan(pass_pictures=4, tiled=True).shown(8) == "as 4 + 4, decoded in tiles"


def test_a_threaded_batch_is_from_text_only() -> None:
    with pytest.raises(UserError, match="from text only"):
        request(threaded=True, hires=Hires(2.0))
    assert request(threaded=True, batch_size=4).denoising_steps == 120


def test_a_second_pass_that_hardly_enlarges_has_fewer_sizes_to_offer_and_no_error() -> None:
    found = outlook(request(hires=Hires(1.02), speed="eager"), card(free=1))
    assert not found.fits
    assert all(min(way.size) >= 400 for way in found.ways)


def test_what_the_setting_never_tiles_is_reckoned_whole() -> None:
    asked = request(width=4096, height=2048)
    whole, tiled = (outlook(asked, card(free=70), tiles=setting).asked.needs for setting in ("off", "auto"))
    assert whole > 4 * tiled
    smaller = request(width=1536, height=1536)
    assert outlook(smaller, card(free=70), tiles="on").asked.needs < outlook(smaller, card(free=70)).asked.needs


def test_a_threaded_batch_gives_up_threads_and_keeps_its_pictures() -> None:
    asked = request(batch_size=8, threaded=True)
    plan = gentler(asked, 0, None)
    assert plan is not None
    assert plan.pass_pictures == 4
    assert outlook(replace(asked, plan=plan), card(free=70)).asked.pictures == SAME
    assert gentler(request(threaded=True), 0, None) is None


def test_a_flat_picture_gets_no_longer_side() -> None:
    found = outlook(request(width=1024, height=104, batch_size=64, speed="exact"), card(free=0.2))
    assert all(way.size[1] <= 104 for way in found.ways)
