"""Notes 跨应用字段重合: forms of different apps that ask staff the same specific fields. Not a rule of one app.

NECESSARY: forms of two apps with overlapping fields about the same object. SUFFICIENT: at least five specific fields
and half of all specific ones of both, generic fields (姓名, 电话, 日期, 备注) removed. 字段重合，不等于重复填报:
whether the same matter is asked twice of the same unit is for a person, so this is never more than ``present``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Final

from harness.model import (
    AcrossOutcome,
    AcrossRule,
    AppShare,
    Channel,
    Datum,
    FiledApp,
    Mark,
    Observation,
    PackageName,
    RuleId,
    Severity,
    Stage,
    Verdict,
    Walk,
)
from harness.rules import clauses
from harness.rules.concluding import unread
from harness.rules.form_labels import Addressed
from harness.rules.form_records import Asked, asked, by_title
from harness.rules.forms import Form, read_form
from harness.rules.repeat_form import Overlap, overlap
from harness.rules.wording import Sighting, marks_of

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
MIN_SHARED: Final = 5  # specific fields; a proposal
MIN_OVERLAP_RATIO: Final = 0.5  # Jaccard; a proposal


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    OVERLAP = "duplicate-form-cross-app-overlap"
    OTHER_LEVEL = "duplicate-form-cross-app-other-level"
    TOO_FEW = "duplicate-form-cross-app-too-few"
    NOT_LOOKED = "duplicate-form-cross-app-not-looked"
    NOT_SEEN = "duplicate-form-cross-app-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    FIELD = "duplicate-form-cross-app-mark-field"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "duplicate-form-cross-app-limit-article"
    SAME_MATTER = "duplicate-form-cross-app-limit-same-matter"
    NUMBERS = "duplicate-form-cross-app-limit-numbers"
    LABELS = "duplicate-form-cross-app-limit-labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppForms:
    """The forms for staff that were seen in one app, and the screens they were seen on."""

    app: FiledApp
    forms: tuple[Asked, ...]
    seen: tuple[tuple[Observation, Form], ...]
    looked: bool  # the walk left nothing untried and unread


def harvest(walks: Iterable[Walk]) -> tuple[AppForms, ...]:
    """Return the forms for staff of each app, in the order of first sight; walks of one app are put together."""
    by_package: dict[PackageName, list[Walk]] = {}
    for walk in walks:
        by_package.setdefault(walk.app.package, []).append(walk)
    return tuple(_of_one_app(of_one) for of_one in by_package.values())


def _of_one_app(walks: Sequence[Walk]) -> AppForms:
    seen: list[tuple[Observation, Form]] = []
    for walk in walks:
        for observation in walk.observations:
            if observation.companion or (observation.page and observation.page.package != walk.app.package):
                continue
            form = read_form(observation)
            if form is not None and form.addressed is Addressed.STAFF:
                seen.append((observation, form))
    return AppForms(
        app=walks[0].app,
        forms=by_title(asked(form) for _, form in seen),
        seen=tuple(seen),
        looked=any(_looked(walk) for walk in walks),
    )


def _looked(walk: Walk) -> bool:
    """Return whether a walk tried and read everything: only then a form that was not seen is not there."""
    read = {o.screen for o in walk.observations if unread(o, NEEDS) is None}
    return walk.finished and not walk.untried and all(o.screen in read for o in walk.observations)


def part(walk: Walk) -> Walk:
    """Return the walk with only what ``compare`` needs of it: its forms, and what could not be read."""
    read = {o.screen: o.id for o in walk.observations if unread(o, NEEDS) is None}
    forms = {o.screen for o in walk.observations if read_form(o) is not None}
    of_read = set(read.values())
    return replace(
        walk,
        observations=tuple(
            o
            for o in walk.observations
            if o.screen not in read or (o.screen in forms and (o.id in of_read or read_form(o) is not None))
        ),
    )


def compare(walks: Sequence[Walk]) -> tuple[AcrossOutcome, ...]:
    """Return one outcome for each two apps with forms that overlap, and what was left to look at."""
    apps = harvest(walks)
    if len(apps) < 2:
        return (AcrossOutcome(verdict=Verdict.NOT_APPLICABLE, reason=Reason.TOO_FEW, data=(("apps", len(apps)),)),)
    found = [_outcome(one, other, hits) for one, other in combinations(apps, 2) if (hits := _overlaps(one, other))]
    open_ends = [a.app.name for a in apps if not a.looked]
    rest: list[AcrossOutcome] = []
    if open_ends:
        # Also beside what was found: of these apps nobody knows what other forms they have.
        data: tuple[tuple[str, Datum], ...] = (("apps", len(apps)), ("names", "、".join(open_ends)))
        rest.append(AcrossOutcome(verdict=Verdict.INCONCLUSIVE, reason=Reason.NOT_LOOKED, data=data))
    elif not found:
        forms = sum(len(a.forms) for a in apps)
        told: tuple[tuple[str, Datum], ...] = (("apps", len(apps)), ("forms", forms))
        rest.append(AcrossOutcome(verdict=Verdict.CLEAR, reason=Reason.NOT_SEEN, data=told))
    return (*found, *rest)


def _overlaps(one: AppForms, other: AppForms) -> list[Overlap]:
    """Return the overlaps of the forms of two apps, the largest first."""
    hits = [overlap(a, b, shared=MIN_SHARED, ratio=MIN_OVERLAP_RATIO) for a in one.forms for b in other.forms]
    return sorted((hit for hit in hits if hit is not None), key=lambda hit: (-len(hit.shared), -hit.ratio))


def _outcome(one: AppForms, other: AppForms, hits: Sequence[Overlap]) -> AcrossOutcome:
    """Return the outcome of two apps, told by the two forms that have most in common."""
    hit = hits[0]
    levels = (one.app.level, other.app.level)
    same_level = not all(levels) or levels[0] == levels[1]
    data: dict[str, Datum] = {
        "app": one.app.name,
        "other_app": other.app.name,
        "form": hit.one.title or "?",
        "other_form": hit.other.title or "?",
        "fields": "、".join(hit.shared),
        "count": len(hit.shared),
        "ratio": hit.ratio,
        "levels": "／".join(level or "?" for level in levels),
        "pairs": len(hits),
    }
    if one.app.sponsor_unit and one.app.sponsor_unit == other.app.sponsor_unit:
        data["same_sponsor"] = one.app.sponsor_unit
    return AcrossOutcome(
        verdict=Verdict.PRESENT,
        reason=Reason.OVERLAP if same_level else Reason.OTHER_LEVEL,
        data=tuple(data.items()),
        shares=(_share(one, hit.one, hit.shared), _share(other, hit.other, hit.shared)),
    )


def _share(forms: AppForms, form: Asked, shared: Sequence[str]) -> AppShare:
    return AppShare(
        package=forms.app.package,
        name=forms.app.name,
        sponsor_unit=forms.app.sponsor_unit,
        level=forms.app.level,
        subject=form.title,
        items=tuple(k for k in form.keys if k in form.specific),
        marks=_marks(forms, form.title, shared),
    )


def _marks(forms: AppForms, title: str, shared: Sequence[str]) -> tuple[Mark, ...]:
    """Return one mark for each shared field, on the first screen that shows it."""
    marks: dict[str, Mark] = {}
    for observation, form in forms.seen:
        if form.title != title:
            continue
        for field in form.fields:
            if field.key in shared and field.key not in marks and field.word is not None:
                (mark,) = marks_of(observation, [Sighting(word=field.word, why=Why.FIELD, sign="field")])
                marks[field.key] = mark
    return tuple(marks[key] for key in shared if key in marks)


RULE: Final = AcrossRule(
    id=RuleId("duplicate-form-cross-app"),
    name_zh="跨应用字段重合",
    name_en="The same fields asked by several apps",
    clause=clauses.REPEATED_FORMS,
    also=(clauses.OPINIONS_ONE_FORM,),
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    known_limits=tuple(Known),
    part=part,
    compare=compare,
)
