"""Flags 考核通报安装使用率: rates of installing, activating or using an app by unit or person, in order or appraised.

NECESSARY: such a rate as a percentage or a count for a unit or a person. SUFFICIENT: an ordering by it (M4), or that it
is reported or appraised (M3). A list of those who are missing and a button that urges them (M6) is left to a person.
Item (三) has no exemption.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
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
from harness.rules.binding import ties
from harness.rules.checkpoints import HOME, NOTICES, WORKBENCH
from harness.rules.concluding import data_of, if_read, nothing_found, nothing_on, something_else
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.markers import markers_in
from harness.rules.orders import orders, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.roll import Row, column_under, is_named, listed_below, masked, ranks_left_of, units_with_rates
from harness.rules.usage_words import (
    APP_CUE,
    BELOW,
    EACH_UNIT,
    LAST,
    MISSING,
    NAG,
    ORDERED_HEAD,
    OTHER_RATE,
    OWN,
    PERCENT,
    RATE,
    RATE_AND_VALUE,
    REPORT_TITLE,
    STRONG,
    VALUE,
)
from harness.rules.wording import Sighting, app_words, is_headline, matching, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "install-usage-rate-report"
BY_UNIT: Final = "rate-by-unit"
SAID: Final = "rate-of-each-unit-said"
TOTAL: Final = "rate-of-all"
MISSED: Final = "missing-listed"
ORDERED: Final = "rate-ordered"
REPORTED: Final = "rate-reported"
NAGGED: Final = "missing-urged"
MIN_ROWS: Final = 2
MIN_ORDERED: Final = 3
MAX_HEAD_CHARS: Final = 14
MAX_ROW_MARKS: Final = 6

LEXICON: Final = Lexicon(
    must=("安装率", "下载率", "注册率", "激活率", "使用率", "登录率", "活跃度", "日活", "打开率", "参与率"),
    support=("通报", "未激活", "未注册", "未登录", "催办", "一键提醒", "覆盖率", "完成率", "排名"),
    compulsion=("通报", "考核", "约谈", "扣分", "末位", "后N名"),
    voluntary=("仅供参考", "不作考核"),
    lookalike=(
        "接种率", "参保率", "床位使用率", "电池使用率", "CPU使用率", "内存使用率", "入住率", "办结率", "满意率",
        "网络覆盖率", "车位使用率", "电梯安装率", "资金使用率", "医保码激活率",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    WORKBENCH,
    Checkpoint(
        id=CheckpointId("usage-statistics"),
        words=(
            "安装率", "激活率", "使用率", "登录率", "活跃度", "推广情况", "使用情况", "安装情况", "激活情况",
            "用户统计", "数据看板", "未激活人员", "未安装人员", "运营统计",
        ),
        entries=(
            "统计", "数据看板", "看板", "推广统计", "使用统计", "使用情况", "安装情况", "激活情况", "用户统计",
            "推广情况", "未激活人员", "管理", "管理端", "运营统计",
        ),
    ),
    NOTICES,
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REPORTED = "install-usage-rate-report-reported"
    ORDERED = "install-usage-rate-report-ordered"
    URGED = "install-usage-rate-report-urged"
    RATES_ONLY = "install-usage-rate-report-rates-only"
    MISSING_ONLY = "install-usage-rate-report-missing-only"
    TOTAL_ONLY = "install-usage-rate-report-total-only"
    LOOK_ALIKE = "install-usage-rate-report-look-alike"
    NOT_SEEN = "install-usage-rate-report-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    RATE = "install-usage-rate-report-mark-rate"
    ROW = "install-usage-rate-report-mark-row"
    MISSING = "install-usage-rate-report-mark-missing"
    ORDER = "install-usage-rate-report-mark-order"
    REPORTED = "install-usage-rate-report-mark-reported"
    URGED = "install-usage-rate-report-mark-urged"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "install-usage-rate-report-limit-article"
    ROLES = "install-usage-rate-report-limit-roles"
    WHICH_APP = "install-usage-rate-report-limit-which-app"
    DRAWN = "install-usage-rate-report-limit-drawn"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of rates of installation and use, of their order, and of what follows from them."""
    if not (spoken_of(observation, RATE) or spoken_of(observation, MISSING)):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    plain = [w for w in words if not is_headline(w) or NAG.fullmatch(w.norm) or MISSING.fullmatch(w.norm)]
    of_the_app = any(APP_CUE.search(w.norm) or STRONG.search(w.norm) for w in plain if len(w.norm) <= 60)
    about = [w for w in (*title_words(observation), *plain) if len(w.norm) <= 24]
    other = next((w for w in about if OTHER_RATE.search(w.norm) and not STRONG.search(w.norm)), None)
    if other is not None and not any(STRONG.search(w.norm) for w in plain):
        return something_else(observation, other, Reason.LOOK_ALIKE)
    if not of_the_app:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    rated = [w for w in plain if RATE.search(w.norm) and not OTHER_RATE.search(w.norm)]
    seen = _rates(observation, words, rated)
    seen += _missing(observation, words, plain)
    own = bool(seen)
    said = [s for s in orders(observation, words, own=own, dedicated=own) if not OTHER_RATE.search(s.norm)]
    spelled = [s for s in said if RATE.search(s.norm) and len(units_with_rates(s.norm)) >= MIN_ROWS]
    seen += [Sighting(word=w, why=Why.RATE, sign=BY_UNIT) for w in spelled]
    below = [s for s in said if RATE.search(s.norm) and LAST.search(s.norm) and (own or EACH_UNIT.search(s.norm))]
    seen += [Sighting(word=w, why=Why.ORDER, sign=s, marker=Marker.COMPARISON) for w in below for s in (SAID, ORDERED)]
    weighs = [
        w for _, w in markers_in(said, RATE, (Marker.CONSEQUENCE,)) if ties(w) and (own or EACH_UNIT.search(w.norm))
    ]
    weighs += [w for _, w in markers_in(said, MISSING, (Marker.CONSEQUENCE,)) if ties(w)]
    if any(s.sign == BY_UNIT for s in seen):
        weighs += [w for _, w in markers_in(said, BELOW, (Marker.CONSEQUENCE,)) if ties(w)]
        weighs += [w for w in title_words(observation) if REPORT_TITLE.search(w.norm) and not w.clickable]
    seen += [
        Sighting(word=w, why=Why.REPORTED, sign=sign, marker=Marker.CONSEQUENCE)
        for w in weighs
        for sign in (SAID, REPORTED)
    ]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    signs = frozenset(s.sign for s in seen)
    shown = [s.word.text for s in seen if s.sign in {BY_UNIT, TOTAL, MISSED, SAID}]
    data: dict[str, Datum] = {"said": shown[0]}
    if weighs:
        data["reported"] = weighs[0].text
    return sighted(observation, _weigh(signs), seen, data=data)


