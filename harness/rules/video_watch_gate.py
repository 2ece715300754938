"""Flags 视频强制观看: a player that will not be skipped while credit or the next lesson hangs on watching it.

One screen shows a player and what the page says of it; only the probe can show that the page means it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
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
from harness.rules.checkpoints import COURSES, HOME, PLAYER
from harness.rules.concluding import (
    KIND,
    PROBE_WANTED,
    ProbeCut,
    if_read,
    measures_from,
    nothing_found,
)
from harness.rules.film_outcomes import no_film_on
from harness.rules.outcomes import joined
from harness.rules.player import Player, read_player
from harness.rules.video_probe import measure_video
from harness.rules.video_run import Run, Seek
from harness.rules.video_words import (
    AWAY_STOPS,
    COUNTDOWN,
    CREDIT,
    LOCKED,
    MAY_PRESS,
    MUST_WATCH,
    NO_SEEK,
    NO_SPEED,
    OTHER_DUTY,
)
from harness.rules.wording import Sighting, app_words, marks_of, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "video-watch-gate"

LEXICON: Final = Lexicon(
    must=(
        "不可拖动", "不能拖动", "禁止拖动", "不允许快进", "不支持快进", "不能快进", "请勿快进",
        "看完才能", "学完才能", "观看完毕后",
        "请继续观看", "完成本节后", "未解锁", "请先学习上一节",
    ),
    support=(
        "倒计时", "还需观看N秒", "进度条", "倍速", "下一节", "本章未完成", "离开页面停止",
        "已看N%", "课程锁定",
    ),
    compulsion=("必修", "须看完", "计入学时", "停止计时"),
    voluntary=("自愿观看", "可随时拖动", "跳过"),
    lookalike=(
        "请阅读N秒后同意", "重新获取(60s)", "广告N秒后可跳过", "直播中", "缓冲中", "加载中",
        "风险提示倒计时", "视频时长10:01",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (HOME, COURSES, PLAYER)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    SEEK_AND_NEXT = "video-watch-gate-seek-and-next"
    SEEK_AND_COUNTING = "video-watch-gate-seek-and-counting"
    SEEK_AND_WORDS = "video-watch-gate-seek-and-words"
    SEEK_AND_TOAST = "video-watch-gate-seek-and-toast"
    NEXT_AND_WORDS = "video-watch-gate-next-and-words"
    NEXT_AND_TOAST = "video-watch-gate-next-and-toast"
    OTHER_DUTY = "video-watch-gate-other-duty"
    PARTIAL_SIGNS = "video-watch-gate-partial-signs"
    WORDS_ONLY = "video-watch-gate-words-only"
    PLAYER_UNPROBED = "video-watch-gate-player-unprobed"
    FINISHED_VIDEO = "video-watch-gate-finished-video"
    FREE_SEEK = "video-watch-gate-free-seek"
    SEEK_UNCLEAR = "video-watch-gate-seek-unclear"
    NO_SEEK_BAR = "video-watch-gate-no-seek-bar"
    LIVE = "video-watch-gate-live"
    NOT_SEEN = "video-watch-gate-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    WORDS = "video-watch-gate-mark-words"
    PLAYER = "video-watch-gate-mark-player"
    LIVE = "video-watch-gate-mark-live"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "video-watch-gate-limit-article"
    ONE_VIDEO = "video-watch-gate-limit-one-video"
    POSITION = "video-watch-gate-limit-position"
    QUIZ = "video-watch-gate-limit-quiz"
    STATUTORY = "video-watch-gate-limit-statutory"


_WORDING: Final = (
    ("words-no-seek", NO_SEEK, Marker.NO_OPT_OUT),
    ("words-no-speed", NO_SPEED, Marker.NO_OPT_OUT),
    ("words-locked", LOCKED, Marker.CREDIT_CONDITION),
    ("words-must-watch", MUST_WATCH, Marker.CREDIT_CONDITION),
    ("words-credit", CREDIT, Marker.CREDIT_CONDITION),
    ("words-away", AWAY_STOPS, Marker.CREDIT_CONDITION),
    ("countdown", COUNTDOWN, Marker.CREDIT_CONDITION),
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows: a player, and what is said of seeking and credit; never ``found``."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    player = read_player(observation)
    words = with_joined(app_words(observation))
    if player is not None and player.live is not None and player.position is None:
        return _live(observation, player.live)
    said = _wording(words, player)
    if player is None and not any(s.sign in {"words-no-seek", "words-must-watch"} for s in said):
        return no_film_on(observation, NEEDS, Reason.NOT_SEEN)
    if player is None:
        said = [s for s in said if not s.word.clickable]  # a headline that leads to somebody else's story
    data: list[tuple[str, Datum]] = [("said", said[0].word.text)] if said else []
    duty = matching([w for w in words if not w.clickable], OTHER_DUTY, max_chars=20)
    data += [("duty", w.text) for w in duty[:1] if player is not None]
    verdict, reason = (Verdict.PRESENT, Reason.WORDS_ONLY) if said else (Verdict.INCONCLUSIVE, Reason.PLAYER_UNPROBED)
    if player is None and not said:
        return no_film_on(observation, NEEDS, Reason.NOT_SEEN)
    if player is not None:
        finished = bool(player.finished_before or player.ended)
        if finished and not said:
            reason = Reason.FINISHED_VIDEO
        else:
            data.append((PROBE_WANTED, "video"))
        data.append((KIND, _kind(observation, player)))
        said = [*said, *_player_sightings(player)]
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(data),
        marks=marks_of(observation, said),
        markers=frozenset(s.marker for s in said if s.marker is not None),
        signs=frozenset(s.sign for s in said),
        observation=observation.id,
        screen=observation.screen,
    )


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield the steps of the video probe, return what the measured positions show."""
    run = yield from measure_video(observation)
    start = detect(observation)
    if run.cut and not _MEASURED & _signs(run, start):
        raise ProbeCut
    return weigh(run, start)


