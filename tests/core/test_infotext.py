from __future__ import annotations

import pytest

from sdxl_tui import __version__
from sdxl_tui.core import infotext
from tests.core.records import NASTY_PROMPTS, job_record


def settings_line(**changes: object) -> str:
    return infotext.write(job_record(**changes), 0, "DPM++ 2M", "Karras").rpartition("\n")[2]


def test_it_reads_as_the_contract_says() -> None:
    assert infotext.write(job_record(strength=0.6), 0, "DPM++ 2M", "Karras") == (
        "a red fox, cinematic still\n"
        "Negative prompt: dog, flat lighting\n"
        "Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 123456, Size: 1024x768, "
        f"Denoising strength: 0.6, Model: RealVisXL_V5.0, RNG: CPU, Version: sdxl-tui {__version__}, Style: Cinematic"
    )


def test_what_a_job_lacks_is_left_out() -> None:
    text = infotext.write(job_record(styled_negative_prompt=" ", style=None), 0, "UniPC", "")
    assert "Negative prompt" not in text
    for key in ("Schedule type", "Denoising strength", "Style"):
        assert key not in infotext.read(text).settings


def test_each_picture_has_its_own_seed() -> None:
    def seed(index: int, **changes: object) -> str:
        return infotext.read(infotext.write(job_record(**changes), index, "Euler", "Uniform")).settings["Seed"]

    assert [seed(0), seed(1)] == ["123456", "123457"]
    assert seed(1, seed=2**32 - 1, seeds=[]) == "0"


@pytest.mark.parametrize(("scale", "shown"), [(0.0, "0"), (7, "7"), (6.5, "6.5"), (7.123456789, "7.123456789")])
def test_guidance_is_exact_and_without_idle_zeros(scale: float, shown: str) -> None:
    assert f"CFG scale: {shown}," in settings_line(guidance_scale=scale)


def test_a_value_with_separators_is_quoted_and_our_own_has_none() -> None:
    line = settings_line(model='me/my "x", v: 1', style='Mine: soft,\n"x"')
    assert 'Model: "my \\"x\\", v: 1", ' in line
    assert line.endswith('Style: Mine soft "x"')
    assert infotext.read(f"fox\n{line}").settings["Model"] == 'my "x", v: 1'


def test_the_demo_model_is_named() -> None:
    assert "Model: demo," in settings_line(model="demo")


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_any_prompt_leaves_the_rest_readable(prompt: str) -> None:
    record = job_record(styled_prompt=prompt, styled_negative_prompt=prompt)
    text = infotext.write(record, 1, "Euler a", "Uniform")
    assert text.count("Negative prompt:") == 1
    found = infotext.read(text)
    assert found.prompt == found.negative_prompt != ""
    assert (found.settings["Steps"], found.settings["Sampler"]) == ("30", "Euler a")
    assert (found.settings["Seed"], found.settings["CFG scale"]) == ("123457", "7")


def test_a_negative_prompt_in_the_prompt_is_changed_there_only() -> None:
    text = infotext.write(job_record(styled_prompt="a fox\nNegative prompt: a dog"), 0, "Euler", "Uniform")
    assert infotext.read(text).prompt == "a fox\nNegative\N{NO-BREAK SPACE}prompt: a dog"


def test_a_text_without_settings_is_all_prompt() -> None:
    assert infotext.read("a fox\nSteps: 3, in the snow") == infotext.Infotext("a fox\nSteps: 3, in the snow")
    assert infotext.read("") == infotext.Infotext("")


def test_an_infotext_of_another_tool_is_read() -> None:
    found = infotext.read(
        "fox\nin snow\nNegative prompt: dog\ncat\n"
        'Steps: 20, Sampler: Euler a, CFG scale: 7.5, Lora hashes: "a: 1, b: 2", Size: 512x768, Version: v1.9.4'
    )
    assert (found.prompt, found.negative_prompt) == ("fox\nin snow", "dog\ncat")
    assert found.settings["Lora hashes"] == "a: 1, b: 2"
    assert found.settings["Size"] == "512x768"
