"""Remembers what a pure function made of the last few screens: every rule asks the same of the screen in hand. Pure.

What is asked about is known again by identity, not by equality: to compare two screens word by word would cost more
than to read one anew. The memory holds on to what it knows, so an identity cannot pass to another object meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, TypeVar

_A = TypeVar("_A")
_R = TypeVar("_R")
_KEPT: Final = 8  # a probe compares two screens; judging goes screen by screen


class _Same:
    """A key that equals only a key of the very same object."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def once(function: Callable[[_A], _R]) -> Callable[[_A], _R]:
    """Return the function with a memory of its last few arguments, which must be immutable."""

    @lru_cache(maxsize=_KEPT)
    def known(key: _Same) -> _R:
        return function(key.value)

    @wraps(function)
    def asked(value: _A) -> _R:
        return known(_Same(value))

    return asked
