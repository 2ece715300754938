"""Flags 未标明主办（使用）单位及备案编号: a whole walk, with the page about the app, names no sponsor or no number.

NECESSARY: about, log-in, start and settings pages were looked at; no operator or no filing number stands there.
SUFFICIENT: that, after the six months for apps that ran before the measures. The form of a filing number is not
known: what is said is that nothing names one. ICP, police, trademark and other numbers are not it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from harness.model import (
    Channel,
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
from harness.rules.absence import signed_out, why_not_absent
from harness.rules.checkpoints import ABOUT, HELP, HOME, MINE, SETTINGS
from harness.rules.concluding import if_read, nothing_on
from harness.rules.operator_words import OTHER_LABEL, SPONSOR_LABEL, UNIT, USER_LABEL, named
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "missing-sponsor-filing-number"
CHECKPOINTS: Final = (HOME, MINE, SETTINGS, ABOUT, HELP)
# Apps that ran before the measures had six months, 2026-07-25 being a Saturday until the Monday.
DUE: Final = date(2026, 7, 27)
_BEIJING: Final = timedelta(hours=8)
SPONSOR: Final = "sponsor"
NUMBER: Final = "number"
OTHER_UNIT: Final = "other-unit"
OTHER_NUMBER: Final = "other-number"
MAYBE_NUMBER: Final = "maybe-number"
MAY_BE_EXEMPT: Final = "may-be-exempt"
LATE: Final = "after-the-due-day"
_TELLING: Final = frozenset({SPONSOR, NUMBER, OTHER_UNIT, OTHER_NUMBER, MAYBE_NUMBER})
LEXICON: Final = Lexicon(
    must=("主办单位", "主办（使用）单位", "使用单位", "备案编号", "政务应用程序备案"),
    support=("主办", "备案号", "关于", "应用信息"),
    lookalike=("ICP备", "公网安备", "增值电信", "软件著作权", "技术支持", "承建单位", "开发者", "版权所有"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    NEITHER = "missing-sponsor-filing-number-neither"
    NO_SPONSOR = "missing-sponsor-filing-number-no-sponsor"
    NO_NUMBER = "missing-sponsor-filing-number-no-number"
    NOT_YET_DUE = "missing-sponsor-filing-number-not-yet-due"
    OTHER_UNIT = "missing-sponsor-filing-number-other-unit"
    MAYBE_NUMBER = "missing-sponsor-filing-number-maybe-number"
    MAY_BE_EXEMPT = "missing-sponsor-filing-number-may-be-exempt"
    NO_ABOUT = "missing-sponsor-filing-number-no-about"
    THERE = "missing-sponsor-filing-number-there"
    NOT_SEEN = "missing-sponsor-filing-number-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    SPONSOR = "missing-sponsor-filing-number-mark-sponsor"
    NUMBER = "missing-sponsor-filing-number-mark-number"
    OTHER_UNIT = "missing-sponsor-filing-number-mark-other-unit"
    OTHER_NUMBER = "missing-sponsor-filing-number-mark-other-number"
    MAYBE_NUMBER = "missing-sponsor-filing-number-mark-maybe-number"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "missing-sponsor-filing-number-limit-article"
    FORM = "missing-sponsor-filing-number-limit-form"
    SCOPE = "missing-sponsor-filing-number-limit-scope"
    ELSEWHERE = "missing-sponsor-filing-number-limit-elsewhere"


_MAX_CHARS: Final = 90
_ANY: Final = re.compile(
    r"[主承]办|使用单位|使用部门|备|主管|运营|运维|指导|建设|管理|发布|开发者|版权|©|[Cc]opyright|ICP"
)
_NUMBER_LABEL: Final = (
    r"(?:(?:国家)?政务(?:移动互联网)?应用(?:程序)?)?备案(?:编号|号码?)|政务(?:移动互联网)?应用(?:程序)?备案"
)
_NUMBER: Final = re.compile(r"(?=\S*[\d\u3007一二三四五六七八九十])[^\s,。;；]{4,40}")
_NUMBER_SAID: Final = re.compile(r"备案(?:编号|号码?)[:：]?\S{4,40}|政务(?:移动互联网)?应用(?:程序)?已?备案\S{4,40}")
_SPONSOR_SAID: Final = re.compile(
    r"主办(?:\(使用\))?(?:单位|机构|部门|方)[:：]?\S{2,}|主办[:：]\S{2,}|使用(?:单位|部门)[:：]?\S{2,}|由\S{3,30}主办"
)
# Something filed somewhere: whether that is the number of a government app nobody can tell by its form.
_MAYBE_NUMBER: Final = re.compile(r"备案\S{0,6}[:：]\S{3,}|[\u4e00-\u9fff]备(?:字|案)?\S{0,6}\d{2,}\S{0,12}")
# Numbers of other registers.
_OTHER_NUMBER: Final = re.compile(
    r"ICP|icp|公网安备|公安备|增值电信|软著|软件著作权|网信算备|算法|信息网络传播|药|医疗|出版|互联网新闻|等级保护|等保|食品|教APP备|教育移动|暂无|待|申请中|办理中|审核中",
)
# What a filed app has to be run by: a unit without administrative tasks is outside the common filing.
_NO_ADMINISTRATION: Final = re.compile(
    r"学校|大学|学院|中学|小学|幼儿园|医院|卫生院|图书馆|博物馆|文化馆|美术馆|体育馆|研究院|研究所|培训中心|干部教育中心|电视台|广播|报社|传媒|融媒体"
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of the app's sponsor and its filing number."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    late = (observation.at.wall + _BEIJING).date() > DUE
    seen = list(signed_out(plain))
    if any(_ANY.search(w.norm) for w in plain):
        seen = [*_named_on(observation, with_joined(plain)), *seen]
    if not seen and not late:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    base = nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    told = sighted(observation, (base.verdict, base.reason), seen, data=_data(seen))
    units = [s.word.norm for s in seen if s.sign in {SPONSOR, OTHER_UNIT}]
    extra = {MAY_BE_EXEMPT} if any(_NO_ADMINISTRATION.search(u) for u in units) else set[str]()
    return replace(told, signs=told.signs | extra | ({LATE} if late else set[str]()))


def _named_on(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return what names a sponsor, another unit, a filing number or another number."""
    sponsors = named(observation, words, f"{SPONSOR_LABEL}|{USER_LABEL}", UNIT)
    seen = [Sighting(word=s.word, why=Why.SPONSOR, sign=SPONSOR) for s in sponsors]
    if not sponsors:
        said = matching(words, _SPONSOR_SAID, max_chars=_MAX_CHARS)
        seen += [Sighting(word=w, why=Why.SPONSOR, sign=SPONSOR) for w in said]
    numbers = [n.word for n in named(observation, words, _NUMBER_LABEL, _NUMBER)]
    numbers += matching(words, _NUMBER_SAID, max_chars=_MAX_CHARS)
    seen += [
        Sighting(word=w, why=Why.OTHER_NUMBER, sign=OTHER_NUMBER)
        if _OTHER_NUMBER.search(w.norm)
        else Sighting(word=w, why=Why.NUMBER, sign=NUMBER)
        for w in _shortest(numbers)
    ]
    others = named(observation, words, OTHER_LABEL, UNIT)
    seen += [Sighting(word=o.word, why=Why.OTHER_UNIT, sign=OTHER_UNIT) for o in others]
    icp = matching(words, re.compile(r"ICP备|公网安备"), max_chars=60)
    seen += [Sighting(word=w, why=Why.OTHER_NUMBER, sign=OTHER_NUMBER) for w in icp]
    if not any(s.sign == NUMBER for s in seen):
        maybe = [w for w in matching(words, _MAYBE_NUMBER, max_chars=_MAX_CHARS) if not _OTHER_NUMBER.search(w.norm)]
        seen += [Sighting(word=w, why=Why.MAYBE_NUMBER, sign=MAYBE_NUMBER) for w in maybe]
    return seen


