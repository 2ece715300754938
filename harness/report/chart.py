"""A probe as a curve: what was read against time, with the actions on it. Pure; numbers only, no text from apps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model import Measure

WIDTH, _CURVE_PX = 720.0, 226.0
_LEFT, _RIGHT, _BOTTOM = 56.0, 16.0, 40.0
ROW_PX = 18.0
_ABOVE_PX = 16.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_LABEL_PX = 22.0
_CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reading, in the chart's own units. ``control`` is one of a control run: another thing, on no line."""

    x: float
    y: float
    at_s: float
    value: float
    control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on an axis, with the value it stands for."""

    at: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """An action: where it stands, and the number under which the text lists it. ``row`` keeps numbers apart."""

    x: float
    number: int
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything an SVG needs. ``pace`` is the line of ordinary playing from the first reading, as two points."""

    unit: str
    points: tuple[Point, ...]
    actions: tuple[ActionLine, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    pace: tuple[tuple[float, float], tuple[float, float]] | None
    has_control: bool
    height: float
    width: float = WIDTH
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float
    bottom: float


def chart(measures: Sequence[Measure], actions_at_s: Sequence[float]) -> Chart | None:
    """Return the chart of one series of readings, ``None`` with fewer than two of them. Times in seconds.

    Readings whose note begins with ``control`` are of a control run.
    """
    read = sorted(
        (m.at_s, m.value, m.note.startswith(_CONTROL))
        for m in measures
        if m.value is not None and math.isfinite(m.value)
    )
    if len(read) < 2 or all(control for _, _, control in read):
        return None
    end_s = max(1.0, read[-1][0], *actions_at_s)
    most = max(1.0, *(value for _, value, _ in read))

    def x(at_s: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * at_s / end_s, 1)

    actions = _apart([x(at_s) for at_s in actions_at_s])
    # Numbers stand above the curve, as many rows as they need: none covers a reading.
    top = _ABOVE_PX + ROW_PX * max((action.row + 1 for action in actions), default=1)
    bottom = top + _CURVE_PX

    def y(value: float) -> float:
        return round(bottom - _CURVE_PX * value / most, 1)

    unit = next((m.unit for m in measures if m.value is not None), "")
    first_s, first = next((at_s, value) for at_s, value, control in read if not control)
    pace_end_s = min(end_s, first_s + (most - first))
    pace = ((x(first_s), y(first)), (x(pace_end_s), y(first + pace_end_s - first_s))) if unit == "s" else None
    return Chart(
        unit=unit,
        points=tuple(
            Point(x=x(at_s), y=y(value), at_s=at_s, value=value, control=control) for at_s, value, control in read
        ),
        actions=actions,
        x_ticks=tuple(Tick(at=x(value), value=value) for value in _ticks(end_s)),
        y_ticks=tuple(Tick(at=y(value), value=value) for value in _ticks(most)),
        has_control=any(control for _, _, control in read),
        top=top,
        bottom=bottom,
        height=bottom + _BOTTOM,
        pace=pace if pace is not None and pace[0] != pace[1] else None,
    )


def _ticks(end: float) -> list[float]:
    step = next((step for step in _STEPS if end / step <= 6), _STEPS[-1])
    return [float(value) for value in range(0, int(end) + 1, step)]


def _apart(places: list[float]) -> tuple[ActionLine, ...]:
    """Return the actions, numbered in order, a number too close to the one before it one row lower."""
    lines: list[ActionLine] = []
    ends: list[float] = []  # where the last number of each row ends
    for number, place in enumerate(places, start=1):
        row = next((row for row, end in enumerate(ends) if place - end >= _LABEL_PX), len(ends))
        if row == len(ends):
            ends.append(place)
        ends[row] = place
        lines.append(ActionLine(x=place, number=number, row=row))
    return tuple(lines)
