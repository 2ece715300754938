"""Words are grouped by where they stand: lines, tables, calendars, labels with values, cards, buttons."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grouping import columns, groups, rows
from harness.model import Box, Channel, GroupKind, Observation, Word
from harness.rules.corpus import screen
from tests.screen_drawing import node, seen, window


def word_at(left: int, top: int, right: int, bottom: int, text: str = "x") -> Word:
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return Word(text=text, norm=text, box=box, channels=frozenset({Channel.HIERARCHY}))


def text(said: str, left: int, top: int, width: int = 0, height: int = 50, **more: Any) -> dict[str, Any]:
    """Return a text of a stored screen; as wide as it is long unless told."""
    return {"text": said, "box": [left, top, left + (width or 45 * len(said)), top + height], **more}


def of(kind: GroupKind, observation: Observation) -> list[list[str]]:
    """Return the texts of every group of a kind."""
    return [[observation.words[at].norm for at in group.words] for group in groups(observation) if group.kind is kind]


def test_words_of_a_leaderboard_group_into_its_rows_whatever_their_order() -> None:
    words = [
        word_at(900, 310, 1000, 350, "95分"),
        word_at(40, 600, 80, 660, "2"),
        word_at(240, 300, 340, 360, "张三"),
        word_at(240, 600, 340, 660, "李四"),
        word_at(40, 302, 80, 352, "1"),
    ]
    assert [[w.norm for w in row] for row in rows(words)] == [["1", "张三", "95分"], ["2", "李四"]]
    assert [[w.norm for w in column] for column in columns(words, tolerance_px=20)] == [["张三", "李四"], ["1", "2"]]


WORDS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.integers(0, 2300),
        st.integers(1, 180),
        st.integers(1, 100),
        st.sampled_from(["x", "7", "14", "21", "积分", "30分", "签到", "去完成"]),
    ).map(lambda b: word_at(b[0], b[1], b[0] + b[2], b[1] + b[3], b[4])),
    max_size=30,
)


@given(WORDS, st.randoms(use_true_random=False))
def test_rows_lose_nothing_and_do_not_depend_on_the_order_given(words: list[Word], chance: random.Random) -> None:
    grouped = rows(words)
    assert sorted(w.box for row in grouped for w in row) == sorted(w.box for w in words)
    shuffled = list(words)
    chance.shuffle(shuffled)
    assert [[w.box for w in row] for row in rows(shuffled)] == [[w.box for w in row] for row in grouped]


@given(WORDS)
def test_whatever_stands_on_a_screen_a_group_names_words_that_are_there_and_its_box_holds_them(
    words: list[Word],
) -> None:
    read = [{"text": w.text, "box": [w.box.left, w.box.top, w.box.right, w.box.bottom]} for w in words]
    observation = screen({"read": read})
    for group in groups(observation):
        assert group.words
        assert len(set(group.words)) == len(group.words)
        assert all(observation.words[at].box.overlap(group.box) == observation.words[at].box for at in group.words)


@pytest.mark.parametrize("channel", ["nodes", "read"])
def test_a_leaderboard_is_a_table_with_its_columns_whichever_channel_saw_it(channel: str) -> None:
    people = [("1", "张建国", "财政局", "96"), ("2", "李敏", "教育局", "8"), ("3", "王小红", "民政局", "81")]
    lines = [("名次", "姓名", "单位", "积分"), *people]
    cells = [
        text(cell, (60, 220, 480, 860)[n], 400 + 120 * at)
        for at, line in enumerate(lines)
        for n, cell in enumerate(line)
    ]
    page = screen({channel: [text("学习排行榜", 400, 200), *cells]})
    assert of(GroupKind.TABLE, page) == [[cell for line in lines for cell in line]]
    assert of(GroupKind.COLUMN, page) == [[line[n] for line in lines] for n in range(4)]
    assert of(GroupKind.ROW, page) == [list(line) for line in lines]
    assert of(GroupKind.CALENDAR, page) == []


def test_a_calendar_is_one_group_with_the_marks_in_its_cells_though_a_day_was_misread() -> None:
    cells = []
    for day in range(1, 31):
        week, column = divmod(day + 2, 7)
        left, top = 40 + 145 * column, 500 + 150 * week
        cells.append(text({25: "4", 8: "B"}.get(day, str(day)), left, top, 60))
        cells.append(text("漏签" if day == 9 else "已签", left, top + 60, 90, 36))
    page = screen({"read": [*cells, text("本月漏签", 60, 1500), text("1天", 500, 1500)]})
    (calendar,) = of(GroupKind.CALENDAR, page)
    assert sorted(calendar) == sorted(cell["text"] for cell in cells)
    assert of(GroupKind.TABLE, page) == []
    assert of(GroupKind.PAIR, page) == [["本月漏签", "1天"]]


def test_other_small_numbers_in_seven_columns_are_no_calendar() -> None:
    seats = [text(str(1 + n * 11 % 31), 60 + 140 * (n % 7), 400 + 100 * (n // 7)) for n in range(35)]
    page = screen({"read": seats})
    assert of(GroupKind.CALENDAR, page) == []


@pytest.mark.parametrize(
    ("said", "pairs"),
    [
        ([text("学习时长", 60, 400), text("120分钟", 820, 400)], [["学习时长", "120分钟"]]),
        ([text("姓名:", 60, 400), text("张三", 820, 400)], [["姓名:", "张三"]]),
        ([text("1268", 100, 400, 140, 70), text("学习积分", 80, 480)], [["学习积分", "1268"]]),
        ([text("连续签到", 80, 400), text("12天", 110, 470)], [["连续签到", "12天"]]),
        ([text("推荐", 60, 400), text("本地", 300, 400)], []),
        ([text("今日签到", 60, 400, clickable=True), text("补签", 300, 400, clickable=True)], []),
        ([text("11月26日", 100, 400), text("浏览器", 110, 470)], []),
        ([text("学习积分", 80, 400), text("1268", 100, 900)], []),
    ],
)
def test_a_label_and_its_value_are_a_pair_label_first(said: list[dict[str, Any]], pairs: list[list[str]]) -> None:
    assert of(GroupKind.PAIR, screen({"nodes": said})) == pairs


def test_labels_and_values_below_one_another_are_pairs_although_no_value_is_a_number() -> None:
    facts = [("姓名", "张三"), ("所在单位", "市财政局"), ("状态", "在职")]
    lines = [text(said, (60, 500)[n], 400 + 100 * at) for at, line in enumerate(facts) for n, said in enumerate(line)]
    assert of(GroupKind.PAIR, screen({"read": lines})) == [list(line) for line in facts]


def test_a_line_of_amounts_over_a_line_of_labels_is_pairs_and_the_head_of_a_table_is_not() -> None:
    labels = [text(said, 80 + 340 * n, 480) for n, said in enumerate(("今日学习", "本周学习", "累计学习"))]
    amounts = [text(said, 110 + 340 * n, 400) for n, said in enumerate(("12", "192", "1860"))]
    assert of(GroupKind.PAIR, screen({"read": [*labels, *amounts]})) == [
        ["今日学习", "12"],
        ["本周学习", "192"],
        ["累计学习", "1860"],
    ]
    below = [text(said, 110 + 340 * n, 560 + 80 * at) for at in range(3) for n, said in enumerate(("12", "19", "18"))]
    assert of(GroupKind.PAIR, screen({"read": [*labels, *below]})) == []


def test_rows_of_a_list_are_cards_by_their_nodes_and_by_the_gaps_between_them() -> None:
    titles = [("登录", "每日首次登录得1分"), ("阅读文章", "每篇有效阅读得1分"), ("视听学习", "每个视频得1分")]
    nodes = []
    for at, (title, said) in enumerate(titles):
        top = 300 + 220 * at
        inner = [node(title, (60, top, 400, top + 60)), node(said, (60, top + 62, 700, top + 120))]
        nodes.append(node("", (0, top - 20, 1080, top + 180), *inner))
    assert of(GroupKind.CARD, seen(window(node("", (0, 280, 1080, 980), *nodes)))) == [list(title) for title in titles]
    drawn = [text(said, 60, 300 + 220 * at + 62 * n) for at, line in enumerate(titles) for n, said in enumerate(line)]
    assert of(GroupKind.CARD, screen({"read": drawn})) == [list(title) for title in titles]
    assert of(GroupKind.CARD, screen({"read": drawn[:2]})) == []


def test_a_button_is_all_that_is_written_on_what_can_be_pressed_and_a_page_is_none() -> None:
    parts = [node("1.0倍", (60, 400, 160, 450)), node("倍速", (60, 460, 160, 500))]
    control = node("", (40, 380, 200, 520), *parts, clickable="true")
    page = node("", (0, 200, 1080, 2400), control, node("正文一段", (60, 700, 400, 760)), clickable="true")
    assert of(GroupKind.BUTTON, seen(window(page))) == [["1.0倍", "倍速"]]
    button = {"kind": "button", "box": [300, 1000, 780, 1120]}
    drawn = screen({"read": [text("立即签到", 450, 1030), text("规则", 450, 1300)], "shapes": [button]})
    assert of(GroupKind.BUTTON, drawn) == [["立即签到"]]


def test_the_status_bar_is_in_no_group() -> None:
    bar = [text("12:30", 60, 20, 0, 40), text("86%", 900, 20, 0, 40)]
    assert groups(screen({"read": bar})) == ()
