"""How the embedded device's fingers move."""

from __future__ import annotations

import pytest

from harness.virtual.gestures import finger_path, pause_s


def lifted_after(delays_s: list[float], *, resting: int, duration_s: float) -> float:
    """Return how long a finger rests at its end when each move takes that long to arrive."""
    step_s = duration_s / len(delays_s)
    now_s, arrived_s = 0.0, []
    for index, delay_s in enumerate(delays_s, start=1):
        now_s += pause_s(step_s, index, now_s) + delay_s
        arrived_s.append(now_s)
    return arrived_s[-1] - arrived_s[-1 - resting]


@pytest.mark.parametrize("late_s", [0.0, 0.05, 0.4])
def test_a_finger_rests_at_its_end_however_late_a_busy_machine_made_it(late_s: float) -> None:
    path = finger_path([(540, 2000), (540, 600), (540, 600)], 0.3)
    resting = sum(point == (540.0, 600.0) for point in path) - 1
    delays_s = [0.0] * len(path)
    delays_s[3] = late_s
    assert lifted_after(delays_s, resting=resting, duration_s=0.3) >= 0.06  # a browser takes 40 ms for standing still


def test_a_finger_that_is_in_time_takes_as_long_as_told() -> None:
    step_s, now_s = 0.3 / 18, 0.0
    for index in range(1, 19):
        now_s += pause_s(step_s, index, now_s)
    assert now_s == pytest.approx(0.3)
