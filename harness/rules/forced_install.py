"""Flags 强制推广下载使用: a person has to install an app, by a wall one cannot decline or by an order to staff.

NECESSARY: text requiring a person to install or use an app. SUFFICIENT: M1 (nothing goes on without installing, after
every way to decline, Back and a restart), or M3 or M8 (全员下载, 须于…前安装, 未安装人员名单).
Item (三) has no exemption.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
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
    WALL,
    ProbeCut,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.install_wall import WallRun, demand, stands_in_the_way, try_to_decline
from harness.rules.install_words import AN_APP, CONSEQUENCE, GET, LISTED, OF_OTHERS, ORDER, OTHER_THING, WILLING, WISH
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, is_headline, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "forced-install"
DEMANDED: Final = "demand"
FORCED: Final = frozenset({"order", "listed", "consequence", WALL})
FREE: Final = "voluntary"
MAY_PRESS: Final = (
    "取消", "关闭", "跳过", "暂不", "暂不下载", "暂不安装", "以后再说", "下次再说", "稍后", "稍后再说", "不用了",
    "我知道了", "知道了", "继续网页版", "继续使用网页版", "网页版", "继续浏览", "继续访问", "继续使用", "仅浏览",
    "留在网页", "留在本页", "仍要继续", "×", "✕", "x", "X",
)  # fmt: skip

LEXICON: Final = Lexicon(
    must=("请先安装", "请先下载", "须下载", "必须安装", "请安装APP", "下载安装后", "扫码下载"),
    support=(
        "全员下载", "未安装人员", "安装截止", "无法继续", "仅支持APP", "截图反馈", "每个员工必须安装移动学习端",
        "邀请码", "推广任务", "推荐人", "推广排名",
    ),
    compulsion=("全员", "必须", "限期", "未安装的予以通报", "纳入考核"),
    voluntary=("自愿下载", "继续网页版", "暂不", "以后再说", "取消"),
    lookalike=(
        "打开APP", "前往应用市场", "发现新版本", "立即更新", "强制更新", "安装插件", "扫码登录", "下载附件", "下载表格",
        "请先安装微信", "安装证书", "安装宽带",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    NOTICES,
    Checkpoint(
        id=CheckpointId("promotion"),
        words=("推广任务", "推广排名", "安装情况", "未安装人员", "下载APP", "客户端下载", "扫码下载"),
        entries=("推广", "推广任务", "下载APP", "客户端下载", "扫码下载", "邀请"),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    WALL_STANDS = "forced-install-wall-stands"
    ORDER = "forced-install-order"
    LISTED = "forced-install-listed"
    CONSEQUENCE = "forced-install-consequence"
    DEMAND_ONLY = "forced-install-demand-only"
    ELSEWHERE = "forced-install-elsewhere"
    UNTRIED = "forced-install-untried"
    VOLUNTARY = "forced-install-voluntary"
    DECLINED = "forced-install-declined"
    NOT_SEEN = "forced-install-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    DEMAND = "forced-install-mark-demand-seen"
    ORDER = "forced-install-mark-order"
    LISTED = "forced-install-mark-listed"
    CONSEQUENCE = "forced-install-mark-consequence"
    FREE = "forced-install-mark-free"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "forced-install-limit-article"
    WHICH_APP = "forced-install-limit-which-app"
    OUTSIDE = "forced-install-limit-outside"
    ONE_FUNCTION = "forced-install-limit-one-function"


_ORDERS: Final = (
    ("order", ORDER, Why.ORDER, Marker.ASSIGNMENT),
    ("listed", LISTED, Why.LISTED, Marker.ASSIGNMENT),
    ("consequence", CONSEQUENCE, Why.CONSEQUENCE, Marker.CONSEQUENCE),
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a demand or an order to install an app."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    # An order on a drawn page runs over several lines.
    words = with_joined(app_words(observation))
    asks = demand(observation)
    seen = [Sighting(word=asks, why=Why.DEMAND, sign=DEMANDED)] if asks is not None else []
    seen += _orders(words)
    # Neighbours on a line are joined, so a wish may come in several lengths: one is enough.
    seen += [] if seen else _wishes(words)
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    free = matching(words, WILLING, max_chars=60)
    seen += [Sighting(word=w, why=Why.FREE, sign=FREE) for w in free]
    data: list[tuple[str, Datum]] = [("said", seen[0].word.text)]
    if asks is not None and stands_in_the_way(observation):
        data.append((PROBE_WANTED, WALL))
    return sighted(observation, _weigh(frozenset(s.sign for s in seen)), seen, data=dict(data))


def _orders(words: Sequence[Word]) -> list[Sighting]:
    """Return the orders to install an app; a headline that leads on, and what is told of others, order nothing."""
    own = [w for w in words if not is_headline(w)]
    own = [w for w in own if not OF_OTHERS.search(w.norm) and not OTHER_THING.search(w.norm)]
    # A page that speaks of installing an app: 未安装人员 of a page about meters lists something else.
    about = any(AN_APP.search(w.norm) and GET.search(w.norm) for w in own)
    return [
        Sighting(word=w, why=why, sign=sign, marker=marker)
        for sign, pattern, why, marker in _ORDERS
        for w in matching(
            [w for w in own if AN_APP.search(w.norm) or (about and sign in {"listed", "consequence"})],
            pattern,
            max_chars=160,
        )
    ]


def _wishes(words: Sequence[Word]) -> list[Sighting]:
    """Return the sentences that ask people for an app without saying whom it binds."""
    hits = [w for w in matching(words, WISH, max_chars=80) if AN_APP.search(w.norm) and not is_headline(w)]
    asked = [w for w in hits if not OF_OTHERS.search(w.norm) and not OTHER_THING.search(w.norm)]
    return [Sighting(word=w, why=Why.DEMAND, sign=DEMANDED) for w in asked]


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a demand is necessary; a wall that stands, an order or a list of names sufficient."""
    if not FORCED & signs:
        return Verdict.PRESENT, Reason.DEMAND_ONLY
    if WALL in signs:
        return Verdict.FOUND, Reason.WALL_STANDS
    if FREE in signs:
        return Verdict.PRESENT, Reason.VOLUNTARY
    by_weight = (("consequence", Reason.CONSEQUENCE), ("order", Reason.ORDER), ("listed", Reason.LISTED))
    return Verdict.FOUND, next(reason for sign, reason in by_weight if sign in signs)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield every way to decline, Back, and a restart; never presses what would install or download."""
    run = yield from try_to_decline(observation)
    if run.cut and run.back_refused is None:
        raise ProbeCut
    return weigh(run, detect(observation))


def weigh(run: WallRun, start: Outcome) -> Outcome:
    """Return what a run shows: a wall stands where it is there after every decline, Back and a restart."""
    stands = run.after_restart is True and not run.passed_by and not run.went_elsewhere
    signs = start.signs | ({WALL} if stands else frozenset())
    verdict: Verdict
    if run.passed_by and not (FORCED & start.signs):
        verdict, reason = Verdict.CLEAR, Reason.DECLINED
    elif stands or FORCED & start.signs:
        verdict, reason = _weigh(signs)
    elif run.went_elsewhere or run.after_restart is False:
        verdict, reason = Verdict.PRESENT, Reason.ELSEWHERE
    else:
        verdict, reason = Verdict.PRESENT, Reason.UNTRIED
    tried = [*run.declined, *(["返回"] if run.back_refused is not None else [])]
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS}
    data |= {"tried": "、".join(tried)} if tried else {}
    data |= {"passed_by": run.passed_by} if run.passed_by else {}
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*start.marks, *run.marks),
        markers=start.markers | ({Marker.GATE} if stands else frozenset()),
        signs=signs if verdict is not Verdict.CLEAR else frozenset({"declined"}),
        measures=tuple(run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app; a demand that could be declined is refuted on its own screen only."""
    declined = {o.screen for o in outcomes if o.from_probe and o.verdict is Verdict.CLEAR}
    shown = [o for o in outcomes if {DEMANDED, *FORCED} & o.signs]
    shown = [o for o in shown if o.from_probe or o.screen not in declined or FORCED & o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    order = (Verdict.FOUND, Verdict.PRESENT)
    best = sorted(shown, key=lambda o: (order.index(o.verdict) if o.verdict in order else 2, not o.from_probe))
    return joined(best, (best[0].verdict, best[0].reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("forced-install"),
    name_zh="强制推广下载使用",
    name_en="Forced installation",
    clause=clauses.FORCED_PROMOTION,
    also=(clauses.OPINIONS_FORCED_USE,),
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
