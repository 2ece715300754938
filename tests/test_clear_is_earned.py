"""Nothing becomes ``clear`` by a screen that could not be looked at, whatever else stands on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.model import WAITING_SHAPES, Box, Channel, Coverage, Gap, Rule, Shape, ShapeKind, Verdict
from harness.report.phrases import Phrases
from harness.rules import ALL_RULES
from harness.rules.corpus import screen

WALKED = Coverage(reaches=(), screens=1, steps=3, untried=0, finished=True)
EACH_RULE = pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
UNREAD: tuple[dict[str, Any], ...] = (
    {"opaque": [[0, 300, 1080, 2300]]},
    {"gaps": [{"channel": "ocr", "reason": "black-frame"}]},
    {"gaps": [{"channel": "hierarchy", "reason": "dump-failed"}]},
)


def _screen(*texts: str, **more: Any) -> dict[str, Any]:
    nodes = [{"text": t, "box": [100, 150 + 200 * n, 100 + 44 * len(t), 220 + 200 * n]} for n, t in enumerate(texts)]
    return {"nodes": nodes, "screen": "s", **more}


def _verdict(law: Rule, raw: dict[str, Any]) -> Verdict:
    return law.conclude([law.detect(screen(raw))], WALKED).verdict


@EACH_RULE
@pytest.mark.parametrize("more", UNREAD, ids=["silent-region", "black-frame", "no-hierarchy"])
@pytest.mark.parametrize("title", ["会议签到", "热搜榜", "我的积分：268", "打卡规则"])
def test_a_look_alike_on_a_page_read_in_part_is_not_clear(law: Rule, more: dict[str, Any], title: str) -> None:
    assert _verdict(law, _screen(title, "会议时间：9:00", **more)) is Verdict.INCONCLUSIVE


@EACH_RULE
@pytest.mark.parametrize(
    "said",
    [
        "网络异常，请检查网络",
        "加载失败，点击重试",
        "服务器开小差了",
        "系统维护中",
        "您暂无访问权限",
        "404 Not Found",
        "加载中…",
    ],
)
def test_a_page_that_says_it_did_not_load_is_not_clear(law: Rule, said: str) -> None:
    outcome = law.detect(screen(_screen("学习", said)))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "screen-not-loaded")
    assert _verdict(law, _screen("学习", said)) is Verdict.INCONCLUSIVE


@EACH_RULE
@pytest.mark.parametrize("kind", WAITING_SHAPES)
def test_a_page_that_only_draws_that_it_waits_is_not_clear(law: Rule, kind: ShapeKind) -> None:
    box = Box(left=500, top=1100, right=580, bottom=1180)
    seen = replace(screen(_screen("首页")), shapes=(Shape(kind=kind, box=box, match_ratio=0.9, method="test"),))
    assert law.conclude([law.detect(seen)], WALKED).verdict is Verdict.INCONCLUSIVE


@EACH_RULE
@pytest.mark.parametrize(
    "said",
    ["关于系统升级维护的公告", "网络安全宣传周", "服务事项 500 项", "暂无数据", "加载更多", "权限说明", "数据中心"],
)
def test_other_pages_with_such_words_are_looked_at(law: Rule, said: str) -> None:
    assert _verdict(law, _screen("首页", said, "办事", "我的")) is Verdict.CLEAR


@EACH_RULE
def test_something_seen_and_never_tried_is_not_clear_whoever_says_that_the_walk_was_finished(law: Rule) -> None:
    page = law.detect(screen(_screen("首页", "办事", "我的")))
    assert law.conclude([page], replace(WALKED, untried=3)).reason == "coverage-walk-unfinished"


@EACH_RULE
def test_a_single_screen_is_told_as_one(law: Rule) -> None:
    said = Phrases().statement(law.detect(screen(_screen("首页", "办事", "我的"))))
    assert "查看了 1 个页面" in said


@EACH_RULE
def test_a_clear_says_how_many_pages_nobody_saw_the_end_of(law: Rule) -> None:
    page = law.detect(screen(_screen("首页", "办事", "我的")))
    whole, cut = (law.conclude([page], replace(WALKED, cut_pages=pages)) for pages in (0, 2))
    assert (whole.verdict, cut.verdict) == (Verdict.CLEAR, Verdict.CLEAR)
    assert Phrases().statement(cut) == Phrases().statement(whole) + "（有 2 个页面很长，只看了前几屏）"


@EACH_RULE
def test_a_large_region_from_which_no_word_could_be_read_was_not_read(law: Rule) -> None:
    drawn = _screen("首页", opaque=[[0, 300, 1080, 2300]], engines=["case"])
    assert _verdict(law, drawn) is Verdict.INCONCLUSIVE
    assert _verdict(law, _screen("首页", opaque=[[0, 300, 1080, 900]], engines=["case"])) is Verdict.CLEAR  # a picture


@EACH_RULE
def test_a_picture_that_failed_keeps_back_only_what_pixels_alone_show(law: Rule) -> None:
    black = [{"channel": "picture", "reason": "black-frame"}]
    assert _verdict(law, _screen("首页", "办事", "我的", gaps=black)) is Verdict.CLEAR
    drawn = _screen("首页", "办事", "我的", gaps=black, opaque=[[0, 700, 1080, 1200]])
    assert _verdict(law, drawn) is Verdict.INCONCLUSIVE


@EACH_RULE
def test_a_lost_step_keeps_back_every_clear(law: Rule) -> None:
    page = law.detect(screen(_screen("首页", "办事", "我的")))
    lost = Gap(channel=Channel.PAGE, reason="action-failed")
    assert law.conclude([page], WALKED).verdict is Verdict.CLEAR
    assert law.conclude([page], replace(WALKED, gaps=(lost,))).verdict is Verdict.INCONCLUSIVE
