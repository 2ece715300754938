"""The form of text that is compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wording import normalise


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("签 到", "签到"),
        ("  我的　积分\n", "我的积分"),
        ("第１名", "第1名"),
        ("０分／５分", "0分/5分"),
        ("Sign  in now", "Sign in now"),
        ("连续 签到 3 天", "连续签到3天"),
        ("同意（5s）", "同意(5s)"),
        ("签\u200b到", "签到"),
        ("\ue601 设置", "设置"),
        ("\uff2e\uff2f.１", "NO.1"),
        ("每曰签到", "每日签到"),
        ("巳签到", "已签到"),
        ("第—名", "第一名"),
        ("1O分／2l天", "10分/21天"),
        ("", ""),
    ],
)
def test_what_people_read_as_the_same_has_one_form(written: str, norm: str) -> None:
    assert normalise(written) == norm


@pytest.mark.parametrize("text", ["5G流量", "北京—上海", "Windows10 Pro", "辰巳午", "WiFi4分区Ol", "H2O分子"])
def test_signs_that_mean_themselves_stay(text: str) -> None:
    assert normalise(text) == text


@given(st.text(alphabet="签到曰巳第—名1lOo分天 "))
def test_the_form_of_look_alikes_is_itself(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text())
def test_the_form_of_a_form_is_itself(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(
    st.lists(st.sampled_from("签到打卡积分排行榜学习时长"), min_size=1), st.sampled_from([" ", "\t", "\u3000", "\xa0"])
)
def test_blanks_between_chinese_characters_never_matter(glyphs: list[str], blank: str) -> None:
    assert normalise(blank.join(glyphs)) == "".join(glyphs)
