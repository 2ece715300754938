"""A day that passes without a check-in: what the record says after it, and that nobody is signed in for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.judge import replay
from harness.messages import LANGUAGES, catalogue
from harness.model import (
    Action,
    Back,
    DenyPermission,
    Home,
    Launch,
    Marker,
    NextDay,
    Observation,
    ObservationId,
    Outcome,
    ProbeRun,
    Stop,
    Tap,
    Verdict,
    Wait,
)
from harness.rules import mandatory_check_in as rule
from harness.rules import once_in_an_app, wants_probe
from harness.rules.check_in_day import record_entry
from harness.rules.check_in_signs import picture_controls
from harness.rules.check_in_wall import BACK_REFUSED
from harness.rules.corpus import screen

ENTRIES = ("签到日历", "打卡记录", "查看考勤记录", "我的打卡记录", "考勤统计")


@dataclass(slots=True, kw_only=True)
class App:
    """An app with a check-in, its record, and a device whose clock may be moved."""

    walled: bool = True
    moves: bool = True
    per_day: int = 1  # check-ins marked as missed for a day without one
    asks_place: bool = False
    toast: str = "请先签到"
    control: str = "立即签到"
    day: int = 0
    place: str = "front"
    denied: bool = False
    toasts: tuple[str, ...] = ()
    actions: list[Action] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)

    def look(self) -> Observation:
        """Return what is on the screen now."""
        texts = self._record() if self.place == "record" else self._front()
        nodes = [
            {"text": t, "box": [300, 300 + 120 * n, 300 + 44 * len(t), 360 + 120 * n], "clickable": c}
            for n, (t, c) in enumerate(texts)
        ]
        raw = {"nodes": nodes, "screen": self.place, "toasts": self.toasts, "device_day": self.day}
        self.seen.append(screen(raw, index=len(self.seen) + 1))
        return self.seen[-1]

    def perform(self, action: Action) -> Observation:
        """Do one action and return the screen after it."""
        self.actions.append(action)
        self.toasts = ()
        match action:
            case Tap(label=label) if label in ENTRIES:
                self.place = "record"
            case Back() if self.place == "front" and self.walled:
                self.toasts = (self.toast,)
            case Back() | Launch() | Stop():
                self.place = "front"
            case NextDay() if self.moves:
                self.day += 1
            case DenyPermission():
                self.denied = True
            case _:
                pass
        return self.look()

    def _front(self) -> list[tuple[str, bool]]:
        texts = [("今日未签到", False), (self.control, True), ("签到日历", True)]
        if self.asks_place:
            said = "未开启定位权限，无法确认签到位置" if self.denied else "正在获取签到位置…"
            texts.append((said, False))
        others = () if self.walled else ("通知公告", "公文办理", "会议安排", "我的")
        return [*texts, *((t, True) for t in others)]

    def _record(self) -> list[tuple[str, bool]]:
        missed = 3 + self.day * self.per_day
        streak = 0 if self.day else 12
        return [("签到日历", False), (f"缺卡{missed}天", False), (f"连续签到{streak}天", False)]


def _run(app: App) -> Outcome:
    start = replace(app.look(), id=ObservationId("o0001"))
    seen, exchanges = [start], []
    generator = rule.probe(start)
    try:
        action = next(generator)
        while True:
            seen.append(replace(app.perform(action), id=ObservationId(f"o{len(seen) + 1:04d}")))
            exchanges.append((action, seen[-1].id))
            action = generator.send(seen[-1])
    except StopIteration as end:
        outcome: Outcome = end.value
        run = ProbeRun(rule=rule.RULE.id, start=start.id, exchanges=tuple(exchanges))
        assert replay(rule.RULE, run, {o.id: o for o in seen}) == outcome
        return outcome


def _readings(outcome: Outcome) -> dict[str, float | None]:
    return {m.name.removeprefix("mandatory-check-in-measure-"): m.value for m in outcome.measures}


def test_the_day_that_passed_unsigned_is_marked_as_missed_and_told_with_both_numbers() -> None:
    app = App()
    outcome = _run(app)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "mandatory-check-in-wall-and-next-day")
    data = dict(outcome.data)
    assert (data["missing_before"], data["missing_after"], data["day_mark"]) == (3, 4, "缺卡4天")
    assert data["toast"] == "请先签到"
    assert _readings(outcome) == {
        "wall-after-back": 1.0,
        "wall-after-restart": 1.0,
        "missing-before": 3.0,
        "streak-before": 12.0,
        "day-passed": 1.0,
        "asked-next-day": 1.0,
        "missing-after": 4.0,
        "streak-after": 0.0,
    }
    assert {m.observation for m in outcome.measures} <= {o.id for o in app.seen}
    assert Marker.GATE in outcome.markers


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reading_and_mark_has_a_text(language: str) -> None:
    outcome = _run(App(asks_place=True))
    keys = {m.name for m in outcome.measures} | {m.why for m in outcome.marks} | {outcome.reason}
    assert len(keys) > 10
    assert keys - set(catalogue(language)) == set()


def test_the_day_comes_last_and_nothing_but_the_record_is_pressed() -> None:
    app = App(asks_place=True)
    _run(app)
    kinds = [type(a) for a in app.actions]
    assert kinds.index(DenyPermission) < kinds.index(NextDay)
    assert {a.label for a in app.actions if isinstance(a, Tap)} == {"签到日历"}
    assert kinds.count(NextDay) == 1
    assert len(kinds) <= 20
    assert not {Home, Wait} & set(kinds)


def test_a_device_that_keeps_its_clock_ends_the_probe_with_a_reading_that_says_so() -> None:
    app = App(moves=False)
    outcome = _run(app)
    assert _readings(outcome)["day-passed"] == 0.0
    assert isinstance(app.actions[-1], NextDay)
    assert outcome.reason != "mandatory-check-in-wall-and-next-day"
    assert "missing_after" not in dict(outcome.data)


def test_a_record_that_says_nothing_of_the_day_accuses_of_nothing_more() -> None:
    outcome = _run(App(per_day=0))
    assert "next-day-missing" not in outcome.signs
    assert outcome.reason == "mandatory-check-in-wall-and-missing"


def test_a_record_that_grows_by_more_than_a_day_had_not_loaded_before() -> None:
    outcome = _run(App(per_day=9))
    assert "next-day-missing" not in outcome.signs
    assert _readings(outcome)["missing-after"] == 12.0


def test_a_check_in_that_stands_in_no_way_is_probed_by_a_day_alone() -> None:
    app = App(walled=False)
    static = rule.detect(app.look())
    assert wants_probe(static)
    assert once_in_an_app(static)
    outcome = _run(app)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "mandatory-check-in-next-day")
    assert [type(a) for a in app.actions] == [Tap, Back, NextDay, Tap]
    assert Marker.GATE not in outcome.markers


def test_what_the_page_demands_without_the_place_is_measured_and_the_button_is_not_pressed() -> None:
    outcome = _run(App(asks_place=True))
    readings = _readings(outcome)
    assert (readings["place-demanded"], readings["usable-without-place"]) == (1.0, 1.0)
    assert dict(outcome.data)["demand"] == "未开启定位权限，无法确认签到位置"


@pytest.mark.parametrize("said", ["请先签到", "签到后方可使用", "未签到，不能使用其他功能", "请先完成今日打卡"])
def test_words_that_swallow_back_are_known(said: str) -> None:
    assert BACK_REFUSED.search(said)


@pytest.mark.parametrize("said", ["再按一次退出", "请先登录", "签到成功", "可先签到领积分", "打卡地已收藏", "签到有礼"])
def test_other_things_said_in_passing_are_no_refusal(said: str) -> None:
    assert not BACK_REFUSED.search(said)
    assert "toast" not in dict(_run(App(toast=said)).data)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_record_is_opened_by_its_own_entry(entry: str) -> None:
    found = record_entry(_page(((entry, True), ("立即签到", True))))
    assert found is not None
    assert found.norm == entry


@pytest.mark.parametrize("entry", ["签到", "打卡", "签到规则", "补签", "签到排行", "打卡提醒"])
def test_nothing_else_is_taken_for_an_entry_to_the_record(entry: str) -> None:
    assert record_entry(_page(((entry, True), ("立即签到", True)))) is None


def test_an_entry_whose_press_might_meet_the_check_in_is_left_alone() -> None:
    nodes = [
        {"class": "android.view.View", "box": [0, 300, 1080, 900], "clickable": True},
        {"text": "打卡记录", "box": [60, 320, 300, 380], "clickable": True, "parent": 1},
        {"text": "立即打卡", "box": [400, 600, 700, 700], "clickable": True, "parent": 1},
    ]
    nodes[1] = {**nodes[1], "box": [0, 300, 1080, 900]}
    assert record_entry(screen({"nodes": nodes})) is None


@pytest.mark.parametrize(
    "name", ["btnCheckIn", "iv_check_in", "clock_in", "signTv", "btn_sign_in", "img_qiandao", "daka"]
)
def test_pictures_named_a_check_in_are_seen(name: str) -> None:
    assert picture_controls(_pictured(name))


@pytest.mark.parametrize(
    "name", ["sign_in_password", "checkbox", "checking", "design", "signal", "iv_assign", "clock_icon", "signature"]
)
def test_pictures_with_other_names_are_none(name: str) -> None:
    assert not picture_controls(_pictured(name))


def test_a_picture_beside_words_of_a_log_in_is_a_log_in() -> None:
    assert not picture_controls(_pictured("sign_in", "手机号登录"))


def _page(texts: Sequence[tuple[str, bool]]) -> Observation:
    nodes = [
        {"text": t, "box": [100, 300 + 150 * n, 100 + 44 * len(t), 360 + 150 * n], "clickable": c}
        for n, (t, c) in enumerate(texts)
    ]
    return screen({"nodes": nodes})


def _pictured(name: str, *texts: str) -> Observation:
    nodes: list[dict[str, Any]] = [{"text": t, "box": [60, 300, 400, 360]} for t in texts]
    picture = {"class": "android.widget.ImageView", "id": f"cn.example:id/{name}", "box": [400, 900, 680, 1000]}
    return screen({"nodes": [*nodes, {**picture, "clickable": True}]})


def test_missed_days_are_told_as_the_record_counts_them_and_no_neighbour_is_called_missed() -> None:
    days = [("22", "已签"), ("23", "缺卡"), ("24", "已签"), ("25", "缺卡")]
    nodes = [{"text": "签到日历", "box": [400, 150, 700, 220]}, {"text": "缺卡2天", "box": [700, 300, 900, 360]}]
    for at, (day, sign) in enumerate(days):
        left = 78 + 132 * at
        nodes.append({"text": day, "box": [left + 41, 1224, left + 91, 1287]})
        nodes.append({"text": sign, "box": [left, 1286, left + 132, 1328]})
    # Days without a mark are cells as high as both lines: by them the two lines run together.
    nodes += [{"text": str(26 + n), "box": [606 + 132 * n, 1218, 738 + 132 * n, 1350]} for n in (0, 1)]
    nodes += [
        {"text": f"11月{d}日 缺卡（漏签）", "box": [78, 1759 + 160 * n, 816, 1826 + 160 * n]}
        for n, d in ((0, 25), (1, 23))
    ]
    outcome = rule.detect(screen({"nodes": nodes}))
    assert dict(outcome.data)["missing_days"] == 2
    assert not [m.text for m in outcome.marks if m.text.startswith(("22", "24"))]
