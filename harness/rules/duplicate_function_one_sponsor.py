"""Notes 同一单位应用功能重合: apps of one sponsor whose functions are largely the same. Not a rule of one app.

NECESSARY: two apps of the same 主办单位 with functions in common: entries that were pressed and led to a page, or that
the filing names. SUFFICIENT: at least four specific functions and half of all specific ones of both, what every app has
(首页, 我的, 消息, 设置) removed. 功能重合，不等于重复建设: whether apps are to be put together is for a person, so this
is never more than ``present``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Final

from harness.model import (
    AcrossOutcome,
    AcrossRule,
    Actor,
    AppShare,
    Channel,
    Datum,
    FiledApp,
    Mark,
    Observation,
    PackageName,
    Role,
    RuleId,
    Severity,
    Stage,
    Tap,
    Verdict,
    Walk,
)
from harness.rules import clauses
from harness.rules.concluding import unread
from harness.wording import normalise

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
MIN_SHARED: Final = 4  # specific functions; a proposal
MIN_OVERLAP_RATIO: Final = 0.5  # Jaccard; a proposal
_FUNCTION: Final = re.compile(r"[\u4e00-\u9fff]{2,8}")  # longer ones are headlines, shorter ones signs
_IN_EVERY_APP: Final = re.compile(
    r"首页|主页|我的|消息|通知|公告|通知公告|消息中心|个人中心|工作台|应用|服务|全部\S{0,2}|更多\S{0,2}|查看更多|设置|系统设置|账号\S{0,4}"
    r"|关于\S{0,4}|版本\S{0,4}|检查更新|帮助\S{0,4}|常见问题|使用(?:说明|帮助)|\S{0,2}(?:意见|问题|投诉|建议)\S{0,4}|联系我们|客服\S{0,2}"
    r"|搜索|返回|扫一扫|登录|退出\S{0,4}|切换\S{0,4}|隐私\S{0,4}|用户协议|\S{0,4}协议|收藏|我的收藏|历史记录|编辑\S{0,2}|确定|取消|详情|查看\S{0,2}"
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    OVERLAP = "duplicate-function-one-sponsor-overlap"
    UNNAMED = "duplicate-function-one-sponsor-unnamed"
    TOO_FEW = "duplicate-function-one-sponsor-too-few"
    NOT_LOOKED = "duplicate-function-one-sponsor-not-looked"
    NOT_SEEN = "duplicate-function-one-sponsor-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    ENTRY = "duplicate-function-one-sponsor-mark-entry"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "duplicate-function-one-sponsor-limit-article"
    SAME_WORK = "duplicate-function-one-sponsor-limit-same-work"
    NUMBERS = "duplicate-function-one-sponsor-limit-numbers"
    NAMES = "duplicate-function-one-sponsor-limit-names"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFunctions:
    """What one app is for: its functions by name, those of the filing included, and where entries were pressed."""

    app: FiledApp
    names: frozenset[str]
    marks: dict[str, Mark]
    looked: bool  # the walk left nothing untried and unread


def part(walk: Walk) -> Walk:
    """Return the walk with only what ``compare`` needs of it: its entries, and what could not be read."""
    steps = tuple(step for step in walk.steps if isinstance(step.action, Tap))
    ends = {end for step in steps for end in (step.before, step.after)}
    screens = {o.screen for o in walk.observations if o.id in ends}
    read = {o.screen: o.id for o in walk.observations if unread(o, NEEDS) is None}
    proofs = {read[screen] for screen in screens if screen in read}
    kept = tuple(o for o in walk.observations if o.id in ends or o.id in proofs or o.screen not in read)
    return replace(walk, observations=kept, steps=steps)


def compare(walks: Sequence[Walk]) -> tuple[AcrossOutcome, ...]:
    """Return one outcome for each two apps of one sponsor with functions that overlap, and what was left to look at."""
    by_sponsor: dict[str, list[AppFunctions]] = {}
    harvested = _harvest(walks)
    for app in harvested:
        if sponsor := normalise(app.app.sponsor_unit):
            by_sponsor.setdefault(sponsor, []).append(app)
    unnamed = [app.app.name for app in harvested if not normalise(app.app.sponsor_unit)]
    several = [apps for apps in by_sponsor.values() if len(apps) > 1]
    compared = sum(map(len, several))
    if not several and unnamed and len(harvested) > 1:
        # Whose they are was not told: that is no sponsor of their own.
        names: tuple[tuple[str, Datum], ...] = (("apps", len(harvested)), ("names", "、".join(unnamed)))
        return (AcrossOutcome(verdict=Verdict.INCONCLUSIVE, reason=Reason.UNNAMED, data=names),)
    if not several:
        data: tuple[tuple[str, Datum], ...] = (("apps", len(walks)),)
        return (AcrossOutcome(verdict=Verdict.NOT_APPLICABLE, reason=Reason.TOO_FEW, data=data),)
    pairs = [pair for apps in several for pair in combinations(apps, 2)]
    found = [outcome for one, other in pairs if (outcome := _outcome(one, other)) is not None]
    open_ends = [app.app.name for apps in several for app in apps if not app.looked]
    rest: list[AcrossOutcome] = []
    if open_ends:
        # Also beside what was found: of these apps nobody knows what other functions they have.
        told: tuple[tuple[str, Datum], ...] = (("apps", compared), ("names", "、".join(open_ends)))
        rest.append(AcrossOutcome(verdict=Verdict.INCONCLUSIVE, reason=Reason.NOT_LOOKED, data=told))
    elif not found:
        told = (("apps", compared), ("sponsors", len(several)))
        rest.append(AcrossOutcome(verdict=Verdict.CLEAR, reason=Reason.NOT_SEEN, data=told))
    return (*found, *rest)


def _harvest(walks: Iterable[Walk]) -> list[AppFunctions]:
    """Return the functions of each app; walks of one app are put together."""
    by_package: dict[PackageName, list[Walk]] = {}
    for walk in walks:
        by_package.setdefault(walk.app.package, []).append(walk)
    return [_of_one_app(of_one) for of_one in by_package.values()]


def _of_one_app(walks: Sequence[Walk]) -> AppFunctions:
    marks: dict[str, Mark] = {}
    for walk in walks:
        for name, mark in _entries(walk):
            marks.setdefault(name, mark)
    filed = {norm for walk in walks for name in walk.app.filed_functions if _is_specific(norm := normalise(name))}
    looked = any(walk.finished and not walk.untried and _read(walk) for walk in walks)
    return AppFunctions(app=walks[0].app, names=frozenset({*marks, *filed}), marks=marks, looked=looked)


def _read(walk: Walk) -> bool:
    """Return whether every screen was read at least once."""
    read = {o.screen for o in walk.observations if unread(o, NEEDS) is None}
    return all(o.screen in read for o in walk.observations)


def _entries(walk: Walk) -> Iterable[tuple[str, Mark]]:
    """Yield each entry that was pressed in the app and led to another page of it, with where it stood."""
    seen = {o.id: o for o in walk.observations if not o.companion and _is_of(o, walk.app.package)}
    for step in walk.steps:
        if step.actor is not Actor.EXPLORE or not isinstance(step.action, Tap):
            continue
        name = normalise(step.action.label)
        before, after = (seen.get(end) if end is not None else None for end in (step.before, step.after))
        if before is None or after is None or after.screen == before.screen or not _is_specific(name):
            continue
        x_px, y_px = step.action.x_px, step.action.y_px
        said = [w for w in before.words if w.norm == name]
        near = min(said, key=lambda w: abs(w.box.centre_px[0] - x_px) + abs(w.box.centre_px[1] - y_px), default=None)
        if near is not None:
            yield name, Mark(observation=before.id, box=near.box, text=near.text, role=Role.TRIGGER, why=Why.ENTRY)


def _is_of(observation: Observation, package: PackageName) -> bool:
    return observation.page is None or observation.page.package == package


def _is_specific(name: str) -> bool:
    return bool(_FUNCTION.fullmatch(name)) and not _IN_EVERY_APP.fullmatch(name)


def _outcome(one: AppFunctions, other: AppFunctions) -> AcrossOutcome | None:
    shared = sorted(one.names & other.names)
    ratio = len(shared) / max(1, len(one.names | other.names))
    if len(shared) < MIN_SHARED or ratio < MIN_OVERLAP_RATIO:
        return None
    data: dict[str, Datum] = {
        "app": one.app.name,
        "other_app": other.app.name,
        "sponsor": one.app.sponsor_unit,
        "functions": "、".join(shared),
        "count": len(shared),
        "ratio": round(ratio, 2),
    }
    return AcrossOutcome(
        verdict=Verdict.PRESENT,
        reason=Reason.OVERLAP,
        data=tuple(data.items()),
        shares=(_share(one, shared), _share(other, shared)),
    )


def _share(app: AppFunctions, shared: Sequence[str]) -> AppShare:
    return AppShare(
        package=app.app.package,
        name=app.app.name,
        sponsor_unit=app.app.sponsor_unit,
        level=app.app.level,
        subject="",
        items=tuple(sorted(app.names)),
        marks=tuple(app.marks[name] for name in shared if name in app.marks),
    )


RULE: Final = AcrossRule(
    id=RuleId("duplicate-function-one-sponsor"),
    name_zh="同一主办单位应用功能重合",
    name_en="The same functions in several apps of one sponsor",
    clause=clauses.CLEARING_OUT,
    also=(),
    stage=Stage.PREVIEW,
    severity=Severity.S3,
    known_limits=tuple(Known),
    part=part,
    compare=compare,
)