def _shortest(words: Sequence[Word]) -> list[Word]:
    """Return one word for each number: with neighbours joined, the same may come in several lengths."""
    kept: list[Word] = []
    for word in sorted(words, key=lambda w: len(w.norm)):
        if not any(k.box.overlap(word.box).area_px for k in kept):
            kept.append(word)
    return kept


def _data(seen: Sequence[Sighting]) -> dict[str, Datum]:
    first = {s.sign: s.word.text for s in reversed(seen)}
    names = (
        (SPONSOR, "sponsor"),
        (NUMBER, "number"),
        (OTHER_UNIT, "other"),
        (OTHER_NUMBER, "other_number"),
        (MAYBE_NUMBER, "maybe"),
    )
    return {name: first[sign] for sign, name in names if sign in first}


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: sponsor and number seen anywhere are there; what is not may be missing."""
    signs = frozenset(s for o in outcomes for s in o.signs)
    shown = [o for o in outcomes if _TELLING & o.signs]
    if {SPONSOR, NUMBER} <= signs:
        there = [*(o for o in shown if NUMBER in o.signs), *(o for o in shown if SPONSOR in o.signs)]
        return replace(joined(there, (Verdict.CLEAR, Reason.THERE), FUNCTION), signs=frozenset())
    open_end = why_not_absent(outcomes, coverage, Reason.NOT_SEEN, places=(ABOUT.id, SETTINGS.id, MINE.id, HELP.id))
    if open_end is not None:
        return open_end
    verdict, reason = _weigh(signs, about=coverage.reached(ABOUT.id), cut=bool(coverage.cut_pages))
    data = {**dict(item for o in shown for item in o.data), "screens": coverage.screens}
    lacking = "、".join(
        name for sign, name in ((SPONSOR, "主办（使用）单位"), (NUMBER, "备案编号")) if sign not in signs
    )
    return joined(shown or outcomes, (verdict, reason), FUNCTION, data={**data, "lacking": lacking})


def _weigh(signs: frozenset[str], *, about: bool, cut: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: what is not seen where it would stand, after the due day, is held against an app."""
    if not about or cut:
        return Verdict.PRESENT, Reason.NO_ABOUT
    if LATE not in signs:
        return Verdict.PRESENT, Reason.NOT_YET_DUE
    if MAY_BE_EXEMPT in signs:
        return Verdict.PRESENT, Reason.MAY_BE_EXEMPT
    if SPONSOR not in signs and OTHER_UNIT in signs:
        return Verdict.PRESENT, Reason.OTHER_UNIT
    if NUMBER not in signs and MAYBE_NUMBER in signs:
        return Verdict.PRESENT, Reason.MAYBE_NUMBER
    if not {SPONSOR, NUMBER} & signs:
        return Verdict.FOUND, Reason.NEITHER
    return Verdict.FOUND, Reason.NO_NUMBER if SPONSOR in signs else Reason.NO_SPONSOR


RULE: Final = Rule(
    id=RuleId("missing-sponsor-filing-number"),
    name_zh="未标明主办（使用）单位及备案编号",
    name_en="No sponsor or filing number shown",
    clause=clauses.SPONSOR_AND_NUMBER,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S3,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
