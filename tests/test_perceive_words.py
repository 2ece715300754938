"""Hierarchy text and spans fused into words."""

from __future__ import annotations

import pytest

from harness.model import Box, Channel, Observation, Word
from tests.screen_drawing import Written, WrittenEngine, button, drawn, node, seen, window

CANVAS = "android.view.View"


def norms(observation: Observation) -> list[str]:
    return [word.norm for word in observation.words]


def _covered() -> bytes:
    """Return a picture with something everywhere, so that no region is blank."""
    return drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(220, 2300, 120)])


def word_at(left: int, top: int, right: int, bottom: int, text: str = "x") -> Word:
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return Word(text=text, norm=text, box=box, channels=frozenset({Channel.HIERARCHY}))


def test_a_text_repeated_as_description_and_by_its_parent_is_one_word_with_both_sources() -> None:
    inner = node("我的积分", (60, 120, 300, 180), content_desc="我的积分")
    observation = seen(window(node("", (0, 100, 1080, 200), inner, content_desc="我的 积分", clickable="true")))
    assert norms(observation) == ["我的积分"]
    assert observation.words[0].elements == (1, 2)
    assert observation.words[0].box == observation.elements[2].box


def test_a_label_and_a_button_with_the_same_text_stay_two_words_and_differ_in_clickable() -> None:
    observation = seen(window(node("签到", (40, 300, 140, 360)), button("签到", (800, 290, 1000, 370))))
    assert [(w.norm, w.clickable) for w in observation.words] == [("签到", False), ("签到", True)]


def test_clickable_and_enabled_come_from_the_nearest_pressable_node() -> None:
    row = node("", (0, 300, 1080, 400), node("去学习", (800, 320, 960, 380)), clickable="true", enabled="false")
    page = node("", (0, 0, 1080, 2400), row, node("说明", (40, 600, 200, 650)), clickable="true")
    observation = seen(window(page))
    assert [(w.norm, w.clickable, w.enabled) for w in observation.words] == [
        ("去学习", True, False),
        ("说明", False, True),
    ]


def test_a_word_split_over_two_nodes_is_offered_joined_beside_its_parts() -> None:
    observation = seen(window(node("签", (500, 900, 560, 960)), node("到", (562, 900, 622, 960))))
    assert norms(observation) == ["签", "签到", "到"]
    joined = observation.words[1]
    assert joined.elements == (1, 2)
    assert joined.box == Box(left=500, top=900, right=622, bottom=960)


def test_a_progress_split_over_two_nodes_reads_as_one() -> None:
    observation = seen(window(node("0分", (700, 900, 760, 950)), node("/5分", (760, 900, 840, 950))))
    assert "0分/5分" in norms(observation)


def test_fragments_stacked_inside_one_round_button_are_joined() -> None:
    inside = (node("打", (500, 900, 560, 960)), node("卡", (500, 970, 560, 1030)))
    observation = seen(window(node("", (440, 850, 620, 1080), *inside, kind=CANVAS, clickable="true")))
    assert "打卡" in norms(observation)


def test_a_number_between_its_name_and_its_unit_reads_as_one() -> None:
    parts = (node("连续签到", (40, 900, 240, 950)), node("12", (244, 900, 300, 950)), node("天", (304, 900, 350, 950)))
    assert "连续签到12天" in norms(seen(window(*parts)))


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "张三", "95分"),
        ("6", "市民政局", "1842"),
        ("日", "一", "二", "三", "四", "五", "六"),
        ("个人排行", "单位排行"),
    ],
)
def test_cells_of_a_table_and_tabs_are_not_joined_even_where_their_boxes_touch(texts: tuple[str, ...]) -> None:
    cells, left = [], 40
    for text in texts:
        cells.append(node(text, (left, 300, left + 52 * len(text), 350)))
        left += 52 * len(text)
    assert norms(seen(window(*cells))) == list(texts)


def test_a_parent_that_strings_its_children_together_into_a_sentence_is_no_word_of_its_own() -> None:
    inside = (node("示例市召开基层减负推进会", (40, 310, 900, 360)), node("示例日报", (40, 370, 300, 410)))
    link = node("示例市召开基层减负推进会 示例日报", (0, 300, 1080, 420), *inside, clickable="true")
    assert norms(seen(window(link))) == ["示例市召开基层减负推进会", "示例日报"]


def test_the_value_that_the_server_writes_into_a_progress_bar_is_no_word() -> None:
    bar = node("35.0", (0, 500, 1080, 520), kind="android.widget.ProgressBar")
    assert norms(seen(window(bar, node("已学", (0, 600, 200, 650))))) == ["已学"]


def test_a_password_is_no_word_and_a_hint_is_one_only_while_the_field_is_empty() -> None:
    secret = node("hunter2", (0, 300, 900, 380), kind="android.widget.EditText", password="true")
    empty = node("", (0, 400, 900, 480), kind="android.widget.EditText", hint="请输入手机号")
    filled = node("138", (0, 500, 900, 580), kind="android.widget.EditText", hint="请输入验证码")
    assert norms(seen(window(secret, empty, filled))) == ["请输入手机号", "138"]


def test_pixels_that_agree_add_their_channel_and_pixels_that_differ_mark_both_sides() -> None:
    banners = (
        node("每日签到", (0, 300, 1080, 460), kind="android.widget.ImageView"),
        node("积分排行", (0, 600, 1080, 760), kind="android.widget.ImageView"),
    )
    engine = WrittenEngine(("每日签到", (300, 340, 700, 420)), ("已停用", (300, 640, 700, 720)))
    observation = seen(window(*banners, node("积分", (100, 1500, 200, 1560))), png=_covered(), engines=[engine])
    by_norm = {word.norm: word for word in observation.words}
    assert set(by_norm) == {"每日签到", "积分排行", "已停用", "积分"}
    agreed, said, drawn_there, alone = (by_norm[norm] for norm in ("每日签到", "积分排行", "已停用", "积分"))
    assert agreed.channels == {Channel.HIERARCHY, Channel.OCR}
    assert agreed.spans == (0,)
    assert said.channels == alone.channels == {Channel.HIERARCHY}
    assert drawn_there.channels == {Channel.OCR}
    assert drawn_there.spans == (1,)
    assert (said.contradiction, drawn_there.contradiction) == ("已停用", "积分排行")
    assert agreed.contradiction is alone.contradiction is None


def test_two_engines_that_agree_make_one_word_and_two_that_differ_contradict_each_other() -> None:
    one = WrittenEngine(("积分排行", (100, 400, 400, 460)), ("第1名", (100, 600, 300, 660)), name="one 1")
    other = WrittenEngine(("积分排行", (102, 401, 398, 462)), ("第7名", (101, 600, 301, 660)), name="other 2")
    canvas = node("", (0, 200, 1080, 2300), kind=CANVAS)
    observation = seen(window(canvas, node("榜", (0, 0, 90, 90))), png=_covered(), engines=[one, other])
    by_norm = {word.norm: word for word in observation.words}
    assert by_norm["积分排行"].spans == (0, 2)
    assert by_norm["积分排行"].contradiction is None
    assert by_norm["第1名"].contradiction == "第7名"
    assert by_norm["第7名"].contradiction == "第1名"
    assert observation.engines == ("one 1", "other 2")


@pytest.mark.parametrize("texts", [("上班打卡", "打卡记录"), ("学习时长", "120分钟")])
def test_reading_order_is_by_line_and_then_from_the_left(texts: tuple[str, str]) -> None:
    first, second = texts
    observation = seen(window(node(second, (600, 400, 900, 450)), node(first, (40, 404, 300, 448))))
    assert norms(observation)[0] == first
