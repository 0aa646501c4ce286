"""What a request means: the same request is the same picture."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from sdxl_tui.core.schedulers import SCHEDULERS, Scheduler
from sdxl_tui.core.styles import load_styles
from tests.engine.conftest import Lab, request

TOLERANCE = 1.0
"""Mean difference (of 255) allowed between a picture made alone and in a batch, where sums come in another order."""


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures' values, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_the_same_seed_gives_the_same_pixels_and_another_seed_another_picture(shared_lab: Lab) -> None:
    [first], [again], [other] = (shared_lab.pictures(seed=seed) for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert difference(first, other) > 5


def test_a_picture_of_a_batch_is_the_single_picture_of_its_own_seed(shared_lab: Lab) -> None:
    batch = shared_lab.pictures(seed=2**32 - 2, batch_size=3)
    singles = [shared_lab.pictures(seed=seed)[0] for seed in (2**32 - 2, 2**32 - 1, 0)]
    for together, alone in zip(batch, singles, strict=True):
        assert difference(together, alone) < TOLERANCE
    assert difference(batch[0], batch[1]) > 5


@pytest.mark.parametrize("scheduler", [key for key in SCHEDULERS if key not in ("default", "euler")])
def test_each_scheduler_paints_its_own_picture(shared_lab: Lab, scheduler: str) -> None:
    [euler] = shared_lab.pictures(scheduler="euler")
    [other] = shared_lab.pictures(scheduler=scheduler)
    assert difference(euler, other) > 0.5


def test_a_scheduler_leaves_nothing_behind(shared_lab: Lab) -> None:
    before = [shared_lab.pictures(scheduler=name)[0].tobytes() for name in ("euler", "dpmpp_2m", "default")]
    shared_lab.pictures(scheduler="dpmpp_2m_karras")
    after = [shared_lab.pictures(scheduler=name)[0].tobytes() for name in ("euler", "dpmpp_2m", "default")]
    assert before == after


def test_a_seventh_scheduler_is_one_row(shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULERS, "heun", Scheduler("Heun", "HeunDiscreteScheduler", "slow and precise"))
    done = shared_lab.run(request(scheduler="heun"))
    assert done.record["scheduler"] == "Heun"
    with Image.open(done.outputs[0]) as picture:
        assert "Sampler: Heun, Schedule type: Uniform" in picture.text["parameters"]


def test_ancestral_noise_belongs_to_the_seed_too(shared_lab: Lab) -> None:
    [first], [again] = (shared_lab.pictures(scheduler="euler_a", seed=5) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    batch = shared_lab.pictures(scheduler="euler_a", seed=4, batch_size=2)
    assert difference(batch[1], first) < TOLERANCE


def test_the_last_of_two_hundred_words_counts(shared_lab: Lab) -> None:
    words = " ".join(f"lantern {number}" for number in range(99))
    [apple] = shared_lab.pictures(f"{words} red apple", guidance_scale=12.0)
    [wolf] = shared_lab.pictures(f"{words} red wolf", guidance_scale=12.0)
    assert apple.tobytes() != wolf.tobytes()


def test_the_negative_prompt_counts_unless_guidance_is_off(shared_lab: Lab) -> None:
    [without], [with_it] = (shared_lab.pictures(negative_prompt=text) for text in ("", "blurry, green"))
    assert difference(without, with_it) > 0.5
    off = [shared_lab.pictures(negative_prompt=text, guidance_scale=0.0)[0] for text in ("", "blurry, green")]
    assert off[0].tobytes() == off[1].tobytes()


def test_a_style_is_its_words(shared_lab: Lab) -> None:
    style = next(style for style in load_styles()[0].values() if style.name == "Cinematic")
    [styled] = shared_lab.pictures("a red apple", style=style, negative_prompt="text")
    [typed] = shared_lab.pictures(f"a red apple, {style.prompt}", negative_prompt=f"text, {style.negative}")
    assert styled.tobytes() == typed.tobytes()


@pytest.mark.parametrize("size", [(64, 64), (192, 128), (136, 264)])
def test_the_picture_has_the_size_that_was_asked_for(shared_lab: Lab, size: tuple[int, int]) -> None:
    [picture] = shared_lab.pictures(width=size[0], height=size[1], steps=1)
    assert picture.size == size


def test_it_is_what_stock_diffusers_paints(shared_lab: Lab) -> None:
    """The same components and starting noise through diffusers' own call, prompt strings and decode included."""
    import torch

    from sdxl_tui.engine.schedulers import make_scheduler

    prompt, negative = "a red apple on a blue background", "text, blurry"
    [ours] = shared_lab.pictures(prompt, negative_prompt=negative, seed=11)
    loaded = shared_lab.engine._residency.loaded
    assert loaded is not None
    loaded.pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    with torch.no_grad():
        noise = torch.randn((1, 8, 32, 32), generator=torch.Generator().manual_seed(11))
        stock = loaded.pipe(
            prompt=prompt,
            negative_prompt=negative,
            num_inference_steps=4,
            guidance_scale=4.0,
            width=128,
            height=128,
            latents=noise,
        ).images[0]
    assert difference(ours, stock) == 0
