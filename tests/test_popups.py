"""What stands in the way, how it is left, and what is no pop-up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.messages import catalogue
from harness.model import Back, Box, Observation, Tap, Wait
from harness.popups import Popup, PopupKind, popup
from tests.screen_drawing import Written, WrittenEngine, button, drawn, node, seen, window

DIALOG = (140, 800, 940, 1500)
VIEW = "android.view.View"
PAGE = (
    node("干部学习在线", (300, 90, 780, 170)),
    node("学习积分", (300, 700, 480, 760), clickable="true"),
    node("立即签到", (700, 700, 880, 760), clickable="true"),
    node("设置", (800, 2280, 900, 2340), clickable="true"),
)


def dialog(*texts: str, buttons: tuple[str, ...] = ()) -> str:
    """Return a dialog's node as a page draws it: title and sentences above a row of buttons."""
    inside = [node(text, (180, 840 + 90 * n, 900, 920 + 90 * n)) for n, text in enumerate(texts)]
    wide = 720 // max(1, len(buttons))
    inside += [button(text, (180 + wide * n, 1380, 170 + wide * (n + 1), 1470)) for n, text in enumerate(buttons)]
    return node("", DIALOG, *inside, kind=VIEW)


def over_a_page(*texts: str, buttons: tuple[str, ...] = ()) -> Observation:
    """Return a screen whose dialog shares one window with the page behind it, as in every H5 app."""
    return seen(window(*PAGE, dialog(*texts, buttons=buttons)))


def found(observation: Observation) -> Popup:
    popped = popup(observation)
    assert popped is not None
    return popped


def labels(popped: Popup) -> list[str]:
    return [way.label if isinstance(way, Tap) else type(way).__name__ for way in popped.ways]


@pytest.mark.parametrize(
    ("texts", "buttons", "kind", "ways"),
    [
        (
            ("个人信息保护提示", "请您阅读《用户协议》和《隐私政策》。"),
            ("不同意", "同意并继续"),
            "privacy",
            ["不同意", "Back", "同意并继续"],
        ),
        (
            ("温馨提示", "请您阅读并同意《用户协议》和《隐私政策》后使用。"),
            ("仅浏览", "同意"),
            "privacy",
            ["仅浏览", "Back", "同意"],
        ),
        (
            ("发现新版本 V3.3.0", "1. 优化视频播放体验"),
            ("以后再说", "立即更新"),
            "update",
            ["以后再说", "Back"],
        ),
        (("版本更新", "更新内容：修复已知问题"), ("取消", "立即升级"), "update", ["取消", "Back"]),
        (("开启消息通知", "开启后可及时接收预警。"), ("暂不开启", "去开启"), "notification", ["暂不开启", "Back"]),
        (("喜欢学习在线吗？", "给我们一个五星好评吧"), ("下次再说", "去评价"), "rating", ["下次再说", "Back"]),
        (("您还未登录，登录后可查看学习记录",), ("取消", "去登录"), "login", ["取消", "Back"]),
        (("左右滑动可切换上下题",), ("我知道了",), "guide", ["我知道了", "Back"]),
        (("新手引导 1/4", "这里是工作台"), ("跳过", "下一步"), "guide", ["跳过", "下一步", "Back"]),
        (("系统升级通知", "请升级到最新版本"), ("立即升级", "下次提醒"), "update", ["下次提醒", "Back"]),
        (("“学习在线”想给您发送通知",), ("不允许", "允许"), "notification", ["不允许", "Back"]),
        (("应用评分", "觉得好用就给个好评吧"), ("残忍拒绝", "五星好评"), "rating", ["残忍拒绝", "Back"]),
        (("邀请您参与满意度调查",), ("稍后再说", "立即参与"), "rating", ["稍后再说", "Back"]),
        (("您的登录已过期，请重新登录",), ("取消", "重新登录"), "login", ["取消", "Back"]),
        (("登录后可查看更多内容",), ("先逛逛", "登录/注册"), "login", ["先逛逛", "Back"]),
        (("为了推荐附近的网点，需要开启定位服务",), ("取消", "去设置"), "permission", ["取消", "Back"]),
        (("应用需要存储权限才能保存文件",), ("拒绝", "去开启"), "permission", ["拒绝", "Back"]),
    ],
)
def test_a_pop_up_over_a_page_is_left_the_least_binding_way_first(
    texts: tuple[str, ...], buttons: tuple[str, ...], kind: str, ways: list[str]
) -> None:
    popped = found(over_a_page(*texts, buttons=buttons))
    assert (popped.kind, labels(popped), popped.binding) == (kind, ways, False)
    assert popped.dismiss == popped.ways[0]


