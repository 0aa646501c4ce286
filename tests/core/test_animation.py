"""Frame plans: where each frame is between its seeds and its prompts."""

from __future__ import annotations

import pytest

from sdxl_tui.core.animation import EASINGS, Between, light_frames, varied_prompts, way_frames


def test_every_easing_begins_at_the_start_ends_at_the_end_and_never_turns_back() -> None:
    for name, easing in EASINGS.items():
        places = [easing(time / 100) for time in range(101)]
        assert (places[0], places[-1]) == (0, 1), name
        assert places == sorted(places), name
    assert EASINGS["ease_in"](0.2) < 0.2 < EASINGS["ease_out"](0.2)
    assert EASINGS["ease_in_out"](0.5) == 0.5


def test_a_light_frame_lies_between_the_first_seed_and_its_own() -> None:
    frames = light_frames(3, [7, 8, 9], "a fox", ["a fox", "a fox, moving", "a fox, at rest"], 0.25)
    assert [frame.seed for frame in frames] == [7, 8, 9]
    assert frames[2].noise == Between(7, 9, 0.25)
    assert frames[2].words == Between("a fox", "a fox, at rest", 0.25)
    assert {frame.step_seed for frame in frames} == {7}
    alone = light_frames(3, [7, 8, 9], "a fox", ["a fox"] * 3, 1)
    assert [frame.step_seed for frame in alone] == [7, 8, 9]


def test_seeds_and_prompts_are_each_spread_over_the_whole_way() -> None:
    frames = way_frames(5, [1, 2, 3], ["a fox", "a wolf"], "linear")
    places = [(frame.noise.start, frame.noise.end, frame.noise.share) for frame in frames]
    assert places == [(1, 2, 0.0), (1, 2, 0.5), (2, 3, 0.0), (2, 3, 0.5), (2, 3, 1.0)]
    assert [frame.words.share for frame in frames] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [frame.seed for frame in frames] == [1, 2, 2, 3, 3]
    still = way_frames(4, [1], ["a fox"], "ease_in_out")
    assert {(frame.seed, frame.noise.start, frame.noise.end) for frame in still} == {(1, 1, 1)}


@pytest.mark.parametrize("count", [2, 3, 8, 30])
def test_the_words_of_motion_go_from_none_to_rest(count: int) -> None:
    prompts = varied_prompts("a fox", count)
    assert len(prompts) == count
    assert (prompts[0], prompts[-1]) == ("a fox", "a fox, coming to rest")
    assert len(set(prompts)) == min(count, 8)
