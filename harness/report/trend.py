"""Nights as small curves: a value per night, evenly spaced; a night without one leaves a gap. Pure; numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 340.0
HEIGHT: Final = 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 330.0, 14.0, 122.0
_MOST_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One night's value, in the curve's own units."""

    x: float
    y: float
    value: float
    night: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The values of one kind: stretches of nights without a gap, and every night's dot. ``tone`` names its colour."""

    name: str
    tone: str
    stretches: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Everything an SVG needs: lines over the same nights; ``y_ticks`` are place and value."""

    title: str
    percent: bool
    lines: tuple[Line, ...]
    y_ticks: tuple[tuple[float, float], ...]
    first: str
    last: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = _RIGHT
    bottom: float = _BOTTOM


Series = tuple[str, str, Sequence[float | None]]  # name, tone, a value for each night


def trend(title: str, nights: Sequence[str], series: Sequence[Series], *, percent: bool = False) -> Trend:
    """Return the curves of ``series`` over ``nights`` (their labels, oldest first); percentages run from 0 to 100."""
    values = [value for _name, _tone, line in series for value in line if value is not None]
    step = 25.0 if percent else _step(max([1.0, *values]))
    most = 100.0 if percent else step * max(1, -int(-max([1.0, *values]) // step))

    def x(night: int) -> float:
        apart = (_RIGHT - _LEFT - 16) / max(1, len(nights) - 1)
        return round(_LEFT + 8 + apart * night, 1) if len(nights) > 1 else round((_LEFT + _RIGHT) / 2, 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / most, 1)

    return Trend(
        title=title,
        percent=percent,
        lines=tuple(
            _line(
                name, tone, [None if v is None else Dot(x=x(n), y=y(v), value=v, night=n) for n, v in enumerate(line)]
            )
            for name, tone, line in series
        ),
        y_ticks=tuple((y(step * n), step * n) for n in range(int(most / step) + 1)),
        first=nights[0] if nights else "",
        last=nights[-1] if len(nights) > 1 else "",
    )


def _line(name: str, tone: str, dots: Sequence[Dot | None]) -> Line:
    stretches: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is None:
            stretches.append([])
        else:
            stretches[-1].append(dot)
    return Line(
        name=name,
        tone=tone,
        stretches=tuple(" ".join(f"{d.x:g},{d.y:g}" for d in part) for part in stretches if len(part) > 1),
        dots=tuple(dot for dot in dots if dot is not None),
    )


def _step(most: float) -> float:
    """Return the distance of lines that divides the axis into a few whole numbers: 1, 2 or 5 times a power of ten."""
    power = 1.0
    while True:
        for factor in (1, 2, 5):
            if most / (factor * power) <= _MOST_TICKS:
                return factor * power
        power *= 10
