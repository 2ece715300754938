"""Flags 强制关注公众号: a function stays locked until an official account is followed, or staff is made to follow one.

NECESSARY: a function locked until an account is followed, or following required with a consequence. SUFFICIENT: after
declining the function stays locked (M1), or a list of those who do not follow (M3). Official accounts are outside the
measures: only the opinions are cited.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
    Channel,
    Coverage,
    Datum,
    Lexicon,
    Marker,
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
from harness.rules.checkpoints import HOME, NOTICES
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    PROBE_WANTED,
    ProbeCut,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.follow_probe import demand, try_without
from harness.rules.follow_words import AN_ACCOUNT, CONSEQUENCE, FOLLOW, INVITES, LISTED, OF_OTHERS, ORDER
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, is_headline, matching, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "forced-follow"
DEMANDED: Final = "demand"
ORDERED: Final = "order"
LOCKED: Final = "locked"
TIED: Final = frozenset({"listed", "consequence"})
MAY_PRESS: Final = (
    "取消", "关闭", "跳过", "暂不", "暂不关注", "以后再说", "下次再说", "稍后", "稍后再说", "不用了", "不关注",
    "我知道了",     "知道了", "继续使用", "继续访问", "继续浏览", "×", "✕", "x", "X",
)  # fmt: skip
LEXICON: Final = Lexicon(
    must=("请先关注", "关注公众号后", "未关注", "关注后可用"),
    support=("公众号", "服务号", "订阅号", "去关注", "关注率", "未关注人员"),
    compulsion=("全员关注", "必须关注", "截图上报", "未关注的予以通报", "纳入考核"),
    voluntary=("自愿关注", "暂不关注", "欢迎关注", "取消"),
    lookalike=("关注我们", "我的关注", "特别关注", "关注民生", "扫码关注获取更多资讯", "关注后接收提醒"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    LOCKED = "forced-follow-locked"
    TIED = "forced-follow-tied"
    DEMAND_ONLY = "forced-follow-demand-only"
    ORDER_ONLY = "forced-follow-order-only"
    OPENED = "forced-follow-opened"
    NOT_SEEN = "forced-follow-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    DEMAND = "forced-follow-mark-demand-seen"
    ORDER = "forced-follow-mark-order"
    LISTED = "forced-follow-mark-listed"
    CONSEQUENCE = "forced-follow-mark-consequence"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "forced-follow-limit-article"
    OTHER_APP = "forced-follow-limit-other-app"
    OUTSIDE = "forced-follow-limit-outside"


_DUTIES: Final = (
    (ORDERED, ORDER, Why.ORDER, Marker.ASSIGNMENT),
    ("listed", LISTED, Why.LISTED, Marker.CONSEQUENCE),
    ("consequence", CONSEQUENCE, Why.CONSEQUENCE, Marker.CONSEQUENCE),
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a demand or an order to follow an official account."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    if not any("关注" in w.norm for w in plain) or not any(AN_ACCOUNT.search(w.norm) for w in plain):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    asks = demand(observation)
    seen = [Sighting(word=asks, why=Why.DEMAND, sign=DEMANDED)] if asks is not None else []
    seen += _duties(with_joined(plain))
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"said": seen[0].word.text}
    # A way to follow stands beside a lock; a page of rules has none and nothing to decline.
    if asks is not None and any(w.clickable for w in whole(plain, FOLLOW)):
        data[PROBE_WANTED] = LOCKED
    return sighted(observation, _weigh(frozenset(s.sign for s in seen)), seen, data=data)


def _duties(words: Sequence[Word]) -> list[Sighting]:
    own = [w for w in words if not is_headline(w) and not OF_OTHERS.search(w.norm) and not INVITES.search(w.norm)]
    return [
        Sighting(word=w, why=why, sign=sign, marker=marker)
        for sign, pattern, why, marker in _DUTIES
        for w in matching(own, pattern, max_chars=120)
        if sign != ORDERED or AN_ACCOUNT.search(w.norm)
    ]


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a lock that stays, or a list or consequence for staff, is sufficient."""
    if LOCKED in signs:
        return Verdict.FOUND, Reason.LOCKED
    if TIED & signs:
        return Verdict.FOUND, Reason.TIED
    return Verdict.PRESENT, Reason.DEMAND_ONLY if DEMANDED in signs else Reason.ORDER_ONLY


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield every way to decline, Back, and the way in again; never follows anything."""
    start = detect(observation)
    run = yield from try_without(observation)
    if run.cut and run.locked is None:
        raise ProbeCut
    signs = start.signs | ({LOCKED} if run.locked else frozenset())
    verdict, reason = _weigh(signs)
    if run.locked is False and not TIED & signs:
        verdict, reason = Verdict.CLEAR, Reason.OPENED
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS}
    data["tried"] = "、".join(dict.fromkeys(run.tried)) or "返回"
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*start.marks, *run.marks),
        markers=start.markers | ({Marker.GATE} if run.locked else frozenset()),
        signs=signs if verdict is not Verdict.CLEAR else frozenset({"opened"}),
        measures=tuple(run.measures),
        observation=observation.id,
        screen=observation.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app; a demand that could be declined is refuted on its own screen only."""
    opened = {o.screen for o in outcomes if o.from_probe and o.verdict is Verdict.CLEAR}
    shown = [o for o in outcomes if {DEMANDED, ORDERED, LOCKED, *TIED} & o.signs]
    shown = [o for o in shown if o.from_probe or o.screen not in opened or TIED & o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    best = sorted(shown, key=lambda o: (o.verdict is not Verdict.FOUND, not o.from_probe))
    return joined(best, (best[0].verdict, best[0].reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("forced-follow"),
    name_zh="强制关注公众号",
    name_en="Forced following of an official account",
    clause=clauses.OPINIONS_PUBLIC_ACCOUNTS,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    checkpoints=(HOME, NOTICES),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    probe=probe,
    may_press=MAY_PRESS,
)
