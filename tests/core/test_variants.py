"""Groups and wildcards in prompts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sdxl_tui.core import variants
from sdxl_tui.core.job import queued
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.styles import Style
from sdxl_tui.core.variants import expand, expanded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Wildcard files as people write them."""
    for name, lines in {
        "hair.txt": "# a comment\nred hair\n\n100% grey hair, $5 cut\n",
        "people/old.txt": "grandfather\n",
        "people/young.txt": "girl\n",
        "outfit.txt": "{silk|cotton} with __hair__ # 7\n",
        "loop.txt": "__loop__\n",
        "empty.txt": "\n",
        "more.json": '{"weighted": [{"text": "never", "weight": 0}, {"text": "al#ways", "weight": 2}]}',
        "missing.txt": "a __nowhere__ b\n",
    }.items():
        file = tmp_path / "wildcards" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(lines, encoding="utf-8")
    return tmp_path / "wildcards"


def values(text: str, folder: Path) -> set[str]:
    """What a text can become."""
    return {expand(text, seed, folder) for seed in range(60)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100% cotton",
        "a $5 bill",
        "a # b",
        "https://a.b/c // d /* e */",
        "{",
        "}",
        "a { b } c",
        "a {b",
        "a|b}",
        "__init__",
        "snake__case",
        "${x} %{y}",
        "[a|b]",
        "  two  blanks\n and a line ",
        "{a|b",
    ],
)
@pytest.mark.parametrize("more", ["", " {x|x}"])
def test_what_is_no_group_stays_as_it_is(text: str, more: str, tmp_path: Path) -> None:
    assert expand(text + more, 1, tmp_path) == text + more.replace("{x|x}", "x")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a {red|blue} fox", {"a red fox", "a blue fox"}),
        ("({red|blue}:1.2)", {"(red:1.2)", "(blue:1.2)"}),
        ("{a $5 bill|100% cotton|#7}", {"a $5 bill", "100% cotton", "#7"}),
        ("{a|{b|c} d}", {"a", "b d", "c d"}),
        ("{a|}b", {"ab", "b"}),
        ("{0::a|1::b}", {"b"}),
        ("{2$$a|b}", {"a,b", "b,a"}),
        ("{2$$ and $$a|b}", {"a and b", "b and a"}),
        ("{1-2$$ / $$a|b}", {"a", "b", "a / b", "b / a"}),
        ("{!a|@b}", {"!a", "@b"}),
        ("{a {x} y|a {x} y}", {"a {x} y"}),
    ],
)
def test_one_of_a_group_is_taken(text: str, wanted: set[str], tmp_path: Path) -> None:
    assert values(text, tmp_path) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("__hair__", {"red hair", "100% grey hair, $5 cut"}),
        ("a __people/old__, ok", {"a grandfather, ok"}),
        ("__people/*__", {"grandfather", "girl"}),
        ("{__people/old__|x}", {"grandfather", "x"}),
        ("{2$$__people/*__}", {"grandfather,girl", "girl,grandfather"}),
        ("__weighted__", {"al#ways"}),
        ("__missing__", {"a __nowhere__ b"}),
        ("__nowhere__ __empty__ {a|a}", {"__nowhere__ __empty__ a"}),
    ],
)
def test_wildcards_are_the_lines_of_their_files(text: str, wanted: set[str], folder: Path) -> None:
    assert values(text, folder) == wanted


def test_a_wildcard_that_names_itself_stays(folder: Path) -> None:
    assert expand("__loop__ {a|a}", 1, folder) == "__loop__ a"


def test_a_value_may_hold_groups_and_wildcards(folder: Path) -> None:
    found = values("__outfit__", folder)
    assert "silk with red hair # 7" in found
    assert "cotton with 100% grey hair, $5 cut # 7" in found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_no_wildcard(folder: Path) -> None:
    (folder / "hair.txt").chmod(0)
    assert expand("__hair__", 1, folder) == "__hair__"


def test_a_group_that_cannot_be_read_stays_and_the_others_do_not(tmp_path: Path) -> None:
    assert expand("{1$$$$a|b} {c|c}", 1, tmp_path) == "{1$$$$a|b} c"


@pytest.mark.parametrize("text", ["{a|" * 400 + "b" + "}" * 400, "{" * 3000, "{a|b}" * 500, "{" + "a|" * 3000 + "b}"])
def test_no_text_takes_long_or_fails(text: str, tmp_path: Path) -> None:
    assert isinstance(expand(text, 1, tmp_path), str)


def test_any_text_survives(folder: Path) -> None:
    rand = random.Random(3)
    signs = ["{", "}", "|", "$", "$$", "2", "__", "hair", "#", "%", "/", "//", " ", "a", ":", "::", "~", "!", "\n", "("]
    for _ in range(1500):
        text = "".join(rand.choices(signs, k=14))
        assert expand(text, 5, folder) == expand(text, 5, folder)
        assert not any(0xFDD0 <= ord(sign) <= 0xFDEF for sign in expand(text, 5, folder)), text


def request(prompt: str, **changes: object) -> GenerationRequest:
    values: dict[str, object] = {
        "model": CATALOGUE[DEMO],
        "prompt": prompt,
        "negative_prompt": "",
        "style": Style("none", "None"),
        "scheduler": "euler",
        "steps": 4,
        "guidance_scale": 4.0,
        "width": 128,
        "height": 128,
    }
    return GenerationRequest(**(values | changes))  # type: ignore[arg-type]


def test_the_log_has_the_real_text_and_what_was_typed(folder: Path, tmp_path: Path) -> None:
    asked = expanded(request("a {red|blue} fox", negative_prompt="{a|b}"), folder)
    record = queued(asked, tmp_path).as_log()
    assert record["prompt"] in ("a red fox", "a blue fox")
    assert record["styled_prompt"] == record["prompt"]
    assert record["prompt_template"] == "a {red|blue} fox"
    assert record["negative_prompt_template"] == "{a|b}"
    again = expanded(request("a {red|blue} fox", negative_prompt="{a|b}", seed=record["seed"]), folder)
    assert (again.prompt, again.negative_prompt) == (record["prompt"], record["negative_prompt"])


def test_without_a_group_nothing_is_said_or_drawn(folder: Path, tmp_path: Path) -> None:
    asked = expanded(request("100% red fox"), folder)
    assert asked == request("100% red fox")
    assert "prompt_template" not in queued(asked, tmp_path).as_log()


def test_plain_expands_nothing(folder: Path) -> None:
    assert expanded(request("{a|b}", prompt_syntax="plain"), folder).prompt == "{a|b}"


def test_the_users_files_lie_in_the_config_folder(own_home: Path) -> None:
    (own_home / "wildcards").mkdir(parents=True)
    (own_home / "wildcards" / "hair.txt").write_text("red\n")
    assert variants.wildcards_dir() == own_home / "wildcards"
    assert expand("__hair__", 1) == "red"


def test_it_wakes_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from sdxl_tui.core.variants import expand\n"
        "assert 'dynamicprompts' not in sys.modules\n"
        "expand('{a|b}', 1, pathlib.Path('.'))\n"
        "print([name for name in ('torch', 'transformers', 'requests', 'jinja2', 'socket') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout.strip() == "[]"
    assert result.stderr == ""
