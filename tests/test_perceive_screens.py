"""The identity of a screen, free of what it happens to show."""

from __future__ import annotations

import re

import pytest

from harness.model import ScreenKey
from tests.screen_drawing import Written, WrittenEngine, button, drawn, node, seen, window

VIEW = "android.view.View"


def row(name: str, value: str, top: int) -> str:
    inside = (node(name, (40, top, 400, top + 80)), node(value, (800, top, 1000, top + 80)))
    return node("", (0, top, 1080, top + 100), *inside, kind=VIEW, clickable="true")


def page(*rows: str, title: str = "积分明细", action: str = "积分规则", chosen: int = 0) -> str:
    tabs = "".join(
        node(name, (at * 270, 2250, at * 270 + 270, 2400), clickable="true", selected=str(at == chosen).lower())
        for at, name in enumerate(("首页", "学习", "消息", "我的"))
    )
    parts = (node(title, (340, 100, 740, 180)), button(action, (800, 200, 1060, 280)))
    body = node("", (0, 300, 1080, 2240), *rows, kind="androidx.recyclerview.widget.RecyclerView", scrollable="true")
    return window(*parts, body, node("", (0, 2250, 1080, 2400), tabs, kind=VIEW))


def key(*windows: str, activity: str = "cn.gov.demo.study.PointsActivity") -> ScreenKey:
    return seen(*windows, activity=activity).screen


BASE = page(row("登录", "+1分", 300), row("阅读文章", "+2分", 400), row("视听学习", "+3分", 500))


def test_a_key_is_short_printable_and_the_same_in_every_process() -> None:
    assert re.fullmatch(r"PointsActivity-[0-9a-f]{6}", key(BASE))
    assert key(BASE) == "PointsActivity-9d50ce"


@pytest.mark.parametrize(
    "other",
    [
        page(
            row("登录", "+9分", 300),
            row("每日答题", "+20分", 400),
            row("张三", "12:30", 500),
            row("李四", "1天前", 600),
        ),
        page(*(row(f"新闻标题第{n}条很长很长", "昨天", 300 + 100 * n) for n in range(15))),
        page(
            row("登录", "+1分", 300), row("阅读文章", "+2分", 400), row("视听学习", "+3分", 500), action="积分规则(3)"
        ),
    ],
)
def test_counters_names_and_feed_content_do_not_make_a_new_screen(other: str) -> None:
    assert key(other) == key(BASE)


@pytest.mark.parametrize(
    "other",
    [
        page(row("登录", "+1分", 300), title="学习时长"),
        page(row("登录", "+1分", 300), row("登录", "+1分", 400), row("登录", "+1分", 500), chosen=3),
        page(row("登录", "+1分", 300), row("登录", "+1分", 400), row("登录", "+1分", 500), action="排行榜"),
    ],
)
def test_another_title_tab_or_button_makes_a_new_screen(other: str) -> None:
    assert key(other) != key(BASE)


def test_a_dialog_in_front_and_another_activity_make_a_new_screen() -> None:
    dialog = window(node("发现新版本", (200, 1000, 800, 1080)), bounds=(140, 900, 940, 1500))
    keys = {key(BASE), key(BASE, dialog), key(BASE, activity="cn.gov.demo.study.RankActivity")}
    assert len(keys) == 3


def test_pages_without_nodes_differ_by_the_layout_of_their_lines_and_not_by_their_numbers() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    canvas = window(node("", (0, 0, 1080, 2400), kind=VIEW))

    def read(*spans: tuple[str, tuple[int, int, int, int]]) -> ScreenKey:
        return seen(canvas, png=png, engines=[WrittenEngine(*spans)]).screen

    title, first, second = (400, 100, 700, 160), (100, 700, 400, 760), (100, 1100, 400, 1160)
    today = read(("排行榜", title), ("张三 95", first), ("李四 90", second))
    tomorrow = read(("排行榜", title), ("王小五 97", first), ("赵六 91", second), ("100", (900, 2000, 990, 2060)))
    other = read(("签到日历", title), ("提交申请", (400, 1900, 700, 1960)))
    assert today == tomorrow
    assert today != other


def test_what_scrolls_below_a_title_that_stays_is_content() -> None:
    def scrolled(*content: str, title: str = "办事指南") -> ScreenKey:
        body = node("", (0, 300, 1080, 2400), *content, kind="android.widget.ScrollView", scrollable="true")
        return key(window(node(title, (340, 100, 740, 180)), body))

    top = scrolled(button("提交记录", (40, 400, 400, 480)), node("2026年", (40, 500, 400, 560), kind=VIEW))
    assert top == scrolled(
        button("常见问题", (40, 400, 400, 480)), node("", (40, 500, 400, 560), kind="android.widget.Image")
    )
    assert top != scrolled(button("提交记录", (40, 400, 400, 480)), title="政策法规")
    # Without a title that stays, what scrolls is all there is to tell pages apart.
    assert scrolled(button("提交记录", (40, 400, 400, 480)), title="") != scrolled(title="")


def test_a_long_title_tells_two_pages_apart() -> None:
    assert key(page(title="党员学习教育平台")) != key(page(title="基层减负工作专栏"))


def strip(names: str, chosen: str) -> str:
    """Return a page with a strip of tabs, of which some are in view."""
    tabs = "".join(
        node(
            name,
            (at * 260, 200, at * 260 + 260, 290),
            kind=VIEW,
            clickable="true",
            selected=str(name == chosen).lower(),
        )
        for at, name in enumerate(names.split())
    )
    title = node("专题学习", (400, 100, 680, 180))
    return window(
        title, node("", (0, 200, 1080, 290), tabs, kind="android.widget.HorizontalScrollView", scrollable="true")
    )


def test_the_selected_tab_of_a_strip_is_known_by_its_name_and_not_by_its_place() -> None:
    assert key(strip("要闻 政策 通报 课程", "通报")) == key(strip("政策 通报 课程 专题", "通报"))
    assert key(strip("要闻 政策 通报 课程", "政策")) != key(strip("政策 通报 课程 专题", "通报"))


def test_two_sheets_over_one_page_differ_by_their_titles() -> None:
    def sheet(title: str) -> str:
        rows = [
            node(name, (0, 1500 + 100 * n, 1080, 1590 + 100 * n), clickable="true") for n, name in enumerate("甲乙丙")
        ]
        return window(
            node("", (0, 1400, 1080, 2400), node(title, (40, 1420, 400, 1480)), *rows, kind="android.app.Dialog")
        )

    assert key(sheet("全部功能")) != key(sheet("选择地区"))
    assert key(sheet("全部功能")) == key(sheet("全部功能"))


def test_drawn_pages_are_known_by_the_title_in_their_pixels_whatever_else_they_show() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    canvas = window(node("", (0, 0, 1080, 2400), kind=VIEW))

    def read(*spans: tuple[str, tuple[int, int, int, int]]) -> ScreenKey:
        return seen(canvas, png=png, engines=[WrittenEngine(*spans)]).screen

    title, low = (400, 100, 700, 160), (100, 1900, 400, 1960)
    assert read(("排行榜", title), ("张三 95", (100, 700, 400, 760))) == read(("排行榜", title), ("李四 90", low))
    assert read(("排行榜", title), ("李四 90", low)) != read(("签到日历", title), ("李四 90", low))
