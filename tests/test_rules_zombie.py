"""Neglect is a question raised by two kinds of signs; repairs, archives, seasons and one's own lists are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.model import Outcome, Verdict
from harness.rules import zombie_app
from harness.rules.corpus import WALKED, screen

RULE = zombie_app.RULE
OLD = ("2023-05-12", "2023年4月2日", "[2023-03-18]", "发布时间：2022/12/30", "2022.11.11 10:30")


def _page(title: str, lines: Sequence[str], name: str = "s", **more: Any) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [300, 150, 300 + 40 * len(title), 220]}]
    for number, line in enumerate(lines):
        text, top = line.lstrip("*"), 420 + 110 * number
        box = [60, top, min(1070, 60 + 44 * len(text)), top + 60]
        nodes.append({"text": text, "box": box, "clickable": line.startswith("*")})
    return {"screen": name, "nodes": nodes, "day": 300, **more}


def _with_back(page: dict[str, Any]) -> dict[str, Any]:
    """Return the page with an arrow that leads back, as every page but the first has one."""
    return {**page, "nodes": [{"desc": "返回", "box": [0, 140, 120, 230], "clickable": True}, *page["nodes"]]}


def _judge(*pages: dict[str, Any]) -> Outcome:
    return RULE.conclude([RULE.detect(screen(p, index=n)) for n, p in enumerate(pages, 1)], WALKED)


NEWS = _page("新闻动态", OLD, "news")
EMPTY = tuple(_with_back(_page(t, ("功能建设中，敬请期待",), "stub")) for t in ("便民地图", "预约办事", "智能问答"))


def test_old_news_and_empty_entries_are_a_question_and_never_more() -> None:
    outcome = _judge(NEWS, *EMPTY)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "zombie-app-two-signs")
    data = dict(outcome.data)
    assert (data["empty"], data["newest"]) == (3, "2023-05-12")


def test_entries_that_only_say_so_in_passing_are_empty_too() -> None:
    home = [_page("首页", ("*便民地图", "*预约办事"), "home", toasts=["功能建设中，敬请期待"]) for _ in range(3)]
    assert _judge(NEWS, *home).verdict is Verdict.PRESENT
    network = [_page("首页", ("*便民地图", "*预约办事"), "home", toasts=["网络异常，请稍后再试"]) for _ in range(3)]
    assert _judge(NEWS, *network).verdict is Verdict.CLEAR


def test_one_kind_of_sign_alone_is_told_and_raises_nothing() -> None:
    for pages in ((NEWS,), EMPTY):
        outcome = _judge(*pages)
        assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "zombie-app-one-sign")


@pytest.mark.parametrize(
    "fresh",
    [
        _page("资讯", ("2026-11-01",), "f"),
        _page("资讯", ("3小时前",), "f"),
        _page("资讯", ("11-20",), "f"),
        _page("资讯", ("11月20日",), "f"),
        _page("资讯", ("昨天 10:30",), "f"),
    ],
)
def test_something_new_anywhere_outweighs_old_news(fresh: dict[str, Any]) -> None:
    assert _judge(NEWS, *EMPTY, fresh).verdict is Verdict.CLEAR


def test_the_date_of_today_beside_its_weekday_is_a_clock_and_no_news() -> None:
    assert _judge(NEWS, *EMPTY, _page("首页", ("2026年11月21日 星期六",), "f")).verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    "pages",
    [
        [_page("政策法规", OLD), *EMPTY],
        [_page("历史公告", OLD), *EMPTY],
        [_page("我的办件", ("通知", *OLD)), *EMPTY],
        [_page("缴费记录", OLD), *EMPTY],
        [NEWS, *(_page(t, ("暂无数据",)) for t in ("我的收藏", "我的消息", "我的预约"))],
        [NEWS, *(_page(t, ("网络异常，请检查网络",)) for t in ("地图", "预约", "问答"))],
        [NEWS, *(_page(t, ("系统维护中",)) for t in ("地图", "预约", "问答"))],
        [NEWS, *(_page(t, ("您暂无访问权限",)) for t in ("地图", "预约", "问答"))],
        [NEWS, *(_page(t, ("该功能暂未开放", "*请登录")) for t in ("地图", "预约", "问答"))],
        [NEWS, _page("公告", ("本系统维护期间已停止服务",))],
        [NEWS, _page("公告", ("某县APP已停止运营",))],
        [NEWS, _page("公告", ("旧版应用已停止服务，请升级",))],
        [NEWS, _page("公告", ("*本平台已停止服务，详情点击",))],
        [NEWS, _page("关于", ("版本 V2.0", "更新时间：2026-06-01"))],
        [NEWS, _page("关于", ("数据", "更新时间：2021-06-01"))],
        [*EMPTY[:2], NEWS],
    ],
)
def test_archives_repairs_own_lists_and_parts_of_an_app_raise_nothing(pages: list[dict[str, Any]]) -> None:
    named = [{**page, "screen": f"s{n}"} for n, page in enumerate(pages)]
    assert _judge(*named).verdict in {Verdict.CLEAR, Verdict.INCONCLUSIVE}
