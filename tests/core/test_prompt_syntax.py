"""A1111's weights and BREAK, as pasted prompts use them."""

from __future__ import annotations

import random

import pytest

from sdxl_tui.core.prompt_syntax import Chunk, Piece, chunked, parse


def pieces(prompt: str) -> list[tuple[str, float]]:
    """The pieces of a prompt without BREAK, their weights as people write them."""
    (section,) = parse(prompt)
    return [(piece.text, round(piece.weight, 4)) for piece in section]


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a red fox", [("a red fox", 1)]),
        ("", [("", 1)]),
        ("a (red) fox", [("a ", 1), ("red", 1.1), (" fox", 1)]),
        ("a ((red)) fox", [("a ", 1), ("red", 1.21), (" fox", 1)]),
        ("a [red] fox", [("a ", 1), ("red", 0.9091), (" fox", 1)]),
        ("a (red:1.3) fox", [("a ", 1), ("red", 1.3), (" fox", 1)]),
        ("(red:.5)", [("red", 0.5)]),
        ("(red : -1.)", [("red ", -1)]),
        ("(red:0)", [("red", 0)]),
        ("a (b (c:1.5) d:2)", [("a ", 1), ("b ", 2), ("c", 3), (" d", 2)]),
        # A1111's own example
        (
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).)",
            [
                ("a ", 1),
                ("house", 1.573),
                (" ", 1.1),
                ("on", 1),
                (" a ", 1.1),
                ("hill", 0.55),
                (", sun, ", 1.1),
                ("sky", 1.4641),
                (".", 1.1),
            ],
        ),
        ("(un:1)known", [("unknown", 1)]),
        ("[(word)] next", [("word next", 1)]),
        ("(a)(b)", [("ab", 1.1)]),
        (r"fox \(red\) \[x\] \\ ok", [(r"fox (red) [x] \ ok", 1)]),
        (r"a\b c\ ", [(r"a\b c\ ", 1)]),
        (r"(fox \(red\):1.2)", [("fox (red)", 1.2)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("(ratio 16:9:1.2)", [("ratio 16:9", 1.2)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("(a [b) c]", [("a ", 1.1), ("b", 1), (" c", 0.9091)]),
    ],
)
def test_weights(prompt: str, wanted: list[tuple[str, float]]) -> None:
    assert pieces(prompt) == wanted


@pytest.mark.parametrize("prompt", ["a (red fox", "a red) fox", "[[a", "a]", ":) and :(", "a :1.2) b", ":1.5)", "("])
def test_a_bracket_without_a_partner_is_text(prompt: str) -> None:
    assert pieces(prompt) == [(prompt, 1)]


def test_a_bracket_without_a_partner_stays_text_beside_others() -> None:
    assert pieces("(a (b) c") == [("(a ", 1), ("b", 1.1), (" c", 1)]
    assert pieces("a) (b:2)") == [("a) ", 1), ("b", 2)]


def test_impossible_weights_do_no_harm() -> None:
    huge = "9" * 400
    assert pieces(f"(a:{huge})") == [(f"a:{huge}", 1.1)]
    assert pieces("((a:99999999):99999999)") == [("a", 100)]


def test_plain_takes_every_sign_as_it_is() -> None:
    prompt = r"a (red:1.3) [fox] BREAK \(x\)"
    assert parse(prompt, "plain") == [[Piece(prompt)]]


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("a fox BREAK in snow", ["a fox", "in snow"]),
        ("a fox,\nBREAK\nin snow", ["a fox,", "in snow"]),
        ("a BREAKFAST, OUTBREAK, break", ["a BREAKFAST, OUTBREAK, break"]),
        ("a BREAK", ["a"]),
        ("BREAK", [""]),
        ("a BREAK BREAK b", ["a", "", "b"]),
    ],
)
def test_break_begins_a_section(prompt: str, texts: list[str]) -> None:
    assert ["".join(piece.text for piece in section) for section in parse(prompt)] == texts


def test_break_inside_brackets_weighs_both_sides() -> None:
    assert parse("(a BREAK b:1.2) c") == [[Piece("a", 1.2)], [Piece("b", 1.2), Piece(" c")]]


def test_any_text_can_be_read_and_no_letter_is_lost() -> None:
    rand = random.Random(7)
    for _ in range(3000):
        prompt = "".join(rand.choices(["(", ")", "[", "]", ":", "1.2", "\\", "a", " ", "BREAK", "\n", "é", "🦊"], k=12))
        text = "".join(piece.text for section in parse(prompt) for piece in section)
        for letter in "aé🦊":
            assert text.count(letter) == prompt.replace("BREAK", "").count(letter), prompt
        for section in parse(prompt):
            for piece in section:
                assert "".join(prompt[place] for place in piece.places) == piece.text, prompt


def letters(text: str) -> tuple[list[int], list[int]]:
    """A tokenizer for which each letter is a token."""
    return [ord(letter) for letter in text], list(range(len(text)))


def test_chunks_hold_so_many_tokens_with_their_weights() -> None:
    first, second, third = chunked(parse("ab(cd:2)e BREAK yz"), letters, 4)
    assert first == Chunk((97, 98, 99, 100), (1, 1, 2, 2), 0)
    assert second == Chunk((101,), (1,), 8)
    assert third == Chunk((121, 122), (1, 1), 16)


def test_an_empty_prompt_takes_one_empty_chunk() -> None:
    assert chunked(parse(""), letters, 4) == [Chunk((), ())]
