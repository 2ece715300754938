"""What must never be pressed, however the word reaches the screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.messages import catalogue
from harness.model import Box, Channel, Observation, Shape, ShapeKind
from harness.safety import Control, ControlKind, controls, danger, danger_at, danger_of, judged
from harness.safety.lexicon import DANGERS
from tests.screen_drawing import Written, WrittenEngine, button, drawn, node, seen, window

VIEW = "android.view.View"
IMAGE = "android.widget.ImageView"


REFUSED = {
    "danger-sign-in": (
        "签到 立即签到 去签到 马上签到 一键签到 我要签到 打卡 上班打卡 下班打卡 外勤打卡 更新打卡 极速打卡 "
        "补签 补卡 签退 今日签到+2 签到领红包 签到｜+5 点击签到领取今日积分 扫码签到 位置签到 拍照打卡 签 "
        "点到 请点击下方按钮立即签到，完成今日考勤 去签到记录今天"
    ),
    "danger-pay": (
        "付款 结算 立即支付 微信支付 确认并支付 付费观看 支付按钮 "
        "确认协议并开通 立即转入 立即提现 借现金 立即缴费 去支付 充值"
    ),
    "danger-post": ("发布 发表观点 发送 写评论 发表评论"),
    "danger-like": ("点赞 点赞按钮 赞12 12赞 关注 +关注 收藏"),
    "danger-forward": ("转发 转发给同事"),
    "danger-vote": ("投票 立即投票 为TA投一票 投TA一票 满意 非常满意 不满意 基本满意"),
    "danger-delete": ("删除 清空记录 清除缓存 卸载"),
    "danger-logout": ("退出登录 注销 注销账号 切换账号 退出"),
    "danger-submit": (
        "提交 确认提交 交卷 一键上报 立即报名 保存 签收 一键催办 "
        "赞成 反对 弃权 不同意 审核通过 不予通过 退回修改 已阅 收到"
    ),
    "danger-share": ("分享 分享按钮 分享图标 分享给好友 邀请好友 微信好友"),
    "danger-install": ("立即安装 下载 立即更新 立即下载并安装最新版本的移动客户端"),
    "danger-bind": ("去绑定 更换手机号 本机号码一键登录 继续认证 获取验证码 开始人脸识别"),
    "danger-permission": ("允许 始终允许 仅在使用中允许 去开启 Allow WhileUsingTheApp"),
    "danger-consent": ("同意 同意并继续 我已阅读并同意《用户服务协议》和《隐私政策》"),
    "danger-call": ("拨打电话 12345 110 服务热线12345 一键报警 010-12345678"),
    "danger-upload": ("上传照片 拍照 从相册选择"),
    "danger-claim": ("领取 立即领取 抽奖"),
    "danger-exam": ("开始考试 随机匹配"),
    "danger-trace": ("开始巡查 结束值守"),
}
TO_LOOK_AT = (
    "签到日历 签到记录 签到规则 签到明细 打卡记录 打卡规则 查看签到记录 会议签到 会议签到二维码 考勤统计 "
    "考勤 签到排行榜 打卡地推荐 网红打卡地 关于开展签到工作的通知 积分规则 我的积分 总积分115 今日积分120 "
    "积分排行 积分兑换 积分落户查询 去学习 去看看 去答题 学习 下一节 下一步 跳过 取消 关闭 "
    "我知道了 首页 我的 消息 设置 更多 搜索 我的收藏 我的关注 评论区 投票结果 缴费记录 生活缴费 快递查询 "
    "我的订单 下载中心 倍速 播放 暂停 投诉建议 意见反馈 关于我们 在线办理 登录 隐私政策 热搜榜 "
    "学习时长120分钟 值班表 联系我们 0分/5分"
)


def the_control(observation: Observation, label: str) -> Control:
    return next(control for control in controls(observation) if control.norm == label)


@pytest.mark.parametrize(
    ("label", "name"), [(label, name) for name, labels in REFUSED.items() for label in labels.split()]
)
def test_a_control_that_acts_for_a_person_is_refused_by_its_class(label: str, name: str) -> None:
    assert danger([label]) == name


@pytest.mark.parametrize("label", TO_LOOK_AT.split())
def test_a_control_that_only_leads_to_something_to_look_at_may_be_pressed(label: str) -> None:
    assert danger([label]) is None


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("2026-11-29 09:00", None),
        ("公园清洁 2026-11-29 09:00", None),
        ("蓝牙音箱 ¥129.00", None),
        ("¥129.00", None),
        ("0571-12345678", "danger-call"),
        ("12345", "danger-call"),
        ("拨打 2026-11-29", "danger-call"),
        ("¥98 立即开通", "danger-pay"),
    ],
)
def test_a_day_and_a_price_are_no_number_to_call(label: str, name: str | None) -> None:
    assert danger([label]) == name


def test_every_danger_class_has_a_text_in_both_languages() -> None:
    assert len(DANGERS) > 15
    for language in ("zh_CN", "en"):
        assert set(DANGERS) <= set(catalogue(language))


@pytest.mark.parametrize(("label", "name"), [("同意（5秒）", "danger-consent"), ("重新获取(60s)", "danger-bind")])
def test_a_countdown_on_a_button_does_not_hide_its_danger(label: str, name: str) -> None:
    assert danger([label]) == name


@given(st.lists(st.text(max_size=40), max_size=6))
def test_no_text_makes_the_lexicon_raise(labels: list[str]) -> None:
    found = danger(labels)
    assert found is None or found in DANGERS


@given(
    st.sampled_from(["签到", "立即签到", "上班打卡", "退出登录", "立即支付"]),
    st.sampled_from([" ", "\u200b", "　", "\n", "·"]),
)
def test_blanks_and_marks_between_glyphs_do_not_hide_a_danger(label: str, mark: str) -> None:
    assert danger([mark.join(label)]) == danger([label]) is not None


def test_parts_of_a_word_are_judged_together() -> None:
    assert danger(["签", "到"]) == "danger-sign-in"
    assert danger(["退出", "登", "录"]) == "danger-logout"
    assert danger(["立即", "支", "付"]) == "danger-pay"


def test_a_word_split_over_two_nodes_of_a_control_is_refused() -> None:
    inside = (node("签", (500, 900, 560, 960)), node("到", (562, 900, 622, 960)))
    observation = seen(window(node("", (440, 850, 680, 1010), *inside, kind=VIEW, clickable="true")))
    (control,) = controls(observation)
    assert danger_of(control, observation) == "danger-sign-in"


def test_a_word_on_a_node_that_lies_over_a_silent_control_is_refused() -> None:
    observation = seen(
        window(node("", (340, 850, 740, 1010), kind=VIEW, clickable="true"), node("上班打卡", (440, 900, 640, 960)))
    )
    (control,) = controls(observation)
    assert danger_of(control, observation) == "danger-sign-in"


def test_a_silent_icon_with_its_word_below_is_refused() -> None:
    icon = node("", (100, 900, 200, 1000), kind=IMAGE, clickable="true")
    observation = seen(window(icon, node("分享", (110, 1010, 190, 1050))))
    (control,) = controls(observation)
    assert control.label == "分享"
    assert danger_of(control, observation) == "danger-share"


@pytest.mark.parametrize(
    ("resource_id", "name"),
    [
        ("btnCheckIn", "danger-sign-in"),
        ("iv_share", "danger-share"),
        ("btn_log_out", "danger-logout"),
        ("home_menu", None),
        ("tv_design", None),
        ("iv_right", "danger-unread"),
        ("0_resource_name_obfuscated", "danger-unread"),
        ("kxk", "danger-unread"),
    ],
)
def test_a_silent_control_is_judged_by_its_id(resource_id: str, name: str | None) -> None:
    icon = node("", (100, 900, 200, 1000), kind=IMAGE, clickable="true", id=resource_id)
    observation = seen(window(node("首页", (0, 0, 400, 90)), icon))
    (control,) = controls(observation)
    assert danger_of(control, observation) == name


def test_lines_read_from_an_opaque_page_are_controls_and_refused_like_others() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    engine = WrittenEngine(
        ("个人排行", (100, 300, 300, 350)),
        ("立即签到", (400, 900, 640, 960)),
        ("签至", (400, 1200, 500, 1260)),
        ("何", (50, 50, 90, 90)),
    )
    observation = seen(window(node("", (0, 0, 1080, 2400), kind=VIEW)), png=png, engines=[engine])
    found = {control.norm: danger_of(control, observation) for control in controls(observation)}
    assert found == {"": None, "个人排行": None, "立即签到": "danger-sign-in", "签至": "danger-sign-in"}
    assert the_control(observation, "个人排行").source is Channel.OCR
    assert the_control(observation, "个人排行").element is None
    assert the_control(observation, "").kind is ControlKind.SCROLL


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("确定要退出登录吗？", "danger-logout"),
        ("是否确认提交本次答卷？", "danger-submit"),
        ("确认支付 ¥12.00 元", "danger-pay"),
        ("操作成功", None),
    ],
)
def test_a_plain_yes_is_judged_by_the_question_it_answers(question: str, name: str | None) -> None:
    dialog = window(
        node(question, (200, 1000, 800, 1080)), button("确定", (600, 1200, 800, 1280)), bounds=(140, 900, 940, 1400)
    )
    observation = seen(window(), dialog)
    assert danger_of(the_control(observation, "确定"), observation) == name


def test_the_label_beside_a_button_of_the_same_text_is_no_control() -> None:
    observation = seen(window(node("签到", (40, 300, 140, 360)), button("签到", (800, 290, 1000, 370))))
    assert [control.box.left for control in controls(observation)] == [800]


def test_a_row_is_not_refused_for_a_button_at_its_end_that_the_finger_does_not_meet() -> None:
    end = button("去签到", (860, 320, 1040, 380))
    row = node("", (0, 300, 1080, 400), node("每日任务", (40, 320, 300, 380)), end, kind=VIEW, clickable="true")
    observation = seen(window(row))
    assert {c.norm: danger_of(c, observation) for c in controls(observation)} == {
        "每日任务": None,
        "去签到": "danger-sign-in",
    }


def test_controls_are_told_by_kind() -> None:
    tabs = "".join(
        button(name, (at * 360, 2250, at * 360 + 360, 2400)) for at, name in enumerate(("首页", "学习", "我的"))
    )
    observation = seen(
        window(
            button("返回", (0, 80, 100, 180)),
            node("", (0, 200, 1080, 1200), kind="android.widget.ListView", scrollable="true"),
            node("", (0, 1300, 900, 1380), kind="android.widget.EditText", hint="请输入", clickable="true"),
            node("提醒", (0, 1400, 900, 1480), kind="android.widget.Switch", checkable="true", clickable="true"),
            node("30.0", (0, 1500, 1080, 1560), kind="android.widget.SeekBar"),
            node("财务科", (0, 1600, 1080, 1700), kind="android.widget.CheckedTextView", clickable="true"),
            node("", (0, 2250, 1080, 2400), tabs, kind=VIEW),
        ),
        window(button("主屏幕", (0, 2300, 100, 2400)), package="com.android.systemui").replace(
            "cn.gov.demo.study", "com.android.systemui"
        ),
    )
    kinds = [(control.kind, control.norm) for control in controls(observation)]
    assert kinds == [
        (ControlKind.BACK, "返回"),
        (ControlKind.SCROLL, ""),
        (ControlKind.INPUT, "请输入"),
        (ControlKind.TOGGLE, "提醒"),
        (ControlKind.SEEK, "30.0"),
        (ControlKind.TOGGLE, "财务科"),
        (ControlKind.TAB, "首页"),
        (ControlKind.TAB, "学习"),
        (ControlKind.TAB, "我的"),
    ]
    assert danger_of(the_control(observation, "提醒"), observation) == "danger-setting"


def test_disabled_and_selected_are_told() -> None:
    observation = seen(
        window(
            button("下一节", (0, 900, 400, 1000), enabled="false"),
            button("周榜", (500, 900, 900, 1000), selected="true"),
        )
    )
    assert [(c.norm, c.enabled, c.selected) for c in controls(observation)] == [
        ("下一节", False, False),
        ("周榜", True, True),
    ]


def test_the_cells_of_a_drawn_leaderboard_are_no_controls_and_a_drawn_grid_of_entries_is() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    canvas = window(node("", (0, 0, 1080, 2400), kind=VIEW))
    names = ("何志远", "林秀兰", "马文斌")
    board = [
        (text, (left, 600 + 150 * line, left + 120, 650 + 150 * line))
        for line, name in enumerate(names)
        for text, left in ((str(line + 1), 40), (name, 300), ("财政科", 600), (str(90 - line), 900))
    ]
    grid = [
        (f"{one}{other}", (left, 600 + 150 * line, left + 120, 650 + 150 * line))
        for line, one in enumerate("学考通")
        for left, other in ((40, "习"), (400, "核"), (800, "知"))
    ]
    tabs = [("个人排行", (100, 300, 300, 350)), ("单位排行", (700, 300, 900, 350))]
    on_board = controls(seen(canvas, png=png, engines=[WrittenEngine(*tabs, *board)]))
    on_grid = controls(seen(canvas, png=png, engines=[WrittenEngine(*grid)]))
    assert [control.norm for control in on_board if control.kind is ControlKind.TAP] == ["个人排行", "单位排行"]
    assert len([control for control in on_grid if control.kind is ControlKind.TAP]) == 9


def test_an_option_is_refused_where_its_question_is_on_screen_and_only_there() -> None:
    option = button("A. 意见反馈", (60, 900, 1020, 1020))
    asked = seen(window(node("随堂测验 单选题", (60, 600, 1020, 700)), option))
    assert danger_of(the_control(asked, "A.意见反馈"), asked) == "danger-exam"
    plain = seen(window(node("联系方式", (60, 600, 1020, 700)), option))
    assert danger_of(the_control(plain, "A.意见反馈"), plain) is None


LIST = "androidx.recyclerview.widget.RecyclerView"


def in_a_list(*parts: str) -> Observation:
    """Return a screen whose list is cut off at 300 px and at 2200 px."""
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(320, 620, 80)])
    box = node("", (0, 300, 1080, 2200), *parts, kind=LIST, scrollable="true")
    return seen(window(box), png=png, engines=[WrittenEngine()])


def test_what_is_cut_off_so_that_its_words_are_out_of_sight_is_not_pressed() -> None:
    row = node("", (0, 1900, 1080, 2100), node("通知公告", (40, 1940, 300, 2000)), kind=VIEW, clickable="true")
    observation = in_a_list(node("", (0, 300, 1080, 640), kind=VIEW, clickable="true"), row)
    assert any(region.height_px == 340 for region in observation.opaque)  # its pixels were read
    cut = next(control for control in controls(observation) if control.kind is ControlKind.TAP)
    assert danger_of(cut, observation) == "danger-unread"


def test_half_a_word_at_the_edge_is_not_read_as_the_whole() -> None:
    half = node("", (0, 300, 1080, 340), node("到", (500, 300, 560, 340)), kind=VIEW, clickable="true")
    observation = in_a_list(half)
    cut = next(control for control in controls(observation) if control.kind is ControlKind.TAP)
    assert danger_of(cut, observation) == "danger-unread"


def test_a_row_that_is_cut_off_may_be_pressed_where_its_words_are_in_sight() -> None:
    row = node("", (0, 2100, 1080, 2200), node("通知公告", (40, 2120, 300, 2180)), kind=VIEW, clickable="true")
    observation = in_a_list(row)
    assert danger_of(the_control(observation, "通知公告"), observation) is None


def test_a_drawn_button_too_small_to_be_read_is_not_pressed_unless_its_id_tells_what_it_is() -> None:
    for resource_id, name in (("", "danger-unread"), ("iv_menu", None), ("iv_share", "danger-share")):
        title = node("服务大厅", (400, 100, 680, 180))
        small = node("", (500, 900, 560, 940), kind=IMAGE, clickable="true", id=resource_id)
        observation = seen(window(title, small))
        (control,) = controls(observation)
        assert danger_of(control, observation) == name


@pytest.mark.parametrize("letters", ["签到", "打卡", "点赞", "转发", "签退"])
def test_a_danger_split_into_one_node_a_letter_is_refused_whole_and_in_parts(letters: str) -> None:
    parts = [
        node(letter, (400 + 60 * n, 900, 460 + 60 * n, 980), kind=VIEW, clickable="true")
        for n, letter in enumerate(letters)
    ]
    observation = seen(window(*parts))
    assert len(controls(observation)) == len(letters)
    assert all(danger_of(control, observation) for control in controls(observation))
    inside = [node(letter, (400 + 60 * n, 900, 460 + 60 * n, 980)) for n, letter in enumerate(letters)]
    observation = seen(window(node("", (300, 880, 700, 1000), *inside, kind=VIEW, clickable="true")))
    (whole,) = controls(observation)
    assert danger_of(whole, observation)


# --- a press meets a point


def met(observation: Observation, label: str) -> str | None:
    """Return why the control of that label must not be pressed at its middle."""
    return next(why for control, why in judged(observation) if control.norm == label)


def test_a_bar_is_not_pressed_where_a_button_to_sign_in_stands_in_its_middle() -> None:
    tabs = [node(name, (at, 2280, at + 200, 2340)) for name, at in (("首页", 40), ("我的", 840))]
    sign = node("", (460, 2230, 620, 2390), kind=IMAGE, clickable="true", id="btn_checkin")
    observation = seen(window(node("", (0, 2220, 1080, 2400), *tabs, sign, kind=VIEW, clickable="true")))
    bar = controls(observation)[0]
    assert danger_of(bar, observation) is None  # its own words are harmless
    assert dict(judged(observation))[bar] == "danger-sign-in"
    control, why = danger_at(540, 2310, observation) or pytest.fail("nothing is feared there")
    assert (control.box.left, why) == (460, "danger-sign-in")


@pytest.mark.parametrize("footer_first", [False, True])
def test_a_link_is_not_pressed_where_a_bar_lies_over_it_or_it_over_the_bar(*, footer_first: bool) -> None:
    link, footer = button("详情", (500, 2300, 590, 2360)), button("立即申请", (0, 2280, 1080, 2400))
    observation = seen(window(*((footer, link) if footer_first else (link, footer))))
    assert met(observation, "详情") == "danger-submit"
    assert danger_at(545, 2330, observation) is not None


def test_a_harmless_link_in_a_card_that_acts_is_pressed_itself() -> None:
    link = button("详情", (860, 920, 1040, 980))
    card = node("", (0, 800, 1080, 1000), node("立即报名", (40, 820, 300, 880)), link, kind=VIEW, clickable="true")
    observation = seen(window(card))
    assert met(observation, "立即报名") == "danger-submit"
    assert met(observation, "详情") is None
    assert danger_at(950, 950, observation) is None
    assert danger_at(500, 900, observation) is not None


def test_what_lies_under_a_page_that_acts_wherever_it_is_pressed_is_not_pressed() -> None:
    entry = button("排行榜", (40, 400, 500, 480))
    cover = node("点击任意处签到", (0, 0, 1080, 2400), kind=VIEW, clickable="true")
    assert met(seen(window(entry, cover)), "排行榜") == "danger-sign-in"
    assert met(seen(window(cover, entry)), "排行榜") is None


def test_each_line_on_a_drawn_button_is_judged_by_all_of_them() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    engine = WrittenEngine(("签到", (480, 1000, 600, 1050)), ("今日任务", (460, 1060, 620, 1100)))
    page = seen(window(node("", (0, 0, 1080, 2400), kind=VIEW)), png=png, engines=[engine])
    around = Box(left=400, top=980, right=680, bottom=1120)
    button_shape = Shape(kind=ShapeKind.BUTTON, box=around, match_ratio=0.9, method="test")
    assert met(page, "今日任务") is None
    assert met(replace(page, shapes=(button_shape,)), "今日任务") == "danger-sign-in"


@pytest.mark.parametrize(("name", "why"), [("thumb_up", "danger-like"), ("share", "danger-share"), ("play", None)])
def test_an_icon_that_a_template_knows_is_judged_by_its_name(name: str, why: str | None) -> None:
    icon = node("", (100, 900, 300, 1100), kind=IMAGE, clickable="true", id="iv_round_entry")
    page = seen(window(node("首页", (0, 0, 400, 90)), icon))
    inside = Box(left=150, top=950, right=250, bottom=1050)
    shape = Shape(kind=ShapeKind.ICON, box=inside, match_ratio=0.9, method="test", name=name)
    (control,) = controls(page)
    assert danger_of(control, replace(page, shapes=(shape,))) == why


def test_what_lies_under_an_open_keyboard_is_no_control() -> None:
    page = (button("搜索历史", (40, 400, 500, 480)), button("我的", (820, 2300, 1040, 2380)))
    name = "com.sohu.inputmethod.sogou"
    for bounds, kept in (((0, 1500, 1080, 2400), ["搜索历史"]), ((0, 0, 1080, 2400), ["搜索历史", "我的"])):
        keyboard = node("", bounds, kind="android.widget.FrameLayout", package=name)
        assert [control.norm for control in controls(seen(window(*page), keyboard))] == kept
