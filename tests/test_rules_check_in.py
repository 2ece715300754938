"""Check-in: structure and not keywords; the wall is proven by Back and a restart, and nobody is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.judge import replay
from harness.model import (
    Action,
    Back,
    Coverage,
    Launch,
    Marker,
    NextDay,
    Observation,
    Outcome,
    ProbeRun,
    Stop,
    Tap,
    Verdict,
)
from harness.rules import mandatory_check_in as rule
from harness.rules import wants_probe
from harness.rules.corpus import screen

WALKED = Coverage(reaches=(), screens=2, steps=2, untried=0, finished=True)
WALL = [
    ("今日未签到", 700, False),
    ("立即签到", 1100, True),
    ("查看签到规则", 1300, True),
]
HOME = [("通知公告", 500, True), ("公文办理", 700, True), ("会议安排", 900, True), ("我的", 2200, True)]


def _screen(texts: list[tuple[str, int, bool]], *, package: str = "cn.example.app", name: str = "s") -> dict[str, Any]:
    nodes = [{"text": t, "box": [380, y, 380 + 44 * len(t), y + 60], "clickable": c} for t, y, c in texts]
    return {"package": package, "screen": name, "nodes": nodes}


def _run(answers: Callable[[Action], dict[str, Any]]) -> tuple[Outcome, list[Action]]:
    start = screen(_screen(WALL, name="wall"))
    generator = rule.probe(start)
    actions: list[Action] = []
    seen: list[Observation] = [start]
    try:
        action = next(generator)
        while True:
            actions.append(action)
            seen.append(screen(answers(action), index=len(seen) + 1))
            action = generator.send(seen[-1])
    except StopIteration as end:
        outcome: Outcome = end.value
        exchanges = tuple((action, after.id) for action, after in zip(actions, seen[1:], strict=True))
        run = ProbeRun(rule=rule.RULE.id, start=start.id, exchanges=exchanges)
        assert replay(rule.RULE, run, {o.id: o for o in seen}) == outcome
        return outcome, actions


def test_a_wall_that_comes_back_is_found_and_nothing_was_pressed() -> None:
    outcome, actions = _run(lambda _: _screen(WALL, name="wall"))
    assert outcome.verdict is Verdict.FOUND
    assert outcome.reason == "mandatory-check-in-wall"
    assert Marker.GATE in outcome.markers
    assert [type(a) for a in actions] == [Back, Stop, Launch, NextDay]
    assert not [a for a in actions if isinstance(a, Tap)]


def test_a_wall_that_back_leaves_and_a_restart_brings_again_is_found() -> None:
    launcher = _screen([("电话", 500, True)], package="com.android.launcher3")
    outcome, _ = _run(lambda a: launcher if isinstance(a, (Back, Stop)) else _screen(WALL, name="wall"))
    assert outcome.verdict is Verdict.FOUND


def test_a_check_in_page_that_back_leaves_is_no_wall() -> None:
    outcome, actions = _run(lambda _: _screen(HOME, name="home"))
    assert outcome.verdict is Verdict.PRESENT
    assert outcome.reason == "mandatory-check-in-wall-went-away"
    assert [type(a) for a in actions] == [Back]


def test_a_wall_shown_only_once_is_no_wall() -> None:
    launcher = _screen([("电话", 500, True)], package="com.android.launcher3")
    home = _screen(HOME, name="home")
    outcome, _ = _run(lambda a: launcher if isinstance(a, (Back, Stop)) else home)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "mandatory-check-in-wall-once-only")


def test_an_unreadable_screen_after_the_restart_proves_nothing() -> None:
    blind = {"screen": "?", "nodes": [], "gaps": [{"channel": "hierarchy", "reason": "dump-failed"}]}
    outcome, _ = _run(lambda a: blind if not isinstance(a, Back) else _screen(WALL, name="wall"))
    assert outcome.verdict is Verdict.INCONCLUSIVE


def test_only_a_screen_that_offers_hardly_anything_else_wants_the_probe() -> None:
    wall = rule.detect(screen(_screen(WALL)))
    closable = rule.detect(screen(_screen([*WALL, ("稍后再说", 1500, True)])))
    home = rule.detect(screen(_screen([*WALL, *HOME])))
    assert (wants_probe(wall), wants_probe(closable), wants_probe(home)) == (True, False, False)


def test_functions_under_an_overlay_do_not_count_as_a_way_on() -> None:
    cover = {"class": "android.app.Dialog", "box": [0, 0, 1080, 2400]}
    nodes = [{**n, "parent": 0} for n in _screen(HOME)["nodes"]]
    nodes.append(cover)
    nodes += [{**n, "parent": len(nodes)} for n in _screen(WALL)["nodes"]]
    assert wants_probe(rule.detect(screen({"nodes": nodes})))


def test_a_tab_bar_below_the_page_and_its_list_are_a_way_on() -> None:
    main = {"class": "android.view.View", "box": [0, 144, 1080, 2256]}
    inside = [("本班未打卡", 700, False), ("值守打卡", 900, True), ("值班表", 1200, True), ("安全培训", 1400, True)]
    nodes = [main, *({**n, "parent": 1} for n in _screen(inside)["nodes"])]
    nodes += [{**n, "parent": 0} for n in _screen([("雨水情", 2300, True), ("我的", 2300, True)])["nodes"]]
    assert not wants_probe(rule.detect(screen({"nodes": nodes})))


def test_control_on_one_screen_and_missed_days_on_another_are_joined() -> None:
    button = rule.detect(screen(_screen([("立即签到", 900, True), *HOME], name="home")))
    calendar = rule.detect(
        screen(_screen([("签到日历", 150, False), ("缺卡3天", 500, False)], name="calendar"), index=2)
    )
    joined = rule.conclude([button, calendar], WALKED)
    assert (joined.verdict, joined.reason) == (Verdict.FOUND, "mandatory-check-in-missing")
    assert dict(joined.data)["missing_days"] == 3
    assert {m.observation for m in joined.marks} == {"o0001", "o0002"}


def test_the_name_of_a_makeup_form_is_no_record_and_makes_no_streak_of_a_check_in() -> None:
    words = [("搜索", 200, False), ("热门搜索", 400, False), ("签到", 600, True), ("补卡申请", 800, True)]
    outcome = rule.detect(screen(_screen([*words, ("请假", 1000, True)])))
    assert outcome.verdict is Verdict.PRESENT
    assert rule.conclude([outcome], WALKED).verdict is Verdict.PRESENT


def test_zero_missed_days_are_not_missed_days() -> None:
    outcome = rule.detect(screen(_screen([("签到日历", 150, False), ("缺卡0天", 500, False), ("立即签到", 900, True)])))
    assert "missing" not in outcome.signs


def test_days_still_unsigned_in_a_calendar_are_not_counted_as_missed() -> None:
    days = [{"text": str(n), "box": [100 * n, 600, 100 * n + 40, 640]} for n in range(1, 8)]
    cells = [{"text": "未签", "box": [100 * n - 10, 645, 100 * n + 60, 680]} for n in range(1, 8)]
    nodes = [*_screen([("签到日历", 150, False), ("立即签到", 1500, True)])["nodes"], *days, *cells]
    assert "missing" not in rule.detect(screen({"nodes": nodes})).signs


def test_a_legend_is_not_a_missed_day() -> None:
    legend = [
        {"text": t, "box": [100 + 200 * n, 900, 180 + 200 * n, 940]} for n, t in enumerate(("正常", "迟到", "缺卡"))
    ]
    nodes = [*_screen([("考勤日历", 150, False), ("立即打卡", 1500, True)])["nodes"], *legend]
    assert "missing" not in rule.detect(screen({"nodes": nodes})).signs


@pytest.mark.parametrize("text", ["漏签不影响年度考核", "签到不纳入考核", "取消签到排名通报", "无须打卡满22天"])
def test_a_sentence_that_denies_the_consequence_is_no_sign_of_it(text: str) -> None:
    nodes = [("每日签到", 150, False), ("立即签到", 900, True), ("签到日历", 1000, True), (text, 1200, False)]
    outcome = rule.detect(screen(_screen(nodes)))
    assert Marker.CONSEQUENCE not in outcome.markers
    assert Marker.QUOTA not in outcome.markers


@pytest.mark.parametrize(
    "text", ["立即签到", "去签到", "马上签到", "一键签到", "上班打卡", "外勤打卡", "今日签到+2", "签到领积分"]
)
def test_orders_are_controls_even_where_the_node_is_not_marked_clickable(text: str) -> None:
    assert "control" in rule.detect(screen(_screen([(text, 900, False)]))).signs


@pytest.mark.parametrize(
    "text",
    ["已签到", "我已签到", "今日已签到", "明日签到可得5积分", "已连续签到12天", "连签3天", "今天已签到，获得积分+2"],
)
def test_a_done_state_proves_control_and_record(text: str) -> None:
    assert {"control", "record"} <= rule.detect(screen(_screen([(text, 900, False)]))).signs


@pytest.mark.parametrize("text", ["打卡成功后可继续查看说明", "签到分享", "签收", "打卡地推荐", "会议签到", "签约服务"])
def test_look_alike_words_are_no_control(text: str) -> None:
    assert "control" not in rule.detect(screen(_screen([(text, 900, True)]))).signs


def test_the_rules_page_alone_is_text_only_and_weighs_when_joined() -> None:
    rules = rule.detect(
        screen(_screen([("签到规则", 150, False), ("漏签纳入年度考核，每次扣0.5分", 500, False)]), index=2)
    )
    done = rule.detect(screen(_screen([("今日已签到", 500, False), *HOME])))
    assert rules.verdict is Verdict.CLEAR
    assert rule.conclude([done, rules], WALKED).reason == "mandatory-check-in-consequence"
