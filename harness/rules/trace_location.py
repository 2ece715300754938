"""Flags 强制上传轨迹、定位打卡: the places of staff are recorded, and the work does not go on without.

NECESSARY: recording of staff (巡查轨迹, 定位打卡, 点位打卡, 在岗范围). SUFFICIENT: a refusal without the permission or
outside a fence, or a sign that the recording runs on. Whether it was needed (非必要情况下) is for a person.
"""

from __future__ import annotations

import re
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
from harness.rules.checkpoints import HOME, TASKS
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    EXEMPTION,
    PROBE_WANTED,
    ProbeCut,
    data_of,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.forms import title_of
from harness.rules.layout import title_words
from harness.rules.necessity import need_claimed
from harness.rules.outcomes import joined, sighted
from harness.rules.place_run import PlaceRun, mock_the_place
from harness.rules.track_run import MAY_PRESS, MAY_PRESS_DEMO, TrackRun, deny_the_place, refusals
from harness.rules.track_words import (
    FENCED,
    OF_OTHERS,
    OF_STAFF,
    PEOPLE_OF_OTHERS,
    QUOTA,
    RECORDING,
    STAFF_NAMED,
    TITLE_OF_OTHERS,
    TRACK,
)
from harness.rules.wording import Sighting, app_words, is_headline, matching, read_from_pixels_only, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "trace-location"
TRACKED: Final = "track"
REFUSES: Final = "track-refused"
FENCE: Final = "track-fence"
RUNS: Final = "track-recording"
DUTY: Final = "track-duty"
LEXICON: Final = Lexicon(
    must=("轨迹", "巡查轨迹", "定位打卡", "点位打卡", "位置打卡", "轨迹上传", "围栏"),
    support=(
        "不在打卡范围", "正在记录轨迹", "里程", "结束巡查", "巡河", "巡林", "巡田", "网格巡查", "签到位置",
        "获取位置失败",
    ),
    compulsion=("未开启定位权限，无法开始巡查", "里程不足的不计入", "轨迹须完整上传"),
    voluntary=("可不记录", "自愿"),
    lookalike=(
        "附近", "地图", "导航", "切换城市", "公交到站", "车辆轨迹（物流）", "快递轨迹", "行程卡", "天气定位",
        "运动轨迹",
    ),
)  # fmt: skip
CHECKPOINTS: Final = (
    HOME,
    TASKS,
    Checkpoint(
        id=CheckpointId("track"),
        words=("巡查轨迹", "轨迹记录", "巡查里程", "定位打卡", "开始巡查", "结束巡查", "本次巡查"),
        entries=("巡查轨迹", "轨迹", "轨迹上传", "定位打卡", "外勤打卡", "点位打卡", "巡查打卡"),
    ),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REFUSED = "trace-location-refused"
    FENCED = "trace-location-fenced"
    RECORDING = "trace-location-recording"
    PRESENT = "trace-location-present"
    FAR = "trace-location-far"
    OPENS_WITHOUT = "trace-location-opens-without"
    NOT_SEEN = "trace-location-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    TRACK = "trace-location-mark-track"
    REFUSED = "trace-location-mark-refused"
    FENCED = "trace-location-mark-fenced"
    RECORDING = "trace-location-mark-recording"
    DUTY = "trace-location-mark-duty"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "trace-location-limit-article"
    NEED = "trace-location-limit-need"
    BACKGROUND = "trace-location-limit-background"
    NO_START = "trace-location-limit-no-start"
    DENIED = "trace-location-limit-denied"


_MAX_CHARS: Final = 60
_QUICK: Final = re.compile(r"轨迹|定位|位置|点位|范围|围栏|里程|外勤|公里数|距离")
_SIGNS: Final = (
    (FENCED, Why.FENCED, FENCE, Marker.GATE),
    (RECORDING, Why.RECORDING, RUNS, Marker.NO_OPT_OUT),
    (QUOTA, Why.DUTY, DUTY, Marker.QUOTA),
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of places and tracks recorded of staff."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    tracks = _tracks(observation)
    if not tracks:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    words = [w for w in app_words(observation) if not is_headline(w) and not OF_OTHERS.search(w.norm)]
    seen = [Sighting(word=w, why=Why.TRACK, sign=TRACKED) for w in tracks]
    seen += [Sighting(word=w, why=Why.REFUSED, sign=REFUSES, marker=Marker.GATE) for w in refusals(observation)]
    seen += [
        Sighting(word=w, why=why, sign=sign, marker=marker)
        for pattern, why, sign, marker in _SIGNS
        for w in matching(words, pattern, max_chars=_MAX_CHARS)
    ]
    if not any(STAFF_NAMED.search(w.norm) for w in app_words(observation)):
        seen = [s for s in seen if s.sign not in {REFUSES, FENCE, RUNS}]
    signs = frozenset(s.sign for s in seen)
    data: dict[str, Datum] = {"said": _most_telling(seen).text}
    if not {REFUSES, FENCE, RUNS} & signs:
        data[PROBE_WANTED] = TRACKED
    claim = need_claimed(observation, OF_STAFF)
    return sighted(observation, _weigh(signs, claimed=claim is not None), seen, data=data, claim=claim)


def _tracks(observation: Observation) -> tuple[Word, ...]:
    """Return the labels that name the recording of staff; other people's tracks and pages about privacy have none."""
    words = app_words(observation)
    if not any(_QUICK.search(w.norm) for w in words):
        return ()
    title = title_of(observation)
    if OF_OTHERS.search(title) or TITLE_OF_OTHERS.search(title):
        return ()
    titles = title_words(observation)
    if any(PEOPLE_OF_OTHERS.search(w.norm) for w in words):
        return ()
    hits = [w for w in whole(with_joined(words), TRACK) if not OF_OTHERS.search(w.norm)]
    # An entry leads to the function; what it is like is seen there.
    return tuple(w for w in hits if not w.clickable and (w in titles or not read_from_pixels_only(w)))


def _most_telling(seen: Sequence[Sighting]) -> Word:
    order = (REFUSES, FENCE, RUNS, DUTY, TRACKED)
    return min(seen, key=lambda s: order.index(s.sign)).word


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: recorded places of staff are necessary, that the work hangs on them sufficient."""
    if TRACKED not in signs:
        return Verdict.CLEAR, Reason.NOT_SEEN
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    by_weight = ((REFUSES, Reason.REFUSED), (FENCE, Reason.FENCED), (RUNS, Reason.RECORDING))
    reason = next((reason for sign, reason in by_weight if sign in signs), None)
    return (verdict, reason) if reason is not None else (Verdict.PRESENT, Reason.PRESENT)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield mocked places, then the denial of the place and the way back; a track is started in made-up apps only."""
    place = yield from mock_the_place(observation)
    run = yield from deny_the_place(observation)
    if run.cut and run.came_back is None and not place.fence:
        raise ProbeCut
    return weigh(run, detect(observation), place)


def weigh(run: TrackRun, start: Outcome, place: PlaceRun) -> Outcome:
    """Return what a run shows: the work is refused without the place or far away, or the page opens all the same."""
    signs = start.signs | ({REFUSES} if run.refusal else frozenset()) | ({FENCE} if place.fence else frozenset())
    verdict, reason = _weigh(signs, claimed=EXEMPTION in dict(start.data))
    if verdict is Verdict.PRESENT and run.came_back:
        reason = Reason.OPENS_WITHOUT
    elif place.fence and not run.refusal:
        reason = Reason.FAR
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS}
    data |= {"said": run.refusal or place.fence} if run.refusal or place.fence else {}
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*start.marks, *place.marks, *run.marks),
        markers=start.markers | ({Marker.GATE} if run.refusal or place.fence else frozenset()),
        signs=signs,
        measures=(*place.measures, *run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app by its best screen."""
    shown = [o for o in outcomes if TRACKED in o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    order = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT)
    best = sorted(shown, key=lambda o: (order.index(o.verdict), not o.from_probe, -len(o.signs)))
    return joined(best, (best[0].verdict, best[0].reason), FUNCTION, data=data_of(best))


RULE: Final = Rule(
    id=RuleId("trace-location"),
    name_zh="强制上传轨迹、定位打卡",
    name_en="Tracks or places demanded of staff",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.COMPULSORY_FUNCTIONS, clauses.OPINIONS_CARRIER_OF_APPRAISAL),
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
    may_press_demo=MAY_PRESS_DEMO,
)
