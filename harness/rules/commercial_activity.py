"""Flags 从事经营性活动: something is sold or advertised inside the app.

NECESSARY: a paid offer, an advertisement, a shop or a paid membership. SUFFICIENT: a price and a button that buys,
leading to a checkout; or a labelled advertisement of somebody else; or a membership for sale. Item (五) has no
exemption; charges, fines and fees are no trade, canteens and benefit shops are for a person to weigh.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
    Channel,
    Checkpoint,
    CheckpointId,
    Coverage,
    Datum,
    Lexicon,
    Observation,
    Outcome,
    Rule,
    RuleId,
    Severity,
    Stage,
    Verdict,
    Word,
)
from harness.rules import clauses
from harness.rules.checkpoints import HOME, MINE
from harness.rules.commerce_probe import button, checkout, follow, of_goods
from harness.rules.commerce_words import (
    AD_LABEL,
    ADVERTISER,
    ANY,
    BUY,
    GREY,
    JOIN,
    MEMBERS_TAB,
    MEMBERSHIP,
    NO_TRADE,
    OTHER_MEMBERS,
    PRESSABLE_BUY,
    PRICE,
    PUBLIC_GOOD,
    SHOP,
)
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    PROBE_WANTED,
    if_read,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, is_headline, read_from_pixels_only, whole

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "commercial-activity"
OFFER: Final = "offer"
CHECKOUT: Final = "checkout"
MEMBER: Final = "paid-membership"
AD: Final = "advertisement"
ADVERTISED: Final = "advertiser"
STORE: Final = "shop"
WEIGH_BY_HAND: Final = "grey"
LEFT: Final = "left-app"
_SHOWN: Final = frozenset({OFFER, CHECKOUT, MEMBER, AD, STORE})
_FEW_WORDS: Final = 14  # a splash says little: whatever stands on it belongs to the advertisement
_NEAR_RATIO: Final = 0.16  # of the screen's height, from the label of an advertisement to what it says
_CATEGORY_CHARS: Final = 5
_CATEGORIES: Final = 3  # others beside one
_ALIGNED_PX: Final = 12
MAY_PRESS: Final = PRESSABLE_BUY
LEXICON: Final = Lexicon(
    must=(
        "立即购买", "加入购物车", "去支付", "商城", "会员", "VIP", "开通会员", "付费", "充值", "广告", "优惠券", "带货",
        "团购",
    ),
    support=("¥", "元/月", "续费", "限时优惠", "推广", "赞助", "下单", "结算", "跳转第三方", "应用内购买"),
    lookalike=(
        "缴费", "缴税", "非税收入", "罚款缴纳", "社保缴费", "水电煤缴费", "学费", "挂号费", "公益广告", "政府采购",
        "招商引资",
        "工会会员", "党员", "团员", "会员单位", "免费", "广告法", "食堂充值",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("shop"),
        words=("商品详情", "商品列表", "我的购物车", "会员权益", "全部商品"),
        entries=("商城", "购物", "购物车", "优选商城", "会员中心", "开通会员", "VIP", "优惠券", "团购"),
    ),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    CHECKOUT = "commercial-activity-checkout"
    MEMBER = "commercial-activity-member"
    ADVERTISED = "commercial-activity-advertised"
    OFFER_ONLY = "commercial-activity-offer-only"
    AD_ONLY = "commercial-activity-ad-only"
    STORE_ONLY = "commercial-activity-store-only"
    GREY = "commercial-activity-grey"
    LOOK_ALIKE = "commercial-activity-look-alike"
    NOT_SEEN = "commercial-activity-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    PRICE = "commercial-activity-mark-price"
    BUY = "commercial-activity-mark-buy"
    ORDER = "commercial-activity-mark-order"
    MEMBER = "commercial-activity-mark-member"
    AD = "commercial-activity-mark-ad"
    ADVERTISER = "commercial-activity-mark-advertiser"
    STORE = "commercial-activity-mark-store"
    GREY = "commercial-activity-mark-grey"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "commercial-activity-limit-article"
    WHOSE = "commercial-activity-limit-whose"
    PICTURES = "commercial-activity-limit-pictures"
    OUTSIDE = "commercial-activity-limit-outside"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of something sold or advertised."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = app_words(observation)
    if not any(ANY.search(w.norm) for w in words):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    seen = _ads(observation, words)
    other = next((w for w in words if len(w.norm) <= 24 and NO_TRADE.search(w.norm)), None)
    trade = [] if other is not None else _trade(observation, words)
    grey = [w for w in words if len(w.norm) <= 24 and GREY.search(w.norm)] if trade else []
    if grey:
        trade = [*trade, Sighting(word=grey[0], why=Why.GREY, sign=WEIGH_BY_HAND)]
    seen += trade
    if not seen:
        if other is not None:
            return something_else(observation, other, Reason.LOOK_ALIKE)
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    signs = frozenset(s.sign for s in seen)
    telling = [s.word.text for s in seen if s.sign == ADVERTISED] or [s.word.text for s in seen if s.sign in _SHOWN]
    data: dict[str, Datum] = {"said": telling[0]}
    if _wants(observation, signs):
        data[PROBE_WANTED] = OFFER if OFFER in signs else AD
    return sighted(observation, _weigh(signs), seen, data=data)


def _wants(observation: Observation, signs: frozenset[str]) -> bool:
    if OFFER in signs and CHECKOUT not in signs and WEIGH_BY_HAND not in signs:
        return button(observation) is not None
    return AD in signs and ADVERTISED not in signs and _pressable_ad(observation) is not None


def _ads(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return the labels of advertisements and what stands beside them of an advertiser."""
    if any(PUBLIC_GOOD.search(w.norm) for w in words):
        return []
    labels = [w for w in whole(words, AD_LABEL) if not _one_of_a_list(words, w)]
    seen = [Sighting(word=w, why=Why.AD, sign=AD) for w in labels]
    near_px = observation.size_px[1] if len(words) <= _FEW_WORDS else _NEAR_RATIO * observation.size_px[1]
    for label in labels:
        beside = [w for w in words if abs(w.box.centre_px[1] - label.box.centre_px[1]) <= near_px and w is not label]
        said = [w for w in beside if ADVERTISER.search(w.norm) and len(w.norm) <= 40]
        seen += [Sighting(word=w, why=Why.ADVERTISER, sign=ADVERTISED) for w in said[:2]]
    return seen