def test_an_agreement_that_cannot_be_refused_is_binding_and_tries_back_before_consent() -> None:
    popped = found(over_a_page("隐私政策", "使用前请阅读《隐私政策》", buttons=("同意",)))
    assert (popped.kind, popped.binding, labels(popped)) == (PopupKind.PRIVACY, True, ["Back", "同意"])


def test_a_consent_that_counts_down_is_waited_for_and_not_pressed() -> None:
    late = button("同意（5秒）", (540, 1380, 900, 1470), enabled="false")
    texts = (node("隐私政策", (180, 840, 900, 920)), button("不同意", (180, 1380, 520, 1470)))
    popped = found(seen(window(*PAGE, node("", DIALOG, *texts, late, kind=VIEW))))
    assert labels(popped) == ["不同意", "Back", "Wait"]


def test_an_update_without_a_way_to_decline_is_binding() -> None:
    popped = found(seen(window(dialog("发现新版本", "当前版本过低，请升级后使用", buttons=("立即升级",)))))
    assert (popped.kind, popped.binding, labels(popped)) == (PopupKind.UPDATE, True, ["Back"])


@pytest.mark.parametrize(
    ("texts", "buttons"),
    [
        (("发现新版本", "本次为强制更新"), ("立即更新", "退出应用")),
        (("当前版本已停用，请更新后使用",), ("立即更新",)),
        (("检测到新版本，需更新后才能继续使用",), ("去更新",)),
    ],
)
def test_an_update_that_lets_nobody_past_is_binding_over_a_page_too_and_is_never_installed(
    texts: tuple[str, ...], buttons: tuple[str, ...]
) -> None:
    popped = found(over_a_page(*texts, buttons=buttons))
    assert (popped.kind, popped.binding, labels(popped)) == (PopupKind.UPDATE, True, ["Back"])


def test_a_permission_request_of_the_system_is_denied() -> None:
    asks = window(
        node("要允许“掌上考勤”访问这台设备的位置信息吗？", (180, 840, 900, 1000)),
        button("仅在使用中允许", (180, 1050, 900, 1130)),
        button("仅此一次", (180, 1150, 900, 1230)),
        button("不允许", (180, 1250, 900, 1330)),
        package="com.android.permissioncontroller",
        bounds=DIALOG,
    ).replace("cn.gov.demo.study", "com.android.permissioncontroller")
    popped = found(seen(window(*PAGE), asks))
    assert (popped.kind, labels(popped), popped.binding) == (PopupKind.PERMISSION, ["不允许", "Back"], False)


def test_an_app_that_does_not_respond_is_waited_for() -> None:
    asks = window(
        node("学习在线没有响应", (180, 840, 900, 920)),
        button("关闭应用", (180, 1050, 900, 1130)),
        button("等待", (180, 1150, 900, 1230)),
        package="android",
        bounds=DIALOG,
    ).replace("cn.gov.demo.study", "android")
    popped = found(seen(window(*PAGE), asks))
    assert popped.kind is PopupKind.ANR
    assert isinstance(popped.dismiss, Tap)
    assert popped.dismiss.label == "等待"
    assert Wait(seconds=2.0) in popped.ways
    assert Back() not in popped.ways


@pytest.mark.parametrize("label", ["跳过", "跳过 3", "5s | 跳过", "点击跳过广告", "跳过(5s)"])
def test_a_splash_ad_is_skipped_at_its_corner(label: str) -> None:
    ad = node("", (0, 0, 1080, 2400), kind="android.widget.ImageView")
    popped = found(seen(window(ad, node(label, (860, 120, 1040, 190), clickable="true"))))
    assert (popped.kind, popped.box) == (PopupKind.SPLASH_AD, Box(left=860, top=120, right=1040, bottom=190))


