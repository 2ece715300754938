"""How the benchmark of the explorer counts."""

from __future__ import annotations

from typing import cast

import pytest

from benchmarks.explore import AGAIN, DFS, OURS, RANDOM, Plan, plans_of, ride, show_all
from benchmarks.explore_keys import Pairs, pairs_of
from benchmarks.explore_peers import walk_at_random, walk_depth_first
from benchmarks.explore_watch import PARTS, Ride, WatchedDevice, name_of
from harness.errors import ActionRefused, DeviceTimeout
from harness.model import Action, Back, Launch, Swipe, Tap
from harness.perceive.engines import OCR


def test_a_screen_seen_under_two_keys_and_two_screens_under_one_are_told_apart() -> None:
    sights = [("a", "k1"), ("a", "k1"), ("a", "k2"), ("b", "k1"), ("~popup", "k9"), ("", "k9")]
    assert pairs_of(sights) == Pairs(same=3, split=1, different=2, merged=1)


def test_screens_a_minute_are_counted_within_the_time_that_was_walked() -> None:
    seen = Ride(walker="ours", seed=0, seconds=300.0, shown={"a": 1.0, "b": 60.0, "c": 119.0, "d": 290.0})
    assert seen.per_minute(120) == pytest.approx(1.5)
    assert seen.per_minute(600) == pytest.approx(0.8)


def test_the_cost_of_a_step_is_the_sum_of_its_parts() -> None:
    seen = Ride(walker="ours", seed=0, costs={part: [0.1, 0.2, 0.3] for part in PARTS})
    assert seen.step_costs() == pytest.approx([0.1 * len(PARTS), 0.2 * len(PARTS), 0.3 * len(PARTS)])
    assert seen.quantile("", 0.5) == pytest.approx(0.2 * len(PARTS))
    assert seen.quantile("settle", 0.95) == pytest.approx(0.3)


def test_the_same_words_pressed_again_are_a_repeat_wherever_they_stand() -> None:
    tap = Tap(x_px=500, y_px=400, label="通知3条")
    assert name_of(tap, "top") == name_of(Tap(x_px=510, y_px=900, label="通知8条"), "further down")
    assert name_of(tap, "top") != name_of(Tap(x_px=500, y_px=400, label="公告"), "top")
    assert name_of(tap, "top") != name_of(Tap(x_px=900, y_px=400, label="通知3条"), "top")
    unnamed = Tap(x_px=500, y_px=400)
    assert name_of(unnamed, "top") != name_of(unnamed, "further down")
    down = Swipe(x1_px=500, y1_px=1900, x2_px=500, y2_px=400, duration_s=0.3)
    up = Swipe(x1_px=500, y1_px=400, x2_px=500, y2_px=1900, duration_s=0.3)
    assert len({name_of(down, "top"), name_of(up, "top"), name_of(down, "further down")}) == 3
    assert name_of(Back(), "top") == name_of(Back(), "further down")


def test_ours_goes_through_every_maze_before_a_peer_goes_through_any() -> None:
    walks = [(plan.seed, plan.walker) for plan in plans_of([4, 5, 6], peers_on=1, seconds=1.0)]
    assert walks == [(4, OURS), (5, OURS), (6, OURS), (4, AGAIN), (4, DFS), (4, RANDOM)]


