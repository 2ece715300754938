"""Flags 随意、重复填报 in one app: staff are asked the same fields again in another form, to be typed anew.

NECESSARY: a data-entry form addressed to 基层. SUFFICIENT: the same specific fields in another such form of the app,
empty in both. Item (一) has no exemption. Whether both are about the same matter is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from harness.model import (
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
)
from harness.rules import clauses
from harness.rules.checkpoints import HOME, TASKS
from harness.rules.concluding import FORM, if_read, nothing_found, nothing_on
from harness.rules.form_labels import Addressed, of_grassroots, specific
from harness.rules.form_records import Asked, asked, by_title, read_back, written
from harness.rules.forms import Form, read_form
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "repeat-form"
MIN_SHARED: Final = 4  # specific fields; a proposal, as are the two below
MIN_OVERLAP_RATIO: Final = 0.5  # Jaccard, over the specific fields of both
LEXICON: Final = Lexicon(
    must=("填报", "报送", "上报", "报表", "台账", "零报告", "数据采集", "信息采集", "填表"),
    support=("日报", "周报", "月报", "催报", "退回重报", "逾期未报", "统计口径", "下发任务", "汇总", "必填"),
    compulsion=("必填", "逾期未报", "零报告"),
    voluntary=("已带出上期数据", "选填"),
    lookalike=("申报（办事）", "报名", "报税", "报修", "报警", "举报", "报考", "报销", "上报故障", "搜索", "用户反馈"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REPEATED = "repeat-form-repeated"
    PREFILLED = "repeat-form-prefilled"
    UNTOLD = "repeat-form-untold"
    SAME_FORM = "repeat-form-same-form"
    WHOSE = "repeat-form-whose"
    PRESENT = "repeat-form-present"
    NOT_SEEN = "repeat-form-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    FIELD = "repeat-form-mark-field"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "repeat-form-limit-article"
    SAME_MATTER = "repeat-form-limit-same-matter"
    NUMBERS = "repeat-form-limit-numbers"
    ELSEWHERE = "repeat-form-limit-elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What two forms have in common: the specific fields, and the part they are of all specific ones of both."""

    one: Asked
    other: Asked
    shared: tuple[str, ...]
    ratio: float

    @property
    def retyped(self) -> tuple[str, ...]:
        """The shared fields that were empty in both."""
        return tuple(k for k in self.shared if k in self.one.empty and k in self.other.empty)

    @property
    def prefilled(self) -> tuple[str, ...]:
        """The shared fields that one of the forms brought along."""
        return tuple(k for k in self.shared if k in self.one.filled or k in self.other.filled)


_REPORT: Final = re.compile(
    r"填报|报送|上报|报表|台账|零报告|日报|周报|月报|季报|年报|采集|摸底|统计|一张表|普查|情况表|信息表|汇总|走访|监测|排查|核查|登记表"
)
# The same form to be made, changed or looked at.
_SAME: Final = re.compile(r"新增|新建|编辑|修改|录入|添加|查看|详情|继续|填写|[（(]\S*[）)]|[-—·]\S*草稿")
_PERIODS: Final = re.compile(r"日报|每日|周报|每周|旬报|月报|每月|季报|年报|零报告")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a form addressed to staff, with its fields for comparing."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    form = read_form(observation)
    if form is None or form.addressed is not Addressed.STAFF or not _is_report(form):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    told = specific(f.key for f in form.fields)
    fields = [f for f in form.fields if f.key in told and f.word is not None] or [f for f in form.fields if f.word]
    sightings = [Sighting(word=f.word, why=Why.FIELD, sign=FUNCTION) for f in fields if f.word is not None]
    if not sightings:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"task": form.title or "?", FORM: written(asked(form))}
    return sighted(observation, (Verdict.PRESENT, Reason.PRESENT), sightings, data=data)


def _is_report(form: Form) -> bool:
    return form.periodic or bool(_REPORT.search(form.title))


def overlap(one: Asked, other: Asked, *, shared: int = MIN_SHARED, ratio: float = MIN_OVERLAP_RATIO) -> Overlap | None:
    """Return what two forms have in common, ``None`` where that is less than ``shared`` fields or ``ratio``."""
    both, either = one.specific & other.specific, one.specific | other.specific
    if len(both) < shared or len(both) < ratio * len(either):
        return None
    return Overlap(
        one=one,
        other=other,
        shared=tuple(k for k in one.keys if k in both),
        ratio=round(len(both) / len(either), 2),
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: its forms are compared two by two."""
    shown = [o for o in outcomes if FORM in dict(o.data)]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    forms = by_title(read_back(str(dict(o.data)[FORM])) for o in shown)
    overlaps = [found for a, b in combinations(forms, 2) if (found := overlap(a, b)) is not None]
    if not overlaps:
        return joined(shown, (Verdict.PRESENT, Reason.PRESENT), FUNCTION, data={"task": forms[0].title or "?"})
    best = min(overlaps, key=lambda o: (_weigh(o)[0] is not Verdict.FOUND, -len(o.retyped), -len(o.shared)))
    verdict, reason = _weigh(best)
    fields = best.retyped if verdict is Verdict.FOUND else best.shared
    data: dict[str, Datum] = {
        "task": best.one.title or "?",
        "other": best.other.title or "?",
        "fields": "、".join(fields),
        "count": len(fields),
        "ratio": best.ratio,
    }
    titles = {best.one.title, best.other.title}
    ordered = sorted(shown, key=lambda o: read_back(str(dict(o.data)[FORM])).title not in titles)
    markers = {Marker.QUOTA} if verdict is Verdict.FOUND and best.other.periodic else set()
    return joined(_one_of_each(ordered), (verdict, reason), FUNCTION, data=data, markers=markers)


def _one_of_each(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the first outcome of each form; of a form seen many times one look is evidence enough."""
    first: dict[str, Outcome] = {}
    for outcome in outcomes:
        first.setdefault(read_back(str(dict(outcome.data)[FORM])).title, outcome)
    return list(first.values())


def _weigh(found: Overlap) -> tuple[Verdict, Reason]:
    """Return verdict and reason: fields shared are necessary, that they are typed anew is sufficient."""
    if len(found.prefilled) > len(found.retyped):
        return Verdict.PRESENT, Reason.PREFILLED
    if len(found.retyped) < MIN_SHARED:
        return Verdict.PRESENT, Reason.UNTOLD
    if not all(of_grassroots((f.title, *f.keys)) for f in (found.one, found.other)):
        return Verdict.PRESENT, Reason.WHOSE
    names = [_SAME.sub("", f.title) for f in (found.one, found.other)]
    same_fields = set(found.one.keys) == set(found.other.keys)
    periods = [_PERIODS.findall(f.title) for f in (found.one, found.other)]
    if names[0] == names[1] or (same_fields and periods[0] == periods[1]):
        return Verdict.PRESENT, Reason.SAME_FORM
    return Verdict.FOUND, Reason.REPEATED


RULE: Final = Rule(
    id=RuleId("repeat-form"),
    name_zh="随意、重复填报（同一应用）",
    name_en="The same fields asked again in one app",
    clause=clauses.REPEATED_FORMS,
    also=(clauses.OPINIONS_ONE_FORM,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    checkpoints=(HOME, TASKS),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
