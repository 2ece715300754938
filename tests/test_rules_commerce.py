"""Selling and advertising are found by a checkout, a membership or somebody's advertisement; a fee is neither."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from harness import safety
from harness.judge import replay
from harness.model import Back, Launch, Outcome, Tap, Verdict
from harness.rules import commercial_activity, wants_probe
from harness.rules.corpus import WALKED, screen
from tests.simulated_lesson import Screens, drive

RULE = commercial_activity.RULE
PACKAGE = "cn.example.portal"
NEVER_PRESSED = ("提交订单", "确认支付", "立即支付", "去支付", "加入购物车", "去结算", "立即开通")


def _page(title: str, lines: Sequence[str], name: str = "s", package: str = PACKAGE) -> dict[str, Any]:
    """Return a page; ``*`` marks what can be pressed, ``|`` parts a line."""
    nodes: list[dict[str, Any]] = [{"text": title, "box": [440, 150, 440 + 44 * len(title), 220]}] if title else []
    for number, line in enumerate(lines):
        cells = line.split("|")
        for at, cell in enumerate(cells):
            text, left, top = cell.lstrip("*"), 60 + 960 * at // len(cells), 420 + 110 * number
            box = [left, top, min(1070, left + 44 * len(text)), top + 60]
            nodes.append({"text": text, "box": box, "clickable": cell.startswith("*")})
    return {"package": package, "screen": name, "nodes": nodes}


FEED = ("要闻一", "要闻二", "要闻三", "要闻四", "要闻五", "*首页", "*资讯", "*我的", "专题", "视频", "图片")
SCREENS = {
    "goods": _page("商品详情", ("智能手环", "¥199.00", "*加入购物车", "*立即购买"), "goods"),
    "sheet": _page("", ("智能手环", "¥199.00", "规格 标准", "*立即购买"), "sheet"),
    "order": _page("确认订单", ("智能手环", "合计：¥199.00", "*提交订单"), "order"),
    "last": _page("确认订单", ("智能手环", "合计：¥199.00", "*立即购买"), "last"),
    "soon": _page("提示", ("商品已下架",), "soon"),
    "banner": _page("示例头条", ("*看看这里|*广告", *FEED), "banner"),
    "brand": _page("", ("示例手机 旗舰新品", "*立即抢购"), "brand"),
    "notice": _page("通知公告", ("关于放假的通知",), "notice"),
    "store": _page("", ("应用市场",), "store", "com.android.vending"),
}


def _probe(start: str, ways: dict[tuple[str, str], str]) -> tuple[Outcome, Screens]:
    phone = Screens(screens=SCREENS, ways=ways, place=start, start=start)
    outcome, run = drive(commercial_activity.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    pressed = [a.label for a in phone.actions if isinstance(a, Tap)]
    assert not set(pressed) & set(NEVER_PRESSED)
    assert phone.place == start
    return outcome, phone


@pytest.mark.parametrize("between", [(), ("sheet",)])
def test_an_offer_that_leads_to_a_checkout_is_found_and_the_checkout_is_left_again(between: tuple[str, ...]) -> None:
    stops = ("goods", *between, "order")
    ways = {(a, "立即购买"): b for a, b in itertools.pairwise(stops)}
    ways |= {(b, "Back"): a for a, b in itertools.pairwise(stops)}
    outcome, phone = _probe("goods", ways)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "commercial-activity-checkout")
    assert [m.value for m in outcome.measures] == [1.0]
    assert {type(a) for a in phone.actions} == {Tap, Back}
    static = RULE.detect(screen(SCREENS["goods"]))
    assert (static.verdict, wants_probe(static)) == (Verdict.PRESENT, True)
    assert RULE.conclude([static, outcome], WALKED).verdict is Verdict.FOUND


def test_a_checkout_is_not_pressed_on_even_where_its_button_has_the_same_name() -> None:
    ways = {("goods", "立即购买"): "last", ("last", "立即购买"): "soon", ("last", "Back"): "goods"}
    outcome, phone = _probe("goods", ways)
    assert outcome.verdict is Verdict.FOUND
    assert [a.label for a in phone.actions if isinstance(a, Tap)] == ["立即购买"]


@pytest.mark.parametrize("ways", [{}, {("goods", "立即购买"): "soon", ("soon", "Back"): "goods"}])
def test_an_offer_that_gives_way_when_pressed_is_left_to_a_person(ways: dict[tuple[str, str], str]) -> None:
    outcome, _ = _probe("goods", ways)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "commercial-activity-offer-only")


def test_an_offer_that_leads_to_another_app_is_found_and_this_app_is_brought_back() -> None:
    outcome, phone = _probe("goods", {("goods", "立即购买"): "store", ("store", "Launch"): "goods"})
    assert outcome.verdict is Verdict.FOUND
    assert isinstance(phone.actions[-1], Launch)


@pytest.mark.parametrize(
    ("behind", "verdict"), [("brand", Verdict.FOUND), ("store", Verdict.FOUND), ("notice", Verdict.PRESENT)]
)
def test_an_advertisement_is_somebodys_where_it_leads_to_what_sells(behind: str, verdict: Verdict) -> None:
    outcome, _ = _probe("banner", {("banner", "广告"): behind, (behind, "Back"): "banner"})
    assert outcome.verdict is verdict


def test_a_fee_wants_no_probe_and_what_the_probe_presses_is_what_its_rule_declares() -> None:
    fee = screen(_page("生活缴费", ("水费", "¥36.50", "*立即购买")))
    assert not wants_probe(RULE.detect(fee))
    assert {safety.danger([word]) for word in RULE.may_press} <= {"danger-pay"}
    assert not set(RULE.may_press) & set(NEVER_PRESSED)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("收银台", ("订单金额 ¥36.50", "微信支付", "*确认支付")),
        ("党费缴纳", ("本月党费", "¥20.00", "*去支付")),
        ("公交乘车码", ("余额：¥12.00", "*充值")),
        ("食堂充值", ("饭卡余额 ¥35.00", "*立即充值")),
        ("办证", ("工本费", "¥10.00", "*去支付")),
        ("证照邮寄", ("快递费 ¥12.00", "收货地址：示例路", "*提交订单")),
        ("体育场馆", ("羽毛球 1小时", "¥40.00", "*立即购买")),
        ("融资服务", ("示例银行 信用贷", "最高 300万元", "*申请贷款")),
        ("就业创业", ("招聘会", "月薪 5000元", "*投递简历")),
        ("要闻", ("*商城盗窃案告破", "*会员卡诈骗提醒", "*警惕优惠券陷阱")),
        ("反诈宣传", ("谨防刷单：垫付¥199.00购买商品", "*我知道了")),
        ("消费投诉", ("商品价格 ¥199.00", "*提交")),
        ("价格公示", ("医疗服务价格", "挂号 12元", "检查 80元")),
        ("景区门票", ("成人票", "¥60.00", "*立即购买")),
        ("工会普惠", ("电影票 特惠", "¥19.90", "*立即购买")),
        ("助农直播", ("苹果 10斤", "¥39.90", "*立即购买", "确认订单", "收货地址")),
        ("积分商城", ("保温杯", "500积分+¥9.90", "*立即购买")),
        ("工会", ("工会会员注册", "VIP通道", "¥0", "*立即开通")),
        ("学会", ("会员中心", "会费 200元/年", "*立即续费")),
        ("老年大学", ("书法班 学费", "¥120.00", "*立即购买")),
        ("司法拍卖", ("起拍价：¥120000", "*立即购买")),
        ("公益", ("公益广告", "广告", "优惠政策", "*跳过 3")),
        ("", ("广告", "垃圾分类 人人有责", "*跳过 3")),
        ("", ("*跳过 3", "国家安全 人人有责")),
        ("广告监测", ("广告", "违法广告", "优惠")),
        ("12315", ("*食品|*药品|*广告|*价格", "优惠欺诈", "*提交")),
        ("投诉类别", ("*食品", "*药品", "*广告", "*保险", "*优惠券")),
        ("人才网", ("广告专员", "示例有限公司", "优惠")),
        ("公交", ("乘车码", "余额 ¥12.00", "*充值", "广告位招租")),
        ("行政处罚", ("广告", "发布虚假广告案", "示例有限公司")),
        ("马拉松", ("赞助商", "示例运动品牌 旗舰")),
        ("消费券", ("餐饮消费券 满50减10", "*立即领取", "¥10")),
        ("惠民保", ("示例惠民保", "¥69.00/人", "*立即投保")),
        ("机关食堂", ("午餐", "¥10.00", "*提交订单", "合计 ¥10.00", "数量 1")),
        ("电子发票", ("订单金额 ¥199.00", "商品数量 1", "*提交订单")),
    ],
)
def test_fees_benefits_tickets_and_public_information_are_never_found(title: str, lines: tuple[str, ...]) -> None:
    outcome = RULE.conclude([RULE.detect(screen(_page(title, lines)))], WALKED)
    assert outcome.verdict in {Verdict.CLEAR, Verdict.PRESENT}