def test_a_walk_of_ours_that_was_lost_is_not_left_out_of_the_share_found(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Ride(walker=OURS, seed=0, seconds=9.0, features={"a": 1.0, "b": 2.0})
    show_all([whole], 2, planned=3, seconds=600.0)
    printed = capsys.readouterr().out
    assert "planted features found: 2 of 6, all of them on 1 of 3 seeds" in printed
    assert "crawl" not in printed


def test_screens_are_compared_within_the_same_time_and_within_none_that_was_not_walked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    early = Ride(walker=OURS, seed=0, seconds=60.0, shown={f"s{n}": float(n) for n in range(12)})
    late = Ride(walker=DFS, seed=0, seconds=600.0, shown={f"s{n}": 100.0 * n for n in range(6)})
    show_all([early, late], 2, planned=1, seconds=600.0)
    printed = capsys.readouterr().out
    assert "within 2 min: 6.0 times" in printed
    assert "within 10 min: 2.0 times" in printed
    show_all([early, late], 2, planned=1, seconds=120.0)
    assert "within 10 min" not in capsys.readouterr().out


class Deaf:
    """A device that answers nothing and does nothing; its time goes by with each try."""

    def __init__(self) -> None:
        self.tries = 0
        self.clock = self

    def now_s(self) -> float:
        return float(self.tries)

    def sleep(self, seconds: float) -> None:
        self.tries += 1

    def dump(self) -> bytes:
        raise DeviceTimeout("no hierarchy", serial="deaf", timeout_s=3.0)

    def perform(self, action: Action) -> None:
        self.tries += 1
        raise ActionRefused("no", serial="deaf")


def test_a_page_that_does_not_answer_ends_no_walk_of_a_peer() -> None:
    at_random, depth_first = Deaf(), Deaf()
    walk_at_random(cast(WatchedDevice, at_random), "cn.a", 1, 30.0)
    walk_depth_first(cast(WatchedDevice, depth_first), "cn.a", 30.0)
    assert min(at_random.now_s(), depth_first.now_s()) >= 30.0


class Rooms:
    """An app whose screens have doors to others and to nothing; the hall swallows the first Back that it gets."""

    _NODE = (
        '<node class="android.widget.Button" package="cn.a" text="{}" '
        'clickable="true" enabled="true" bounds="[0,{}][500,{}]"/>'
    )

    def __init__(self, doors: dict[str, list[str]]) -> None:
        self.doors = doors
        self.here = ["home"]
        self.seen: list[str] = []
        self.pressed: list[str] = []
        self.starts = 0
        self.swallows = True
        self.clock = self
        self._time_s = 0.0

    def now_s(self) -> float:
        return self._time_s

    def sleep(self, seconds: float) -> None:
        self._time_s += seconds

    def dump(self) -> bytes:
        self.seen.append(self.here[-1])
        doors = self.doors[self.here[-1]]
        nodes = "".join(
            self._NODE.format(f"{name} in {self.here[-1]}", n * 100, n * 100 + 90) for n, name in enumerate(doors)
        )
        title = (
            f'<node class="android.widget.TextView" package="cn.a" text="{self.here[-1]}" bounds="[0,900][500,990]"/>'
        )
        return f'<hierarchy rotation="0">{title}{nodes}</hierarchy>'.encode()

    def perform(self, action: Action) -> None:
        if isinstance(action, Launch):
            self.here, self.starts = ["home"], self.starts + 1
        elif isinstance(action, Tap):
            self.pressed.append(action.label)
            name = action.label.split()[0]
            if name in self.doors:
                self.here.append(name)
        elif isinstance(action, Back):
            if self.here[-1] == "hall" and self.swallows:
                self.swallows = False
            elif len(self.here) > 1:
                self.here.pop()


def test_the_crawl_presses_everything_and_comes_back_to_what_it_left() -> None:
    rooms = Rooms({"home": ["hall", "still", "idle"], "hall": ["attic", "bare"], "attic": []})
    walk_depth_first(cast(WatchedDevice, rooms), "cn.a", 11.0)
    assert {"home", "hall", "attic"} == set(rooms.seen)
    assert set(rooms.pressed) == {"hall in home", "still in home", "idle in home", "attic in hall", "bare in hall"}
    assert rooms.starts == 1
    assert rooms.pressed.index("still in home") > rooms.pressed.index("bare in hall")


def test_a_first_screen_that_shows_nothing_is_left_and_the_app_started_again() -> None:
    rooms = Rooms({"home": []})
    walk_depth_first(cast(WatchedDevice, rooms), "cn.a", 20.0)
    assert rooms.starts == 3


@pytest.mark.slow
def test_a_maze_on_the_device_tells_what_was_shown_and_our_walk_presses_nothing_dangerous() -> None:
    seen = ride(Plan(seed=1, walker=OURS, seconds=20.0, ocr=OCR[0]))
    assert "tab0" in seen.shown
    assert len(seen.shown) >= 3
    assert seen.dangers == []
    assert len(seen.step_costs()) >= seen.actions >= 3
    assert seen.keys