def _one_of_a_list(words: Sequence[Word], label: Word) -> bool:
    """Return whether the label is a category among others: short words in one row or one column that can be pressed."""
    short = [w for w in words if w.clickable and len(w.norm) <= _CATEGORY_CHARS and w is not label]
    row = [w for w in short if abs(w.box.top - label.box.top) <= _ALIGNED_PX]
    column = [w for w in short if abs(w.box.left - label.box.left) <= _ALIGNED_PX]
    return len(row) >= _CATEGORIES or len(column) >= _CATEGORIES


def _trade(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return what is for sale on the screen: a price with a button, an order for goods, a membership, a shop."""
    prices = [w for w in words if len(w.norm) <= 24 and PRICE.search(w.norm) and not is_headline(w)]
    prices += [w for w in words if w.clickable and len(w.norm) <= 12 and PRICE.search(w.norm) and w not in prices]
    seen: list[Sighting] = []
    buys = [w for w in whole(words, BUY) if w.clickable or read_from_pixels_only(w) or not w.enabled]
    if prices and buys:
        seen += [Sighting(word=w, why=Why.PRICE, sign=OFFER) for w in prices[:3]]
        seen += [Sighting(word=w, why=Why.BUY, sign=OFFER) for w in buys[:2]]
    order = checkout(observation)
    if order and of_goods(observation):
        seen += [Sighting(word=w, why=Why.ORDER, sign=CHECKOUT) for w in order]
    members = [w for w in words if len(w.norm) <= 16 and (MEMBERSHIP.search(w.norm) or MEMBERS_TAB.fullmatch(w.norm))]
    join = [w for w in whole(words, JOIN) if w.clickable or read_from_pixels_only(w)]
    if members and not any(OTHER_MEMBERS.search(w.norm) for w in words if len(w.norm) <= 24):
        if prices and join:
            seen += [Sighting(word=w, why=Why.MEMBER, sign=MEMBER) for w in (members[0], prices[0], join[0])]
        elif join:
            seen += [Sighting(word=w, why=Why.MEMBER, sign=STORE) for w in join]
        elif tab := [w for w in whole(words, MEMBERS_TAB) if w.clickable or read_from_pixels_only(w)]:
            seen.append(Sighting(word=tab[0], why=Why.STORE, sign=STORE))
    seen += [Sighting(word=w, why=Why.STORE, sign=STORE) for w in whole(words, SHOP)[:2]]
    return seen


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a checkout, a membership or somebody's advertisement suffices."""
    if {AD, ADVERTISED} <= signs:
        return Verdict.FOUND, Reason.ADVERTISED
    if WEIGH_BY_HAND in signs:
        return Verdict.PRESENT, Reason.GREY
    if MEMBER in signs:
        return Verdict.FOUND, Reason.MEMBER
    if CHECKOUT in signs:
        return Verdict.FOUND, Reason.CHECKOUT
    if OFFER in signs:
        return Verdict.PRESENT, Reason.OFFER_ONLY
    return Verdict.PRESENT, Reason.AD_ONLY if AD in signs else Reason.STORE_ONLY


def _pressable_ad(observation: Observation) -> Word | None:
    words = [w for w in whole(app_words(observation), AD_LABEL) if w.clickable and "跳过" not in w.norm]
    return next((w for w in words if "关闭" not in w.norm), None)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield a press of what buys, or of an advertisement, and Back; stops before anything is ordered or paid."""
    start = detect(observation)
    target = button(observation) if OFFER in start.signs else _pressable_ad(observation)
    if target is None:
        return replace(start, from_probe=True)
    followed = yield from follow(observation, target)
    signs = set(start.signs)
    if OFFER in signs and (followed.checkout or followed.left_app):
        signs.add(CHECKOUT)
    if OFFER not in signs and (followed.left_app or followed.sells):
        signs.add(ADVERTISED)
    if followed.left_app:
        signs.add(LEFT)
    verdict, reason = _weigh(frozenset(signs))
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple((k, v) for k, v in start.data if k not in BETWEEN_SCREENS),
        marks=(*start.marks, *followed.marks),
        markers=start.markers,
        signs=frozenset(signs),
        measures=(followed.measure,),
        observation=observation.id,
        screen=observation.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the gravest of what its screens show."""
    shown = [o for o in outcomes if _SHOWN & o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    weight = (Reason.CHECKOUT, Reason.MEMBER, Reason.ADVERTISED, Reason.OFFER_ONLY, Reason.AD_ONLY, Reason.STORE_ONLY)
    rank = {str(reason): n for n, reason in enumerate((*weight, Reason.GREY))}
    ordered = sorted(shown, key=lambda o: (o.verdict is not Verdict.FOUND, rank.get(o.reason, 9), not o.from_probe))
    best = ordered[0]
    return joined(ordered, (best.verdict, best.reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("commercial-activity"),
    name_zh="从事经营性活动",
    name_en="Commercial activity",
    clause=clauses.COMMERCE,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    probe=probe,
    may_press=MAY_PRESS,
)
