"""A wall that asks for an app is found only after every way to decline, Back and a restart; nothing is installed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge import replay
from harness.model import Back, Coverage, Launch, Marker, Outcome, Stop, Tap, Verdict
from harness.rules import forced_install, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import Screens, drive

RULE = forced_install.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
PACKAGE = "cn.example.portal"


def _screen(*lines: str, name: str, package: str = PACKAGE) -> dict[str, Any]:
    nodes = [
        {
            "text": line.lstrip("*"),
            "box": [60, 200 + 110 * n, min(1060, 60 + 42 * len(line)), 260 + 110 * n],
            "clickable": line.startswith("*"),
        }
        for n, line in enumerate(lines)
    ]
    return {"package": package, "screen": name, "nodes": nodes}


BEHIND = ("政务大厅", "社保查询", "公积金查询", "办事预约", "我的办件")
SCREENS = {
    "wall": _screen("请先安装“示例通”APP后继续使用", "*立即安装", "*取消", "*以后再说", name="wall"),
    "bare": _screen("请先安装“示例通”APP后继续使用", "*立即下载", name="bare"),
    "web": _screen("请先安装“示例通”APP后继续使用", "*立即下载", "*继续网页版", name="web"),
    "over": _screen(*BEHIND, "请先安装“示例通”APP后继续使用", "*立即下载", "*取消", name="over"),
    "home": _screen(*BEHIND, name="home"),
    "other": _screen("办事指南", "社保", "医保", name="other"),
    "launcher": _screen("桌面", name="launcher", package="com.android.launcher3"),
}


def _probe(start: str, ways: dict[tuple[str, str], str]) -> tuple[Outcome, Screens]:
    phone = Screens(screens=SCREENS, ways=ways, place=start, start=start)
    outcome, run = drive(forced_install.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    labels = [a.label for a in phone.actions if isinstance(a, Tap)]
    assert not [label for label in labels if "安装" in label or "下载" in label]
    return outcome, phone


def test_a_wall_that_stands_after_every_decline_back_and_a_restart_is_found() -> None:
    outcome, phone = _probe("wall", {("wall", "Back"): "launcher"})
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "forced-install-wall-stands")
    assert Marker.GATE in outcome.markers
    assert dict(outcome.data)["tried"] == "取消、以后再说、返回"
    assert [type(a) for a in phone.actions] == [Tap, Tap, Back, Stop, Launch]


def test_a_wall_without_any_way_to_decline_that_swallows_back_is_found() -> None:
    outcome, _ = _probe("bare", {})
    assert outcome.verdict is Verdict.FOUND
    assert [(m.name, m.value) for m in outcome.measures] == [
        ("forced-install-still-after-back", 1.0),
        ("forced-install-still-after-restart", 1.0),
    ]


def test_a_decline_that_closes_the_app_is_no_way_on() -> None:
    outcome, _ = _probe("wall", {("wall", "取消"): "launcher"})
    assert outcome.verdict is Verdict.FOUND


@pytest.mark.parametrize(
    ("start", "ways"),
    [
        ("web", {("web", "继续网页版"): "home"}),
        ("over", {("over", "取消"): "home"}),
        ("over", {("over", "Back"): "home"}),
    ],
)
def test_a_demand_that_can_be_declined_is_clear(start: str, ways: dict[tuple[str, str], str]) -> None:
    outcome, _ = _probe(start, ways)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "forced-install-declined")
    static = forced_install.detect(screen(SCREENS[start]))
    assert forced_install.conclude([static, outcome], WALKED).verdict is Verdict.CLEAR


@pytest.mark.parametrize("ways", [{("wall", "取消"): "other"}, {("wall", "Back"): "other"}])
def test_a_demand_of_one_function_is_left_to_a_person(ways: dict[tuple[str, str], str]) -> None:
    outcome, _ = _probe("wall", ways)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "forced-install-elsewhere")


def test_a_wall_that_is_gone_after_a_restart_gives_way() -> None:
    outcome, _ = _probe("wall", {("wall", "Back"): "launcher", ("launcher", "Launch"): "home"})
    assert outcome.verdict is Verdict.PRESENT


def test_a_wall_wants_a_probe_and_is_present_until_one_ran() -> None:
    shown = forced_install.detect(screen(SCREENS["wall"]))
    assert (shown.verdict, wants_probe(shown)) == (Verdict.PRESENT, True)


@pytest.mark.parametrize(
    "said",
    [
        "请全体干部于3月5日前完成下载安装示例通APP",
        "各单位干部职工务必下载安装示例通客户端",
        "每名网格员必须安装示例通APP",
        "所有党员须下载示例通APP并注册",
        "未按时安装示例通APP的予以通报",
        "示例通APP未安装人员名单",
    ],
)
def test_an_order_to_people_is_found(said: str) -> None:
    outcome = forced_install.detect(screen(_screen("通知", said, name="notice")))
    assert outcome.verdict is Verdict.FOUND
    assert outcome.markers & {Marker.ASSIGNMENT, Marker.CONSEQUENCE}


@pytest.mark.parametrize("said", ["*全体干部须下载安装示例通APP，详情点击", "关于全体干部须下载安装示例通APP的通知"])
def test_a_headline_that_leads_to_an_order_is_not_yet_one(said: str) -> None:
    outcome = forced_install.detect(screen(_screen("通知", said, name="notice")))
    assert outcome.verdict is Verdict.CLEAR
