"""Flags 缺少投诉建议功能: a whole walk found no place in the app to complain or suggest, or only a dead one.

NECESSARY: home, mine, settings, about and help were looked at and none names such a place. SUFFICIENT: the coverage
that proves the look, or an entry that is dead (nothing behind it, a telephone number only). What the clause wants of
one (在线受理, 跟踪反馈, 回访评价) is told as yes, no or unknown and accuses nobody.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
    Back,
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
    Tap,
    Verdict,
    Word,
)
from harness.rules import clauses
from harness.rules.absence import signed_out, why_not_absent
from harness.rules.checkpoints import ABOUT, HELP, HOME, MINE, SETTINGS
from harness.rules.complaint_signs import (
    DEAD,
    ENTRY,
    FORM,
    GONE,
    NEAR,
    REVIEW,
    TRACK,
    WAY_TO_TRACKING,
    channel_signs,
    channel_title,
    ways_in,
)
from harness.rules.concluding import PROBE_WANTED, ProbeCut, if_read, marks_from, nothing_found, nothing_on
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import app_words, whole

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "missing-complaint-channel"
CHECKPOINTS: Final = (HOME, MINE, SETTINGS, ABOUT, HELP)
_PLACES: Final = (MINE.id, SETTINGS.id, ABOUT.id, HELP.id)
LEXICON: Final = Lexicon(
    must=(
        "投诉建议", "投诉", "建议", "意见反馈", "问题反馈", "用户反馈", "我要反馈", "意见与建议", "建议反馈",
        "咨询投诉",
    ),
    support=("我的反馈", "处理进度", "受理", "回复", "回访", "评价", "满意度", "提交反馈"),
    lookalike=("客服电话", "12345", "联系我们", "举报中心", "应用评分", "消费投诉", "合理化建议", "征求意见"),
)  # fmt: skip
MAY_PRESS: Final = (*LEXICON.must, "投诉与建议", "意见建议", "我的反馈", "反馈记录", "处理进度")
YES: Final = "quality-yes"
NO: Final = "quality-no"
UNKNOWN: Final = "quality-unknown"


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    ABSENT = "missing-complaint-channel-absent"
    NEAR = "missing-complaint-channel-near"
    CUT = "missing-complaint-channel-cut"
    DEAD = "missing-complaint-channel-dead"
    DEAD_ONE = "missing-complaint-channel-dead-one"
    GONE = "missing-complaint-channel-gone"
    NOT_OPENED = "missing-complaint-channel-not-opened"
    THERE = "missing-complaint-channel-there"
    NOT_SEEN = "missing-complaint-channel-not-seen"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "missing-complaint-channel-limit-article"
    ACCOUNT = "missing-complaint-channel-limit-account"
    NAMES = "missing-complaint-channel-limit-names"
    NOT_SENT = "missing-complaint-channel-limit-not-sent"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a channel for complaints; a screen without one says nothing of the app."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = app_words(observation)
    seen = [*channel_signs(observation, words), *signed_out(words)]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    title = channel_title(observation)
    data: dict[str, Datum] = {"said": (title or seen[0].word).text}
    if title is None and any(w.clickable for w in ways_in(words)):
        data[PROBE_WANTED] = FORM
    return sighted(observation, (Verdict.CLEAR, Reason.NOT_SEEN), seen, data=data)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield the way to the form and to what became of complaints, and Back from each; types and sends nothing."""
    seen = [observation]
    way = next((w for w in ways_in(app_words(observation)) if w.clickable), None)
    try:
        if way is not None:
            page = yield _tap(way)
            seen.append(page)
            if page.screen != observation.screen:
                track = next((w for w in whole(app_words(page), WAY_TO_TRACKING) if w.clickable and w.enabled), None)
                if track is not None:
                    after = yield _tap(track)
                    seen.append(after)
                    if after.screen != page.screen:
                        yield Back()
                yield Back()
    except ProbeCut:
        if len(seen) == 1:
            raise
    shown = [detect(o) for o in seen]
    signs = frozenset(s for o in shown for s in o.signs)
    usable = FORM in signs
    return Outcome(
        verdict=Verdict.CLEAR if usable else Verdict.INCONCLUSIVE,
        reason=Reason.NOT_SEEN if usable else Reason.NOT_OPENED,
        data=tuple((k, v) for k, v in shown[0].data if k != PROBE_WANTED),
        marks=marks_from(shown),
        signs=signs,
        observation=observation.id,
        screen=observation.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: a channel with its qualities, a dead one, or none after a whole look."""
    # An entry whose page was not opened, and a page that says it is not there, are looks of their own kind.
    looks = [replace(o, verdict=Verdict.CLEAR) if {DEAD, GONE, ENTRY} & o.signs else o for o in outcomes]
    channel = [o for o in outcomes if FORM in o.signs]
    if channel:
        whole_walk = nothing_found(looks, coverage, Reason.NOT_SEEN).verdict is Verdict.CLEAR
        shown = [*channel, *(o for o in outcomes if {TRACK, REVIEW} & o.signs and o not in channel)]
        signs = frozenset(s for o in shown for s in o.signs)
        lacking = NO if whole_walk and coverage.reaches and not coverage.cut_pages else UNKNOWN
        data: dict[str, Datum] = {
            "said": _said(channel),
            "accepts": YES,
            "tracks": YES if TRACK in signs else lacking,
            "reviews": YES if REVIEW in signs else lacking,
        }
        return replace(joined(shown, (Verdict.CLEAR, Reason.THERE), FUNCTION, data=data), signs=frozenset())
    entries = [o for o in outcomes if ENTRY in o.signs]
    dead = [o for o in outcomes if {DEAD, GONE} & o.signs]
    open_end = why_not_absent(looks, coverage, Reason.NOT_SEEN, places=_PLACES)
    if dead:
        weighed = (Verdict.PRESENT, Reason.DEAD_ONE) if open_end or coverage.cut_pages else (Verdict.FOUND, Reason.DEAD)
        if not any(DEAD in o.signs for o in dead):
            weighed = (Verdict.PRESENT, Reason.GONE)
        return joined([*dead, *entries], weighed, FUNCTION, data={"said": dead[0].marks[0].text})
    if entries:
        told = joined(entries, (Verdict.INCONCLUSIVE, Reason.NOT_OPENED), FUNCTION, data={"said": _said(entries)})
        return replace(told, signs=frozenset())
    if open_end is not None:
        return open_end
    near = [o for o in outcomes if NEAR in o.signs]
    if near:
        return joined(near, (Verdict.PRESENT, Reason.NEAR), FUNCTION, data={"said": _said(near)})
    weighed = (Verdict.PRESENT, Reason.CUT) if coverage.cut_pages else (Verdict.FOUND, Reason.ABSENT)
    places = sum(1 for r in coverage.reaches if coverage.reached(r.checkpoint))
    counted: dict[str, Datum] = {"screens": coverage.screens, "places": places, "cut": coverage.cut_pages}
    return joined(outcomes, weighed, FUNCTION, data=counted)


def _said(outcomes: Sequence[Outcome]) -> Datum:
    return next((value for o in outcomes for name, value in o.data if name == "said"), "")


def _tap(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


RULE: Final = Rule(
    id=RuleId("missing-complaint-channel"),
    name_zh="缺少投诉建议功能",
    name_en="No channel for complaints",
    clause=clauses.COMPLAINT_CHANNEL,
    also=(clauses.OPINIONS_COMPLAINT_CHANNEL,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S3,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    probe=probe,
    may_press=MAY_PRESS,
)
