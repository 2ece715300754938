"""A chain of replies is found where a work group lists or presses who has not answered, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.model import Marker, Outcome, Verdict
from harness.rules import group_chain_reply
from harness.rules.corpus import WALKED, screen

RULE = group_chain_reply.RULE


def _page(title: str, lines: Sequence[str]) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [300, 150, 300 + 40 * len(title), 220]}]
    for number, line in enumerate(lines):
        text, top = line.lstrip("*"), 420 + 110 * number
        box = [60, top, min(1070, 60 + 44 * len(text)), top + 60]
        nodes.append({"text": text, "box": box, "clickable": line.startswith("*")})
    return {"screen": "s", "nodes": nodes}


def _judge(title: str, *lines: str) -> Outcome:
    return RULE.conclude([RULE.detect(screen(_page(title, lines)))], WALKED)


@pytest.mark.parametrize(
    "lines",
    [
        ("每日打卡接龙", "未接龙：张同志、赵同志"),
        ("收到请回复", "请于今日18点前回复"),
        ("请各单位逐一回复", "未按时回复的予以通报"),
        ("请务必第一时间响应", "限时响应"),
        ("看到请回复", "*提醒未回复人员"),
    ],
)
def test_a_work_group_that_lists_or_presses_is_found_and_the_opinions_alone_are_cited(lines: tuple[str, ...]) -> None:
    outcome = _judge("示例镇工作群(86)", *lines)
    assert outcome.verdict is Verdict.FOUND
    assert outcome.markers & {Marker.CONSEQUENCE, Marker.NAGGING, Marker.QUOTA}
    assert {clause.document for clause in (RULE.clause, *RULE.also)} == {"《关于防治“指尖上的形式主义”的若干意见》"}


def test_an_emergency_is_left_to_a_person_with_what_was_said() -> None:
    outcome = _judge("防汛工作群(60)", "暴雨红色预警，收到请回复", "10分钟内回复")
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "group-chain-reply-emergency")


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("消息中心", ("您的留言已回复", "未读 3", "*全部已读")),
        ("消息", ("医生将在24小时内回复", "咨询已回复")),
        ("通知公告", ("关于放假的通知", "已读120人/未读8人")),
        ("通知详情", ("3人未读", "今日18点前完成申报")),
        ("通知详情", ("请于3月5日前确认参会",)),
        ("接龙", ("核酸接龙游戏", "成语接龙", "未接龙：2人")),
        ("家长群(48)", ("收到请回复", "未接龙：张三家长")),
        ("业主群(300)", ("停水通知，收到请回复", "今日18点前回复")),
        ("篮球群(20)", ("周六打球接龙", "18点前接龙")),
        ("客户服务群(20)", ("在线客服", "10分钟内回复")),
        ("消息通知", ("12345工单：请于2个工作日内回复诉求人",)),
        ("消息", ("快递已到，请回复收到", "今日18点前回复")),
        ("新闻", ("收到请回复", "未回复人员名单：张三")),
        ("工作群(12)", ("严禁在群内要求收到请回复", "未回复的不得通报")),
        ("消息", ("某县工作群打卡接龙被通报", "未接龙人员名单：张三")),
        ("团员群(30)", ("奶茶团购接龙", "今日18点前接龙")),
        ("会议通知", ("收到请回复", "未回复人员：张三")),
        ("班级群(50)", ("作业接龙", "未接龙：李四")),
        ("信箱", ("局长信箱", "请于3日内回复")),
        ("通知详情", ("请收到通知的考生于3月5日前回复确认", "收到请回复")),
        ("工作群(20)", ("请大家接龙统计午餐", "11点前接龙")),
        ("通知公告", ("收到请回复，未回复的视为放弃面试资格",)),
        ("示例工作群(12)", ("收到请勿回复", "无需接龙", "今日18点前回复即可")),
        ("工作群公约", ("不要求收到请回复", "非工作时间不响应")),
    ],
)
def test_citizens_pupils_games_and_read_counts_are_never_found(title: str, lines: tuple[str, ...]) -> None:
    assert _judge(title, *lines).verdict in {Verdict.CLEAR, Verdict.PRESENT}