@pytest.mark.parametrize(
    "texts",
    [
        (("跳过片头", (860, 120, 1040, 190)), ("倍速", (700, 120, 800, 190))),
        (("跳过", (480, 1150, 600, 1230)), ("选择你的偏好", (300, 300, 780, 380))),
        (("跳过", (860, 120, 1040, 190)), ("下一步", (300, 2200, 780, 2280))),
    ],
)
def test_a_skip_that_belongs_to_a_player_or_a_choice_is_no_splash_ad(
    texts: tuple[tuple[str, tuple[int, int, int, int]], ...],
) -> None:
    assert popup(seen(window(*(node(text, bounds, clickable="true") for text, bounds in texts)))) is None


def test_an_ad_with_a_close_icon_is_closed_by_the_icon() -> None:
    close = node("", (500, 1600, 580, 1680), kind="android.widget.ImageView", clickable="true", id="iv_close_ad")
    popped = found(
        seen(window(*PAGE, node("", DIALOG, node("今日不再出现", (400, 1420, 680, 1480)), kind=VIEW), close))
    )
    assert popped.kind is PopupKind.AD
    assert popped.dismiss == Tap(x_px=540, y_px=1450, label="今日不再出现")


@pytest.mark.parametrize(
    ("texts", "buttons"),
    [
        (("今日未签到", "请先签到，签到后方可使用其他功能"), ("立即签到",)),
        (("今日未签到", "请先完成打卡"), ("我知道了",)),
        (("随堂测验", "单选题：政务应用程序原则上不得设置哪类功能？"), ("提交",)),
        (("温馨提示", "防挂机提示：您还在学习吗？"), ("我知道了",)),
        (("打卡提醒", "开启提醒，上班打卡不忘记"), ("取消", "去开启")),
        (("确定要删除这条记录吗？",), ("取消", "确定")),
        (("您的账号已在其他设备登录",), ("知道了",)),
    ],
)  # fmt: skip
def test_what_the_rules_look_for_is_never_closed_as_a_pop_up(texts: tuple[str, ...], buttons: tuple[str, ...]) -> None:
    assert popup(over_a_page(*texts, buttons=buttons)) is None


@pytest.mark.parametrize(
    "texts",
    [
        ("关于我们", "检查更新", "用户协议", "隐私政策", "当前版本 3.2.1", "主办单位"),
        ("设置", "消息通知", "打卡提醒", "隐私政策", "清除缓存", "关闭"),
        ("手机号登录", "请输入手机号", "请输入验证码", "我已阅读并同意《用户协议》", "登录"),
        ("绑定手机号", "用户协议", "请阅读5秒后同意。", "同意（5秒）", "请输入验证码", "提交"),
        ("发现", "会议通知", "学习排行", "取消", "搜索"),
        ("系统权限管理", "位置信息权限", "去设置", "相机权限", "去设置", "返回"),
        ("版本信息", "发现新版本 V3.3.0", "立即更新", "检查更新", "关于我们"),
        ("办事指南", "第1步 填写", "下一步", "请输入姓名", "新功能"),
        ("待办提醒", "您有1条待办", "去查看", "关闭"),
        ("学习", "首页", "我的"),
    ],
)
def test_a_page_that_mentions_such_things_is_no_pop_up(texts: tuple[str, ...]) -> None:
    rows = (node(text, (60, 100 + 110 * n, 700, 180 + 110 * n), clickable="true") for n, text in enumerate(texts))
    assert popup(seen(window(*rows))) is None


