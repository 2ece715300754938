"""A function that asks to follow an account is found only where it stays locked after declining; none is followed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge import replay
from harness.model import Launch, Marker, Outcome, Stop, Tap, Verdict
from harness.rules import forced_follow, wants_probe
from harness.rules.corpus import WALKED, screen
from tests.simulated_lesson import Screens, drive

RULE = forced_follow.RULE
PACKAGE = "cn.example.portal"


def _page(title: str, *lines: str, name: str, package: str = PACKAGE) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [440, 150, 440 + 44 * len(title), 220]}] if title else []
    for number, line in enumerate(lines):
        text, top = line.lstrip("*"), 420 + 110 * number
        box = [60, top, min(1070, 60 + 44 * len(text)), top + 60]
        nodes.append({"text": text, "box": box, "clickable": line.startswith("*")})
    return {"package": package, "screen": name, "nodes": nodes}


ASKS = "请先关注“示例人社”公众号"
SCREENS = {
    "lock": _page("工资查询", ASKS, "*去关注", "*取消", name="lock"),
    "bare": _page("工资查询", ASKS, "*去关注", name="bare"),
    "dialog": _page("", "关注“示例人社”公众号后方可使用工资查询", "*去关注", "*取消", name="dialog"),
    "twice": _page("工资查询", ASKS, "*去关注", "*以后再说", name="twice"),
    "pay": _page("工资查询", "2026年10月", "应发合计 6500", name="pay"),
    "home": _page("示例人社", "*工资查询", "*社保查询", "*我的", name="home"),
    "other": _page("更多", "*帮助", name="other"),
    "launcher": _page("桌面", "*示例人社", name="launcher", package="com.android.launcher3"),
}


def _probe(start: str, ways: dict[tuple[str, str], str], first: str = "home") -> tuple[Outcome, Screens]:
    phone = Screens(screens=SCREENS, ways=ways, place=start, start=first)
    outcome, run = drive(forced_follow.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    assert not [a for a in phone.actions if isinstance(a, Tap) and "关注" in a.label]
    return outcome, phone


def test_a_function_that_is_locked_again_after_declining_is_found() -> None:
    outcome, phone = _probe("lock", {("lock", "取消"): "home", ("home", "工资查询"): "lock"})
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "forced-follow-locked")
    assert Marker.GATE in outcome.markers
    assert [a.label for a in phone.actions if isinstance(a, Tap)] == ["取消", "工资查询"]
    assert [m.value for m in outcome.measures] == [1.0]


def test_a_dialog_over_the_function_names_the_entry_to_it() -> None:
    outcome, _ = _probe("dialog", {("dialog", "取消"): "home", ("home", "工资查询"): "dialog"})
    assert outcome.verdict is Verdict.FOUND


def test_a_lock_without_a_way_to_decline_is_entered_again_after_back() -> None:
    outcome, _ = _probe("bare", {("bare", "Back"): "home", ("home", "工资查询"): "bare"})
    assert outcome.verdict is Verdict.FOUND


def test_a_lock_on_the_whole_app_that_swallows_back_is_there_after_a_restart() -> None:
    outcome, phone = _probe("bare", {}, first="bare")
    assert outcome.verdict is Verdict.FOUND
    assert [type(a) for a in phone.actions[-2:]] == [Stop, Launch]


def test_a_lock_that_back_leaves_the_app_from_is_there_after_a_restart() -> None:
    outcome, _ = _probe("lock", {("lock", "取消"): "launcher"}, first="lock")
    assert outcome.verdict is Verdict.FOUND


@pytest.mark.parametrize(
    ("start", "ways"),
    [
        ("lock", {("lock", "取消"): "pay"}),
        ("lock", {("lock", "取消"): "twice", ("twice", "以后再说"): "pay"}),
        ("lock", {("lock", "取消"): "home", ("home", "工资查询"): "pay"}),
        ("bare", {("bare", "Back"): "home", ("home", "工资查询"): "pay"}),
        ("bare", {("launcher", "Launch"): "home", ("home", "工资查询"): "pay"}),
    ],
)
def test_a_function_that_opens_without_following_is_clear(start: str, ways: dict[tuple[str, str], str]) -> None:
    outcome, _ = _probe(start, ways)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "forced-follow-opened")
    static = RULE.detect(screen(SCREENS[start]))
    assert RULE.conclude([static, outcome], WALKED).verdict is Verdict.CLEAR


def test_where_the_way_in_is_not_found_again_a_person_decides() -> None:
    outcome, _ = _probe("lock", {("lock", "取消"): "other"})
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "forced-follow-demand-only")


def test_a_lock_wants_a_probe_and_a_page_of_rules_does_not() -> None:
    rules = _page("使用说明", "关注示例人社公众号后方可查询", name="rules")
    wanted = [wants_probe(RULE.detect(screen(page))) for page in (SCREENS["lock"], rules)]
    assert wanted == [True, False]


def test_the_opinions_alone_are_cited() -> None:
    assert {clause.document for clause in (RULE.clause, *RULE.also)} == {"《关于防治“指尖上的形式主义”的若干意见》"}


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("示例发布", ("扫码关注公众号，获取更多资讯", "*关注")),
        ("办件进度", ("关注公众号后可接收办理进度提醒", "*去关注")),
        ("活动", ("关注公众号后即可参与抽奖", "*去关注")),
        ("活动", ("请先关注公众号再领取礼品", "*去关注")),
        ("常见问题", ("为什么要先关注公众号？", "如何关注公众号后查询医保？")),
        ("就诊须知", ("须先关注血压变化", "医院服务号：示例医院")),
        ("关于", ("*关注我们", "官方微信：示例发布", "官方微博：示例发布")),
        ("通知", ("请全体居民关注“示例发布”公众号，及时了解停水信息",)),
        ("政策解读", ("不得强制要求关注政务公众号", "不得将关注率纳入考核")),
        ("要闻", ("*某县要求全员关注公众号并截图上报被通报",)),
        ("舆情", ("关注度 87%", "公众号文章 12篇")),
        ("我的关注", ("公众号", "*已关注", "未关注")),
        ("信访", ("请持续关注办理结果", "公众号")),
        ("儿童健康", ("关注率 87%", "未关注人员：0", "微博")),
        ("登录", ("关注公众号后登录更方便", "*去关注", "*登录")),
        ("通知", ("各单位要关注政务新媒体内容安全", "公众号")),
        ("网络投票", ("关注公众号后可以投票", "*去关注")),
        ("会议", ("参会人员请先关注会务公众号以便接收通知", "*关注")),
    ],
)
def test_invitations_news_and_other_attention_are_never_found(title: str, lines: tuple[str, ...]) -> None:
    outcome = RULE.conclude([RULE.detect(screen(_page(title, *lines, name="s")))], WALKED)
    assert outcome.verdict in {Verdict.CLEAR, Verdict.PRESENT}
