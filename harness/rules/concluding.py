"""Joins what many screens showed into one verdict where nothing was found: the part all rules share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.grouping import MOST_OF_A_SCREEN, in_status_bar
from harness.model import (
    WAITING_SHAPES,
    Box,
    Channel,
    Coverage,
    Datum,
    Mark,
    Marker,
    Measure,
    Observation,
    Outcome,
    Reach,
    Role,
    Verdict,
    Word,
)
from harness.rules.wording import Sighting, marks_of

PROBE_WANTED: Final = "probe"  # a datum of a static outcome: which behaviour only a probe can settle
ONE_DAY: Final = "day"  # what a probe is wanted for: a day that passes, which once per app is enough
TWO_DEVICES: Final = "two-devices"  # another: a log-in on a second device
WALL: Final = "wall"  # a sign of a probe: the app let nobody past this screen
KIND: Final = "player"  # a datum: players of one make on one page; what one does the others do
CUT_PAGES: Final = "cut_pages"  # a datum of ``clear``: how many pages nobody saw the end of
ONE_TAP: Final = "one-tap"  # a datum that judging adds: the screens one press away, one a line
STANDS: Final = "stands"  # a datum: when and where a player stood, for joining looks into what was watched
FORM: Final = "form"  # a datum: what the form on a screen asks, for comparing it with others
# Data for joining screens, of no use to a reader.
BETWEEN_SCREENS: Final = frozenset({PROBE_WANTED, KIND, ONE_TAP, STANDS, FORM})
CUT_SHORT: Final = "probe-cut-short"  # the reason of an outcome that rests on what a probe measured before it was cut
EXEMPTION: Final = "exemption"  # a datum: the words by which the screen claims an exemption
MOVING: Final = "screen-moving"
GAP: Final = "screen-gap"
UNREAD_REGION: Final = "screen-region-unread"
NOT_LOADED: Final = "screen-not-loaded"  # the page says itself that what belongs on it could not be shown

_NOT_LOADED: Final = re.compile(
    r"(?:抱歉|对不起|哎呀|很遗憾)?[,!。]?(?:当前|您的)?(?:网络|网络连接|服务|服务器|系统|接口|页面|请求|数据|内容)(?:请求|连接|加载|访问|好像)?"
    r"(?:异常|错误|出错|繁忙|开小差|断开|不可用|超时|失败|走丢|不存在|丢失)\S{0,16}"
    r"|加载失败\S{0,16}|(?:系统|服务)(?:正在)?(?:升级|维护)中?(?:[,。!]\S{0,16})?|无法(?:连接|访问)\S{0,12}"
    r"|(?:您|当前账号|该账号)?(?:暂无|没有|无)(?:访问|查看|使用|操作)?权限\S{0,12}"
    r"|(?:HTTP)?(?:错误)?(?:40[34]|50[0234])\s?(?:Not\s?Found|Forbidden|Bad\s?Gateway|.{0,10}Unavailable|.{0,10}Server\s?Error|页面\S{0,6})",
    re.IGNORECASE,
)
_LOADING: Final = re.compile(r"(?:正在|努力)?加载中?[.…。]*|请稍[候后][.…。]*|Loading[.…]*", re.IGNORECASE)
_MAX_NOTICE_CHARS: Final = 30
_BARE_PAGE_WORDS: Final = 6  # a page with no more words than these and a sign of loading shows nothing else yet


class ProbeCut(Exception):
    """Thrown into a probe where its record ends early; a probe that has measured something returns what it shows."""


def unread(observation: Observation, needs: frozenset[Channel]) -> str | None:
    """Return the message key of what could not be read on this screen, ``None`` where everything was read."""
    if any(gap.channel in needs for gap in observation.gaps):
        return GAP
    if observation.opaque and not observation.engines:
        return UNREAD_REGION
    if any(_large_and_wordless(observation, region) for region in observation.opaque):
        return UNREAD_REGION
    if not observation.elements and not observation.engines:
        return GAP
    return NOT_LOADED if _not_loaded(observation) else None


def _large_and_wordless(observation: Observation, region: Box) -> bool:
    """Return whether a drawn region is most of the screen and yet no word was read in it: then none could be."""
    width_px, height_px = observation.size_px
    large = region.area_px >= MOST_OF_A_SCREEN * width_px * height_px
    return large and not any(region.holds(*w.box.centre_px) for w in observation.words if w.norm)


def _not_loaded(observation: Observation) -> bool:
    if any(shape.kind in WAITING_SHAPES for shape in observation.shapes):
        return True
    short = [w for w in observation.words if len(w.norm) <= _MAX_NOTICE_CHARS]
    # 加载失败 in a headline that leads on is news of somebody else's page.
    if any(_NOT_LOADED.fullmatch(w.norm) for w in short if not (w.clickable and len(w.norm) > 12)):
        return True
    shown = [w for w in observation.words if w.norm and not in_status_bar(observation, w)]
    return len(shown) <= _BARE_PAGE_WORDS and any(_LOADING.fullmatch(w.norm) for w in shown)


def if_read(outcome: Outcome, observation: Observation, needs: frozenset[Channel]) -> Outcome:
    """Return the outcome of one screen; ``clear`` of a screen that was not read to the end becomes ``inconclusive``."""
    problem = unread(observation, needs)
    if outcome.verdict is not Verdict.CLEAR or problem is None:
        return outcome
    return replace(outcome, verdict=Verdict.INCONCLUSIVE, reason=problem)


def nothing_on(observation: Observation, needs: frozenset[Channel], reason: str) -> Outcome:
    """Return ``clear`` for a screen that was read to the end and shows nothing, else ``inconclusive``."""
    problem = unread(observation, needs) or (MOVING if observation.moving else None)
    return Outcome(
        verdict=Verdict.INCONCLUSIVE if problem else Verdict.CLEAR,
        reason=problem or reason,
        observation=observation.id,
        screen=observation.screen,
    )


def something_else(observation: Observation, word: Word, reason: str) -> Outcome:
    """Return ``clear`` for a screen that only looks like the function, with the word that shows it."""
    sighting = Sighting(word=word, why=reason, sign="look-alike")
    return Outcome(
        verdict=Verdict.CLEAR,
        reason=reason,
        data=(("said", word.text),),
        marks=marks_of(observation, [sighting], role=Role.CONTEXT),
        observation=observation.id,
        screen=observation.screen,
    )


def data_of(outcomes: Iterable[Outcome]) -> Mapping[str, Datum]:
    """Return every datum of the outcomes by name; the largest number wins, else the first text."""
    data: dict[str, Datum] = {}
    for outcome in outcomes:
        for name, value in outcome.data:
            held = data.get(name)
            both_numbers = isinstance(held, (int, float)) and isinstance(value, (int, float))
            if held is None or (both_numbers and float(value) > float(held)):
                data[name] = value
    return data


def marks_from(outcomes: Sequence[Outcome], *, limit: int = 16) -> tuple[Mark, ...]:
    """Return the marks of the outcomes, one for each reason and text before any repetition."""
    first: dict[tuple[str, str], Mark] = {}
    for outcome in outcomes:
        for mark in outcome.marks:
            first.setdefault((mark.why, mark.text), mark)
    return tuple(first.values())[:limit]


def markers_from(outcomes: Iterable[Outcome]) -> frozenset[Marker]:
    """Return every sign of compulsion that any of the outcomes carries."""
    return frozenset(marker for outcome in outcomes for marker in outcome.markers)


def measures_from(outcomes: Iterable[Outcome]) -> tuple[Measure, ...]:
    """Return the measures of all probes, probe by probe."""
    return tuple(measure for outcome in outcomes for measure in outcome.measures)


def nothing_found(outcomes: Sequence[Outcome], coverage: Coverage, reason: str) -> Outcome:
    """Return ``clear`` where everything was looked at and nothing seen, else ``inconclusive`` with the reason.

    An inconclusive look at a screen is made good by a conclusive one at the same screen; a look at a film is not, which
    only watching settles: the look that shows no film may be one at what covers it.
    """
    settled = {o.screen for o in outcomes if o.screen is not None and o.verdict is Verdict.CLEAR}
    open_ends = [
        o for o in outcomes if o.verdict is Verdict.INCONCLUSIVE and (o.screen not in settled or _of_a_film(o))
    ]
    probes = [o for o in open_ends if o.from_probe]
    if open_ends:
        first = (probes or open_ends)[0]
        return Outcome(
            verdict=Verdict.INCONCLUSIVE,
            reason=first.reason,
            data=first.data,
            marks=first.marks,
            measures=measures_from(outcomes),
            observation=first.observation,
            screen=first.screen,
            from_probe=first.from_probe,
        )
    missing = _what_coverage_lacks(coverage, looked=bool(outcomes))
    best = next((o for o in outcomes if o.from_probe), outcomes[0] if outcomes else None)
    return Outcome(
        verdict=Verdict.INCONCLUSIVE if missing else Verdict.CLEAR,
        reason=missing[0] if missing else (best.reason if best and best.from_probe else reason),
        data=missing[1] if missing else (*_looked_at(coverage), *(best.data if best else ())),
        marks=best.marks if best and best.from_probe else (),
        measures=measures_from(outcomes),
        observation=best.observation if best and best.from_probe else None,
        screen=best.screen if best and best.from_probe else None,
        from_probe=bool(best and best.from_probe),
    )


def _of_a_film(look: Outcome) -> bool:
    return not look.from_probe and KIND in dict(look.data)


def _looked_at(coverage: Coverage) -> tuple[tuple[str, Datum], ...]:
    """Return what a ``clear`` rests on; pages that nobody saw the end of are told with it."""
    cut: tuple[tuple[str, Datum], ...] = ((CUT_PAGES, coverage.cut_pages),) if coverage.cut_pages else ()
    return (("screens", coverage.screens), ("steps", coverage.steps), *cut)


def _what_coverage_lacks(coverage: Coverage, *, looked: bool) -> tuple[str, tuple[tuple[str, Datum], ...]] | None:
    if not looked:
        return "coverage-nothing-seen", ()
    for reach in coverage.reaches:
        if reach.reach is Reach.OUT_OF_SCOPE:
            continue
        if reach.reach is not Reach.REACHED:
            return "coverage-checkpoint-open", (
                ("checkpoint", str(reach.checkpoint)),
                ("why", reach.reason),
            )
    if not coverage.finished or coverage.untried:
        return "coverage-walk-unfinished", (
            ("stopped_by", coverage.stopped_by),
            ("untried", coverage.untried),
        )
    if coverage.gaps:
        return "coverage-gap", (("channel", str(coverage.gaps[0].channel)), ("why", coverage.gaps[0].reason))
    return None