def test_a_pop_up_that_only_pixels_show_is_recognised_too() -> None:
    png = drawn([Written(text="字" * 20, x_px=20, y_px=y, size_px=50) for y in range(120, 2300, 120)])
    engine = WrittenEngine(
        ("发现新版本 V3.3.0", (300, 900, 780, 960)),
        ("以后再说", (220, 1400, 400, 1450)),
        ("立即更新", (640, 1400, 820, 1450)),
    )
    popped = found(seen(window(node("", (0, 0, 1080, 2400), kind=VIEW)), png=png, engines=[engine]))
    assert (popped.kind, labels(popped)) == (PopupKind.UPDATE, ["以后再说", "Back"])


def test_every_kind_has_a_text_in_both_languages() -> None:
    for language in ("zh_CN", "en"):
        assert {f"popup-{kind}" for kind in PopupKind} <= set(catalogue(language))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["同意", "不同意", "隐私政策", "立即更新", "取消", "签到", "跳过", "我知道了", "去开启", "没有响应", "等待"]
        )
        | st.text(alphabet="签到同意跳过0123 (){}", max_size=12),
        max_size=8,
    )
)
def test_no_screen_makes_it_raise_and_a_way_out_is_always_given(texts: list[str]) -> None:
    rows = (node(text, (60, 100 + 110 * n, 700, 180 + 110 * n)) for n, text in enumerate(texts))
    popped = popup(seen(window(*rows)))
    assert popped is None or popped.ways


def test_a_banner_in_the_page_that_says_it_is_an_advertisement_is_no_pop_up() -> None:
    banner = [node("示例汽车 预约试驾", (40, 900, 700, 960)), node("广告", (40, 970, 130, 1010))]
    assert popup(seen(window(node("首页", (40, 150, 200, 210)), *banner))) is None


ICON = "android.widget.ImageView"


def test_a_row_that_can_be_deleted_is_no_way_out_of_a_banner_and_a_banner_is_no_wall() -> None:
    banner = node(
        "", (0, 200, 1080, 300), node("开启消息通知", (40, 220, 400, 280)), button("去开启", (800, 220, 1000, 280))
    )
    rows = [
        node("", (0, 400 + 200 * n, 1080, 580 + 200 * n), node(text, (40, 420 + 200 * n, 600, 480 + 200 * n)),
             button("删除", (860, 420 + 200 * n, 1040, 480 + 200 * n), id="tv_del"), kind=VIEW)
        for n, text in enumerate(("会议通知", "防汛通知"))
    ]  # fmt: skip
    assert popup(seen(window(banner, *rows))) is None
    close = node("", (1010, 220, 1070, 280), kind=ICON, clickable="true", id="iv_close")
    popped = found(seen(window(banner, *rows, close)))
    assert (popped.kind, labels(popped)) == (PopupKind.NOTIFICATION, [popped.dismiss.label, "Back"])  # type: ignore[union-attr]
    assert popped.dismiss == Tap(x_px=1040, y_px=250, label="cn.gov.demo.study:id/iv_close")


@pytest.mark.parametrize(("bounds", "closes"), [((860, 820, 920, 880), True), ((860, 1900, 920, 1960), False)])
def test_an_icon_that_may_delete_closes_a_dialog_only_from_within_it(
    bounds: tuple[int, int, int, int], *, closes: bool
) -> None:
    icon = node("", bounds, kind=ICON, clickable="true", id="iv_del")
    asks = dialog("隐私政策", "使用前请阅读《隐私政策》", buttons=("同意",))
    popped = found(seen(window(*PAGE, asks, icon)))
    assert labels(popped) == [*(["cn.gov.demo.study:id/iv_del"] if closes else []), "Back", "同意"]


def test_a_question_whether_something_is_to_stop_running_is_no_crash() -> None:
    asks = over_a_page("提示", "系统将停止运行，是否确认提交？", buttons=("取消", "确定"))
    assert popup(asks) is None
    assert found(over_a_page("学习在线屡次停止运行", buttons=("关闭应用",))).kind is PopupKind.CRASH


def test_the_ways_that_agree_to_something_are_told_apart() -> None:
    popped = found(over_a_page("隐私政策", "使用前请阅读《隐私政策》", buttons=("同意", "仅浏览")))
    assert labels(popped) == ["仅浏览", "Back", "同意"]
    assert popped.declining == popped.ways[:2]