def _rates(observation: Observation, words: Sequence[Word], rated: Sequence[Word]) -> list[Sighting]:
    """Return the rates of the screen: by unit in a table or in lines, of one's own unit, or of all together."""
    seen: list[Sighting] = []
    for head in matching([w for w in rated if len(w.norm) <= MAX_HEAD_CHARS], RATE):
        rows = column_under(words, head, VALUE)
        if len(rows) >= MIN_ROWS and (any("%" in r.value.norm for r in rows) or RATE.search(head.norm)):
            seen.append(Sighting(word=head, why=Why.RATE, sign=BY_UNIT))
            seen += [Sighting(word=masked(r.name), why=Why.ROW, sign=BY_UNIT) for r in rows[:MAX_ROW_MARKS]]
            seen += _order(observation, words, rows)
    for word in matching(rated, RATE_AND_VALUE, max_chars=60):
        beside = [*row_of(observation, word), *above(observation, word)[:2]]
        named = any(is_named(n.norm) for n in beside if n is not word) or OWN.search(word.norm)
        seen.append(Sighting(word=word, why=Why.RATE, sign=BY_UNIT if named else TOTAL))
    for label in whole([w for w in rated if len(w.norm) <= MAX_HEAD_CHARS], RATE):
        near = (*below(observation, label)[:1], *above(observation, label)[:1], *_right_of(observation, label))
        if any(PERCENT.fullmatch(n.norm) for n in near):
            seen.append(Sighting(word=label, why=Why.RATE, sign=BY_UNIT if OWN.search(label.norm) else TOTAL))
    return seen


