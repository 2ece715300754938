"""What is remembered of a screen is that screen's own, and is told from a screen that only equals it."""

from __future__ import annotations

from harness.rules.once import once


def test_a_function_is_asked_once_for_the_same_object_and_again_for_an_equal_one() -> None:
    asked: list[tuple[str, ...]] = []

    @once
    def spelled(words: tuple[str, ...]) -> str:
        asked.append(words)
        return "".join(words)

    made = ["签", "到"]
    first, equal = tuple(made), tuple(made)
    assert [spelled(first), spelled(first), spelled(equal)] == ["签到"] * 3
    assert [words is first for words in asked] == [True, False]


def test_only_the_last_few_objects_are_held_on_to() -> None:
    asked: list[tuple[int, ...]] = []

    @once
    def first_of(numbers: tuple[int, ...]) -> int:
        asked.append(numbers)
        return numbers[0]

    many = [(n,) for n in range(100)]
    assert [first_of(numbers) for numbers in many] == list(range(100))
    first_of(many[0])
    assert asked.count(many[0]) == 2