def weigh(run: Run, start: Outcome) -> Outcome:
    """Return the outcome of a finished run: any two signs, of which one was measured, and both M7 and M9."""
    signs = _signs(run, start)
    closed = bool({"seek-refused", "words-no-seek", "words-no-speed"} & signs)
    credit = bool({"next-locked", "counting-stops", "credit-at-end"} & signs) or bool(
        {"words-credit", "words-must-watch", "words-locked"} & start.signs
    )
    measured = _MEASURED & signs
    sufficient = signs & _SUFFICIENT
    markers = set(start.markers)
    if closed:
        markers.add(Marker.NO_OPT_OUT)
    if credit:
        markers.add(Marker.CREDIT_CONDITION)
    if "next-locked" in signs:
        markers.add(Marker.GATE)
    verdict: Verdict
    reason: str
    if closed and credit and measured and len(sufficient) >= 2 and run.forward not in (Seek.FREE, Seek.PARTLY):
        verdict, reason = Verdict.FOUND, _reason_found(signs, dict(start.data))
        if "duty" in dict(start.data):
            # A risk one has to be told of, points of a driving licence: another law may well ask for this very gate.
            verdict, reason = Verdict.PRESENT, Reason.OTHER_DUTY
    else:
        verdict, reason = _not_found(run, signs)
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=_data(run, start),
        marks=(*run.marks, *start.marks),
        markers=frozenset(markers) if verdict is not Verdict.CLEAR else frozenset(),
        signs=frozenset(signs),
        measures=tuple(run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


_MEASURED: Final = frozenset({"seek-refused", "next-locked", "counting-stops"})
_SUFFICIENT: Final = _MEASURED | {"speed-forbidden", "countdown", "words-no-seek", "refused-by-toast"}


def _signs(run: Run, start: Outcome) -> set[str]:
    signs = {s for s in start.signs if s.startswith("words-") or s == "countdown"}
    # A bar that ignores a drag may just be a bad bar; that the way forward is closed has to show itself once more.
    vouched = (
        run.bar_disabled
        or run.backward is Seek.FREE
        or run.undone
        or run.control_free is True
        or bool(run.refusal)
        or "words-no-seek" in signs
    )
    if run.forward is Seek.REFUSED and vouched:
        signs.add("seek-refused")
    if run.speed_refused or ("words-no-speed" in signs and not run.speed_seen):
        signs.add("speed-forbidden")
    if (
        run.next_refused
        or run.next_opened_at_end
        or (_stays_grey(run) and {"words-locked", "words-must-watch"} & signs)
    ):
        signs.add("next-locked")
    # A counter beside a player that only pauses stops with it; it is a condition where it counts towards something.
    counts = run.counts_credit or {"words-away", "words-credit", "words-must-watch"} & signs
    counted_on = run.home_counter_stopped and (counts or not run.home_position_stopped)
    if counted_on or (run.home_position_stopped and "words-away" in signs):
        signs.add("counting-stops")
    if run.toast:
        signs.add("refused-by-toast")
    if run.home_lost or run.reentry_reset:
        signs.add("progress-lost")
    if run.credit or run.next_opened_at_end:
        signs.add("credit-at-end")
    return signs


def _stays_grey(run: Run) -> bool:
    """Return whether 下一节 cannot be pressed before the end; grey after the end too is the last lesson of a course."""
    return run.next_disabled and not run.next_open and not run.ended


def _reason_found(signs: set[str], data: Mapping[str, Datum]) -> Reason:
    if {"seek-refused", "next-locked"} <= signs:
        return Reason.SEEK_AND_NEXT
    if {"seek-refused", "counting-stops"} <= signs:
        return Reason.SEEK_AND_COUNTING
    worded = "said" in data
    if "seek-refused" in signs:
        return Reason.SEEK_AND_WORDS if worded else Reason.SEEK_AND_TOAST
    return Reason.NEXT_AND_WORDS if worded else Reason.NEXT_AND_TOAST


def _not_found(run: Run, signs: set[str]) -> tuple[Verdict, str]:
    if run.forward is Seek.FREE:
        if run.finished_before:
            return Verdict.INCONCLUSIVE, Reason.FINISHED_VIDEO
        return (Verdict.PRESENT, Reason.PARTIAL_SIGNS) if "next-locked" in signs else (Verdict.CLEAR, Reason.FREE_SEEK)
    if signs & _SUFFICIENT:
        return Verdict.PRESENT, Reason.PARTIAL_SIGNS
    if run.stopped is not None and run.forward is None:
        return Verdict.INCONCLUSIVE, run.stopped
    if not run.bar_seen:
        return Verdict.INCONCLUSIVE, Reason.NO_SEEK_BAR
    return Verdict.INCONCLUSIVE, run.stopped or Reason.SEEK_UNCLEAR


def _data(run: Run, start: Outcome) -> tuple[tuple[str, Datum], ...]:
    data: dict[str, Datum] = {k: v for k, v in start.data if k != PROBE_WANTED}
    shown = {
        "seek_from": run.forward_from,
        "seek_target": run.forward_target,
        "seek_after": run.forward_after,
    }
    data |= {name: _clock(value) for name, value in shown.items() if value is not None}
    refusals = {"refusal": run.refusal, "next_refusal": run.next_refusal, "toast": run.toast}
    data |= {name: text for name, text in refusals.items() if text}
    if run.stopped is not None:
        data["stopped_by"] = str(run.stopped)
    if run.control_free is not None:
        data["control_run"] = "free" if run.control_free else "refused"
    data["readings"] = len(run.measures)
    return tuple(sorted(data.items()))


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: a probe outranks what a screen says, found outranks all.

    A probed player speaks for its make where a page says nothing; words of a gate are only refuted on their own screen.
    """
    probes = [o for o in outcomes if o.from_probe]
    free = {o.screen for o in probes if o.verdict is Verdict.CLEAR}
    tried = {_kind_of(o) for o in probes}
    static = [
        o
        for o in outcomes
        if not o.from_probe and not (o.screen in free if o.verdict is Verdict.PRESENT else _kind_of(o) in tried)
    ]
    if probes and any(o.verdict is not Verdict.INCONCLUSIVE for o in probes):
        static = [o for o in static if o.reason != Reason.FINISHED_VIDEO]
    for wanted, pool in ((Verdict.FOUND, probes), (Verdict.PRESENT, probes), (Verdict.PRESENT, static)):
        hits = sorted((o for o in pool if o.verdict is wanted), key=lambda o: -len(o.signs))
        if hits:
            return _joined(hits, [*hits, *(o for o in probes if o not in hits)], wanted)
    rest = [*probes, *static] or list(outcomes)
    return nothing_found(rest, coverage, Reason.NOT_SEEN)


def _kind_of(outcome: Outcome) -> Datum | None:
    return dict(outcome.data).get(KIND, outcome.screen)


def _kind(observation: Observation, player: Player) -> str:
    """Return what tells one make of player from another: the page it is on and its controls."""
    activity = observation.page.activity if observation.page is not None else ""
    return "|".join((activity, player.bar_id, player.next.norm if player.next else ""))


def _joined(hits: Sequence[Outcome], evidence: Sequence[Outcome], verdict: Verdict) -> Outcome:
    return replace(joined(hits, (verdict, hits[0].reason), FUNCTION), measures=measures_from(evidence))


def _wording(words: Sequence[Word], player: Player | None) -> list[Sighting]:
    return [
        Sighting(word=w, why=Why.WORDS, sign=sign, marker=marker)
        for sign, pattern, marker in _WORDING
        for w in matching(words, pattern, max_chars=120)
        if player is not None or sign != "countdown"
    ]


def _player_sightings(player: Player) -> list[Sighting]:
    seen = [w for w in (player.position.word if player.position else None, player.next) if w is not None]
    return [Sighting(word=w, why=Why.PLAYER, sign="player") for w in seen]


def _live(observation: Observation, word: Word) -> Outcome:
    return Outcome(
        verdict=Verdict.CLEAR,
        reason=Reason.LIVE,
        marks=marks_of(observation, [Sighting(word=word, why=Why.LIVE, sign="live")]),
        observation=observation.id,
        screen=observation.screen,
    )


def _clock(value_s: float) -> str:
    whole_s = int(value_s)
    return f"{whole_s // 60:02d}:{whole_s % 60:02d}"


RULE: Final = Rule(
    id=RuleId("video-watch-gate"),
    name_zh="视频强制观看",
    name_en="Video watch gate",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.COMPULSORY_FUNCTIONS, clauses.OPINIONS_COMPULSORY_FUNCTIONS, clauses.OPINIONS_CARRIER_OF_APPRAISAL),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    probe=probe,
    may_press=MAY_PRESS,
)