def _order(observation: Observation, words: Sequence[Word], rows: Sequence[Row]) -> list[Sighting]:
    """Return the ordering of a table by its rates: values that only fall or only rise, with places or a heading."""
    values = [float(r.value.norm.rstrip("%")) for r in rows]
    sorted_ = values in (sorted(values), sorted(values, reverse=True))
    if len(rows) < MIN_ORDERED or len(set(values)) < 2 or not sorted_:
        return []
    over = [w for w in words if w.box.bottom <= rows[0].value.box.top and len(w.norm) <= 24 and not is_headline(w)]
    heads = [w for w in over if ORDERED_HEAD.search(w.norm)]
    if not heads and ranks_left_of(words, [r.name for r in rows]) < MIN_ORDERED:
        return []
    shown = heads[-1] if heads else rows[0].name
    return [Sighting(word=shown, why=Why.ORDER, sign=ORDERED, marker=Marker.COMPARISON)]


def _missing(observation: Observation, words: Sequence[Word], plain: Sequence[Word]) -> list[Sighting]:
    """Return the list of those who have not installed, activated or logged in, and what urges them."""
    heads = whole([w for w in plain if len(w.norm) <= 20], MISSING)
    listed = [(h, listed_below(observation, words, h)) for h in heads]
    seen = [
        Sighting(word=h, why=Why.MISSING, sign=MISSED)
        for h, names in listed
        if names or any(c.isdigit() for c in h.norm)
    ]
    if not seen:
        return []
    seen += [Sighting(word=masked(n), why=Why.ROW, sign=MISSED) for _, names in listed for n in names[:MAX_ROW_MARKS]]
    urged = whole([w for w in plain if len(w.norm) <= 10], NAG)
    return seen + [Sighting(word=w, why=Why.URGED, sign=NAGGED, marker=Marker.NAGGING) for w in urged[:2]]


def _right_of(observation: Observation, word: Word) -> tuple[Word, ...]:
    return tuple(w for w in row_of(observation, word) if w.box.left >= word.box.right - 4)[:1]


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a rate by unit or person is necessary, its order or its report sufficient."""
    if {BY_UNIT, SAID, MISSED} & signs:
        if REPORTED in signs:
            return Verdict.FOUND, Reason.REPORTED
        if ORDERED in signs:
            return Verdict.FOUND, Reason.ORDERED
        if NAGGED in signs:
            return Verdict.PRESENT, Reason.URGED
        return Verdict.PRESENT, Reason.RATES_ONLY if BY_UNIT in signs else Reason.MISSING_ONLY
    return (Verdict.PRESENT, Reason.TOTAL_ONLY) if TOTAL in signs else (Verdict.CLEAR, Reason.NOT_SEEN)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the rates may stand on one page, what follows from them on another."""
    shown = [o for o in outcomes if o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (BY_UNIT not in o.signs, -len(o.signs)))
    signs = frozenset(sign for o in ordered for sign in o.signs)
    return joined(ordered, _weigh(signs), FUNCTION, data=data_of(ordered))


RULE: Final = Rule(
    id=RuleId("install-usage-rate-report"),
    name_zh="考核通报安装使用率",
    name_en="Installation and usage rates reported",
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
)
