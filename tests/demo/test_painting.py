"""What a user notices of the embedded model's pictures, through the real engine on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image, ImageStat

from sdxl_tui.core.styles import load_styles
from tests.engine.conftest import Lab
from tests.engine.test_pictures import difference

COLOURS = {
    "red": (217, 26, 31),
    "yellow": (250, 219, 38),
    "green": (38, 158, 56),
    "blue": (31, 92, 217),
    "white": (247, 247, 247),
    "black": (8, 8, 8),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The model is loaded once for all of them."""
    lab = Lab(tmp_path_factory.mktemp("pictures"))
    yield lab
    lab.engine.close(timeout=30)


def background(picture: Image.Image) -> str:
    """The colour that is nearest to the median along the picture's edge."""
    width, height = picture.size
    sides = [(0, 0, width, 5), (0, height - 5, width, height), (0, 0, 5, height), (width - 5, 0, width, height)]
    medians = [ImageStat.Stat(picture.crop(side)).median for side in sides]
    edge = [sorted(values)[1] for values in zip(*medians, strict=True)]
    return min(COLOURS, key=lambda name: sum((one - two) ** 2 for one, two in zip(COLOURS[name], edge, strict=True)))


def redness(picture: Image.Image) -> float:
    """How far red is above green and blue, mean over the picture's middle."""
    width, height = picture.size
    middle = picture.crop((width // 4, height // 4, width * 3 // 4, height * 3 // 4))
    red, green, blue = ImageStat.Stat(middle).mean
    return red - max(green, blue)


def saturation(picture: Image.Image) -> float:
    """Mean saturation, 0 to 255."""
    return ImageStat.Stat(picture.convert("HSV")).mean[1]


@pytest.mark.parametrize("colour", ["yellow", "green", "blue", "black"])
def test_a_background_has_the_colour_it_is_asked_for(lab: Lab, colour: str) -> None:
    [picture] = lab.pictures(f"a red apple on a {colour} background", steps=8)
    assert background(picture) == colour
    assert redness(picture) > 30


@pytest.mark.parametrize(("width", "height"), [(64, 64), (192, 192), (192, 128), (96, 160)])
def test_other_sizes_give_sensible_pictures(lab: Lab, width: int, height: int) -> None:
    [picture] = lab.pictures("a red heart on a blue background", steps=8, width=width, height=height)
    assert picture.size == (width, height)
    assert background(picture) == "blue"
    assert redness(picture) > 0


def test_an_object_has_the_colour_it_is_asked_for(lab: Lab) -> None:
    [red], [green] = (lab.pictures(f"a {colour} heart on a white background", steps=8) for colour in ("red", "green"))
    assert redness(red) > 40
    assert redness(green) < 0


@pytest.mark.parametrize("prompt", ["a fruit", "an animal"])
def test_a_negative_red_takes_the_red_away_where_the_words_leave_the_colour_open(lab: Lab, prompt: str) -> None:
    [with_it], [without] = (lab.pictures(prompt, negative_prompt=text, steps=8) for text in ("", "red"))
    assert redness(without) < redness(with_it) - 20


def test_a_side_is_the_side_it_is_asked_for(lab: Lab) -> None:
    for side, box in (("left", (0, 0, 64, 128)), ("right", (64, 0, 128, 128))):
        [picture] = lab.pictures(f"a red apple on the {side} on a white background", steps=8)
        red, green, _ = ImageStat.Stat(picture.crop(box)).mean
        whole = ImageStat.Stat(picture).mean
        assert red - green > whole[0] - whole[1]


def test_a_pencil_sketch_has_lines_and_no_colour(lab: Lab) -> None:
    style = load_styles()[0]["pencil-sketch"]
    [plain], [drawn] = (lab.pictures("a red apple", steps=8, **extra) for extra in ({}, {"style": style}))
    assert saturation(drawn) < 30 < saturation(plain)


def test_schedulers_agree_roughly_at_many_steps(lab: Lab) -> None:
    names = ("euler", "dpmpp_2m", "dpmpp_2m_karras", "unipc")
    pictures = [lab.pictures("a red apple on a blue background", steps=30, scheduler=name)[0] for name in names]
    assert all(difference(pictures[0], other) < 12 for other in pictures[1:])


def test_words_it_never_saw_still_give_a_picture(lab: Lab) -> None:
    [picture] = lab.pictures("ein Qwertzuiop bei Zürich, 東京タワー 🦊 xkcd1234", steps=8)
    assert max(ImageStat.Stat(picture).stddev) > 10
