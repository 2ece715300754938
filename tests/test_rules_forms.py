"""A form is read with its labels, marks and what is filled in; only what staff must type anew is found repeated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Coverage, Observation, Verdict
from harness.rules import repeat_form
from harness.rules.corpus import screen
from harness.rules.form_labels import Addressed, addressed_to, label_key, specific
from harness.rules.form_records import Asked, asked, by_title, read_back, written
from harness.rules.forms import read_form, title_of
from harness.rules.repeat_form import overlap
from harness.wording import normalise

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
HOUSEHOLD = ("户主姓名", "家庭人口数", "劳动力人数", "耕地面积", "年人均收入")
Line = str | tuple[str, str] | dict[str, str]


def _page(title: str, *lines: Line, name: str = "form") -> Observation:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [540 - 21 * len(title), 150, 540 + 21 * len(title), 208]}]
    for n, line in enumerate(lines):
        top = 430 + 110 * n
        if isinstance(line, dict):
            if "label" in line:
                nodes.append({"text": line["label"], "box": [60, top, 60 + 42 * len(line["label"]), top + 58]})
            field = {"class": "android.widget.EditText", "box": [460, top - 8, 1020, top + 66], "clickable": True}
            nodes.append({**field, "text": line.get("value", ""), "hint": line.get("hint", "")})
            continue
        for at, text in enumerate((line,) if isinstance(line, str) else line):
            box = [60 + 480 * at, top, 60 + 480 * at + 42 * len(text), top + 58]
            nodes.append({"text": text.lstrip("~"), "box": box, "clickable": text.startswith("~")})
    return screen({"screen": name, "nodes": nodes})


def _fields(observation: Observation) -> dict[str, tuple[str | None, bool | None]]:
    form = read_form(observation)
    return {} if form is None else {f.key: (f.value, f.required) for f in form.fields}


def test_fields_are_read_with_label_required_mark_and_value() -> None:
    page = _page(
        "农户信息采集",
        {"label": "*户主姓名", "hint": "请输入"},
        {"label": "家庭人口数（人）", "value": "4"},
        {"hint": "请填写耕地面积（选填）"},
        ("*住房类型", "请选择"),
        "~提交",
    )
    fields = _fields(page)
    assert fields["户主姓名"] == ("", True)
    assert fields["家庭人口数"] == ("4", None)
    assert fields["住房情况"] == ("", True)
    assert fields["耕地面积"] == ("", False)


def test_a_label_in_the_hint_of_a_web_page_is_told_from_what_it_asks_for() -> None:
    page = _page("巡田上报", {"hint": "*种植作物 请选择种植作物"}, {"hint": "巡查说明 请描述巡查情况（选填）"})
    assert _fields(page) == {"种植作物": ("", True), "巡查说明": ("", False)}


def test_boxes_for_searching_and_passwords_are_no_form() -> None:
    assert read_form(_page("农户列表", {"hint": "请输入关键字搜索"}, "张某", "李某")) is None
    assert read_form(_page("首页", "通知公告", "我的")) is None


def test_the_title_is_the_text_in_the_middle_of_the_highest_line() -> None:
    assert title_of(_page("农户信息采集", "采集对象：辖区农户")) == "农户信息采集"
    assert title_of(screen({"nodes": []})) == ""


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("*耕地面积（亩）：", "耕地面积"),
        ("2.家庭总人口（必填）", "家庭人口数"),
        ("请输入身份证号", "身份证号码"),
        ("您的手机号", "联系电话"),
    ],
)
def test_labels_are_made_comparable(label: str, key: str) -> None:
    assert label_key(normalise(label)) == key


def test_what_every_form_asks_says_nothing_of_its_matter() -> None:
    keys = ["姓名", "联系电话", "住址", "填报日期", "备注", "所属乡镇", "现场照片", "审核人", "耕地面积", "户主姓名"]
    assert specific(keys) == {"耕地面积", "户主姓名"}


@pytest.mark.parametrize(
    ("title", "whom"),
    [
        ("农户信息采集", Addressed.STAFF),
        ("网格巡查日报", Addressed.STAFF),
        ("低保申请", Addressed.CITIZEN),
        ("群众随手拍", Addressed.CITIZEN),
        ("社保查询", Addressed.CITIZEN),
        ("我要申报", Addressed.CITIZEN),
        ("新建", Addressed.UNKNOWN),
    ],
)
def test_a_title_tells_whom_a_form_is_addressed_to(title: str, whom: Addressed) -> None:
    assert addressed_to(title, ()) is whom


def test_what_a_field_held_at_first_counts_and_no_value_is_kept() -> None:
    first = read_form(_page("农户采集", *({"label": k, "hint": "请输入"} for k in HOUSEHOLD)))
    later = read_form(_page("农户采集", *({"label": k, "value": "王某"} for k in (*HOUSEHOLD, "产业类型"))))
    assert first is not None
    assert later is not None
    (form,) = by_title([asked(first), asked(later)])
    assert form.empty == frozenset(asked(first).keys)
    assert form.filled == frozenset({"产业类型"})
    assert "王某" not in written(asked(later))


_KEYS = st.lists(st.text(alphabet="耕地面积人口收入作物", min_size=2, max_size=4), unique=True, max_size=9)


@given(_KEYS, _KEYS)
def test_an_overlap_is_the_same_from_both_sides_and_no_larger_than_either(one: list[str], other: list[str]) -> None:
    a, b = (
        Asked(title=t, addressed=Addressed.STAFF, periodic=False, keys=tuple(k), empty=frozenset(k), filled=frozenset())
        for t, k in (("甲", one), ("乙", other))
    )
    there, back = overlap(a, b, shared=1, ratio=0.0), overlap(b, a, shared=1, ratio=0.0)
    assert read_back(written(a)) == a
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert set(there.shared) == set(back.shared) <= set(one) & set(other)
        assert there.ratio == back.ratio <= 1.0
        assert set(there.retyped) == set(there.shared)


def _verdict(*pages: Observation) -> tuple[Verdict, str]:
    outcome = repeat_form.conclude([repeat_form.detect(p) for p in pages], WALKED)
    return outcome.verdict, outcome.reason


def test_a_field_that_the_walk_itself_chose_is_not_taken_for_brought_along() -> None:
    empty = [{"label": k, "hint": "请输入"} for k in HOUSEHOLD]
    one, other = (
        _page("农户采集", *empty, name="a"),
        _page("农户月报", *empty, {"label": "变化情况", "hint": "请输入"}, name="b"),
    )
    chosen = _page("农户月报", *({"label": k, "value": "3"} for k in HOUSEHOLD), name="b")
    assert _verdict(one, other, chosen) == (Verdict.FOUND, "repeat-form-repeated")
    assert _verdict(one, chosen) == (Verdict.PRESENT, "repeat-form-prefilled")


@pytest.mark.parametrize(
    ("one", "other", "fields"),
    [
        ("张三家走访", "李四家走访", HOUSEHOLD),
        ("新增企业填报", "企业填报（编辑）", HOUSEHOLD),
        ("低保申请", "临时救助申请", HOUSEHOLD),
        ("社保查询", "医保查询", HOUSEHOLD),
        ("值班日报", "值班周报", ("值班人姓名", "联系电话", "值班日期", "所属单位", "备注")),
        ("个人资料", "报名信息", HOUSEHOLD),
        ("用户登录", "用户注册", ("用户名", "验证码", "手机号", "所在地区")),
        ("设备运行日报", "设备运行周报", ("运行时长", "电压", "电流", "温度", "油位")),
        ("血压监测日报", "血压监测周报", ("收缩压", "舒张压", "心率", "用药情况", "运动时长")),
        ("企业用工月报", "企业用工季报", ("从业人数", "工资总额", "社保参保数", "新招用人数", "岗位缺口")),
        ("学生体温日报", "学生健康周报", ("晨检体温", "午检体温", "是否缺勤", "症状", "就医情况")),
        ("销售日报", "销售周报", ("成交笔数", "客单价", "新增客户数", "退货数", "回款")),
        ("收货地址", "发票信息", ("收货人", "手机号", "所在地区", "详细地址", "邮编")),
    ],
)
def test_forms_that_only_look_alike_are_not_found_repeated(one: str, other: str, fields: tuple[str, ...]) -> None:
    empty = [{"label": k, "hint": "请输入"} for k in fields]
    verdict, _ = _verdict(_page(one, *empty, name="a"), _page(other, *empty, name="b"))
    assert verdict is not Verdict.FOUND
