"""Screens that only look like a check-in, a ranking or a gate accuse nobody, however many of its words they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.model import Coverage, Outcome, Rule, Verdict
from harness.rules import mandatory_check_in, points_ranking
from harness.rules.corpus import screen

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
Line = str | tuple[str, ...]

APPOINTMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("预约就诊", ("张医生 内科3诊室", "*签到候诊", "今日已签到", "过号须重新签到")),
    ("我的预约", ("预约单号 20260302", "*签到", "已签到", "逾期未签到视为爽约，3次爽约将列入黑名单")),
    ("访客登记", ("来访人签到", "*立即签到", "已签到", "访客须在离开前签退")),
    ("考试签到", ("考场 101", "*签到", "已签到", "开考后30分钟未签到视为不合格")),
    ("座位预约", ("*签到", "已签到", "未签到3次限期停用")),
)
NOT_A_DUTY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("习惯养成", ("早起打卡", "*打卡", "已连续打卡12天", "补卡")),
    ("签到", ("*每日签到", "今日已签到", "签到活动截止2026年12月31日")),
    ("签到", ("*每日签到", "今日已签到", "签到不需要3分钟", "签到100天需要3个月")),
    ("签到", ("*每日签到", "今日已签到", "逾期的签到奖励自动失效", "签到至少7天可兑换礼品")),
    ("首页", ("*每日签到", "今日已签到", "某街道考勤流于形式，纪委通报打卡造假典型案例")),
)
OF_OTHERS = (
    "上班必须打卡，缺卡一次扣2分并通报",
    "各地不得强制签到打卡，违规的予以通报",
    "某街道考勤流于形式，区纪委通报3起打卡造假案例",
)
PEOPLE = ("王建国", "李秀英", "张志强")
UNITS = ("市财政局", "市统计局", "市审计局")
EXAMINED = (
    ("征文获奖名单", "得分"),
    ("拟聘用人员公示", "总分"),
    ("职称评审结果", "得分"),
    ("公租房轮候排名", "积分"),
    ("小升初积分排名", "积分"),
    ("新市民积分排名", "积分"),
    ("流动人口积分管理", "积分"),
    ("象棋比赛成绩", "积分"),
    ("马拉松成绩", "得分"),
    ("好评医生榜", "得分"),
)

# Every look-alike word of the regulation notes that is not a case of its own.
OTHER_SIGNING = [
    "报名签到",
    "签到墙",
    "航班签到",
    "候诊签到",
    "签订",
    "签章",
    "签名",
    "签发",
    "签证",
    "签收",
    "签约",
    "报到",
    "值机",
    "打卡机",
    "打卡地",
    "网红打卡",
    "美食打卡",
    "运动打卡",
    "健康打卡",
    "血压打卡",
    "读书打卡",
    "作业打卡",
    "自动打卡",
]
OTHER_POINTS = [
    "积分落户",
    "积分入户",
    "积分入学",
    "居住证积分",
    "信用积分",
    "会员积分",
    "交通违法记分",
    "驾照记分",
    "学分银行",
    "绩点",
    "高考分数",
    "空气质量指数",
    "热搜榜",
    "热门榜",
    "搜索热度",
    "事项热度",
    "音乐排行榜",
    "票房榜",
    "图书榜",
    "应用排行",
    "大学排名",
    "城市空气质量排名",
    "成绩公示",
    "招标排名",
    "候选人排序",
    "口碑榜",
    "综艺榜",
    "射手榜",
]


def _screen(title: str, lines: Sequence[Line], name: str = "s") -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [400, 150, 400 + 44 * len(title), 220]}]
    for number, line in enumerate(lines):
        cells = line if isinstance(line, tuple) else (line,)
        top = 320 + 120 * number
        for at, cell in enumerate(cells):
            text, left = cell.lstrip("*"), 60 + 960 * at // len(cells)
            box = [left, top, min(1070, left + 44 * len(text)), top + 60]
            nodes.append({"text": text, "box": box, "clickable": cell.startswith("*")})
    return {"nodes": nodes, "screen": name}


def _judge(law: Rule, *screens: dict[str, Any]) -> Outcome:
    return law.conclude([law.detect(screen(s, index=n)) for n, s in enumerate(screens, 1)], WALKED)


@pytest.mark.parametrize(("title", "lines"), APPOINTMENTS)
def test_signing_in_at_an_appointment_is_no_attendance(title: str, lines: tuple[str, ...]) -> None:
    assert _judge(mandatory_check_in.RULE, _screen(title, lines)).verdict is Verdict.CLEAR


@pytest.mark.parametrize(("title", "lines"), NOT_A_DUTY)
def test_a_habit_a_gift_and_somebody_elses_story_are_no_duty(title: str, lines: tuple[str, ...]) -> None:
    assert _judge(mandatory_check_in.RULE, _screen(title, lines)).verdict in {Verdict.CLEAR, Verdict.PRESENT}


@pytest.mark.parametrize("title", ["健走活动", "读书会", "血压记录", "喝水提醒", "英语学习角", "垃圾分类", "会议签到"])
def test_days_in_a_row_of_a_habit_or_an_event_are_no_duty(title: str) -> None:
    page = _screen(title, ("*立即打卡", "打卡记录", "已连续打卡2天", "补卡"))
    assert _judge(mandatory_check_in.RULE, page).verdict in {Verdict.CLEAR, Verdict.PRESENT}
    work = _screen(title, ("*立即打卡", "打卡记录", "已连续打卡2天", "上班打卡 09:00", "本月缺卡2天"))
    assert _judge(mandatory_check_in.RULE, work).verdict is Verdict.FOUND


def test_what_seven_days_in_a_row_would_bring_is_no_record_of_them() -> None:
    page = _screen("签到规则", ("*立即签到", "连续签到7天，加5积分"))
    assert _judge(mandatory_check_in.RULE, page).verdict is Verdict.PRESENT


@pytest.mark.parametrize("said", OF_OTHERS)
def test_a_notice_about_other_check_ins_does_not_weigh_on_the_one_of_this_app(said: str) -> None:
    mine = _screen("我的", ("*每日签到", "今日已签到"), "mine")
    assert _judge(mandatory_check_in.RULE, mine, _screen("通知公告", (said,), "notice")).verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("通知公告", "请全体人员每日在本平台打卡，未打卡的予以通报"),
        ("打卡规则", "漏打卡一次扣0.5分"),
        ("考勤管理制度", "缺卡一次扣0.5分"),
    ],
)
def test_a_notice_or_rules_about_the_check_in_of_this_app_weigh(title: str, said: str) -> None:
    mine = _screen("工作打卡", ("*打卡", "打卡记录"), "mine")
    assert _judge(mandatory_check_in.RULE, mine, _screen(title, (said,), "notice")).verdict is Verdict.FOUND


@pytest.mark.parametrize(("title", "head"), EXAMINED)
def test_people_in_order_of_an_examination_a_queue_or_a_game_are_not_accused(title: str, head: str) -> None:
    rows = [("名次", "姓名", head), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(PEOPLE, 1))]
    assert _judge(points_ranking.RULE, _screen(title, rows)).verdict in {Verdict.CLEAR, Verdict.PRESENT}


@pytest.mark.parametrize("title", ["政府网站普查排名", "文明城市测评排名", "政务服务好差评排名"])
def test_units_in_order_of_a_survey_are_not_accused(title: str) -> None:
    rows = [("排名", "单位", "得分"), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(UNITS, 1))]
    assert _judge(points_ranking.RULE, _screen(title, rows)).verdict in {Verdict.CLEAR, Verdict.PRESENT}


@pytest.mark.parametrize("title", ["网约护士", "家长评分排行"])
def test_stars_given_by_the_public_are_no_points(title: str) -> None:
    rows = [(str(n), name, f"{9.9 - n / 10:.1f}分") for n, name in enumerate(PEOPLE, 1)]
    assert _judge(points_ranking.RULE, _screen(title, rows)).verdict in {Verdict.CLEAR, Verdict.PRESENT}


def test_teams_under_the_one_word_for_points_are_left_to_a_person() -> None:
    rows = [(str(n), name, str(99 - 3 * n)) for n, name in enumerate(("湖人队", "勇士队", "公牛队"), 1)]
    assert _judge(points_ranking.RULE, _screen("积分榜", rows)).verdict is Verdict.PRESENT


def test_a_log_of_points_with_rising_numbers_of_rows_is_no_ranking() -> None:
    rows = [(str(n), "签到", f"获得+{max(1, 4 - n)}积分") for n in range(1, 6)]
    assert _judge(points_ranking.RULE, _screen("积分记录", ["总积分 17", *rows])).verdict is Verdict.CLEAR


@pytest.mark.parametrize("said", [("得分：580", "全市排名第1200名"), ("我的积分：120", "我的排名：第12名")])
def test_a_place_in_an_examination_or_a_queue_for_a_flat_is_no_ranking_of_staff(said: tuple[str, str]) -> None:
    title = "中考成绩查询" if said[0].startswith("得分") else "公租房轮候"
    assert _judge(points_ranking.RULE, _screen(title, said)).verdict in {Verdict.CLEAR, Verdict.PRESENT}


@pytest.mark.parametrize(
    ("title", "head"), [("学习积分通报", "得分"), ("答题排行", "分值"), ("党史知识大赛积分榜", "积分")]
)
def test_points_of_learning_and_of_quizzes_stay_found(title: str, head: str) -> None:
    rows = [("名次", "姓名", head), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(PEOPLE, 1))]
    assert _judge(points_ranking.RULE, _screen(title, rows)).verdict is Verdict.FOUND


def test_a_place_in_a_line_of_people_who_wait_is_no_rank() -> None:
    said = ("我的积分：20", "您前面还有3人，您排第4")
    assert _judge(points_ranking.RULE, _screen("服务大厅", said)).verdict is Verdict.CLEAR


@pytest.mark.parametrize(("title", "head"), [("办件排名", "办结率"), ("营商环境排名", "得分")])
def test_work_results_of_units_do_not_join_with_points_on_another_page(title: str, head: str) -> None:
    mine = _screen("我的", ("我的积分：20", "*积分排行榜"), "mine")
    rows = [("排名", "单位", head), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(UNITS, 1))]
    assert _judge(points_ranking.RULE, mine, _screen(title, rows, "board")).verdict is Verdict.PRESENT


def test_cadres_in_order_of_an_assessment_are_left_to_a_person() -> None:
    rows = [("名次", "姓名", "得分"), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(PEOPLE, 1))]
    assert _judge(points_ranking.RULE, _screen("干部民主测评", rows)).verdict is Verdict.PRESENT


@pytest.mark.parametrize("word", OTHER_SIGNING)
def test_no_other_signing_is_a_check_in_even_with_a_record_and_a_deadline(word: str) -> None:
    page = _screen("服务", (f"*{word}", f"*{word}记录", f"须按时{word}，逾期通报"))
    assert _judge(mandatory_check_in.RULE, page).verdict in {Verdict.CLEAR, Verdict.PRESENT}


@pytest.mark.parametrize("word", OTHER_POINTS)
def test_no_other_points_or_chart_is_a_points_ranking(word: str) -> None:
    rows = [("名次", "姓名", "分值"), *((str(n), name, str(99 - 3 * n)) for n, name in enumerate(PEOPLE, 1))]
    for page in (_screen(word, rows), _screen(word, (f"我的{word}：12", "我的排名：第3名"))):
        assert _judge(points_ranking.RULE, page).verdict in {Verdict.CLEAR, Verdict.PRESENT}
