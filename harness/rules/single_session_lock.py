"""Flags 限制多设备／多课并行: one log-in or one course at a time, where that guards the counting of study time.

NECESSARY: a kick-out (账号已在其他设备登录) or a refusal of a second course. SUFFICIENT: it stops time or credit (M9),
in an app that keeps time or credit of learning. A kick-out without learning is account safety. One probe opens a second
course while a first one is under way, another logs the test account in on a second device while a lesson plays.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
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
    Mark,
    Marker,
    Observation,
    Outcome,
    Role,
    Rule,
    RuleId,
    Severity,
    Stage,
    Verdict,
)
from harness.rules import clauses
from harness.rules.binding import binding
from harness.rules.checkpoints import COURSES, HOME, MINE, PLAYER
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    PROBE_WANTED,
    TWO_DEVICES,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.devices_probe import TwoDevices, two_devices
from harness.rules.orders import about_the_ban, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.player import read_player
from harness.rules.session_probe import TwoCourses, two_courses
from harness.rules.session_words import (
    A_COURSE,
    ABOUT_LEARNING,
    FOR_SAFETY,
    KICKED,
    LEARNING,
    LOCK,
    ONE_COURSE,
    ONE_DEVICE,
    STOPS,
)
from harness.rules.wording import Sighting, app_words, matching, with_joined
from harness.wording import normalise

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "single-session-lock"
KICKED_OUT: Final = "kicked-out"
ONE_SAID: Final = "one-at-a-time-said"
CREDIT_STOPS: Final = "credit-stops"
LEARNS: Final = "learning-is-counted"
REFUSED: Final = "second-course-refused"
BOTH: Final = "second-course-plays"
THROWN_OUT: Final = "thrown-out-by-second-device"
BOTH_DEVICES: Final = "second-device-plays"
LOCKED: Final = frozenset({KICKED_OUT, ONE_SAID, REFUSED, THROWN_OUT})
TWO_COURSES: Final = "two-courses"
MAX_CHARS: Final = 90
MAY_PRESS: Final = (
    "知道了", "我知道了", "取消", "关闭", "播放", "开始播放", "继续播放", "点击播放", "去学习", "继续学习", "开始学习",
    "学习", "立即学习", "进入学习", "进入课程", "切换", "切换课程", "切换学习", "继续", "继续观看", "在本设备继续学习",
    "在本设备学习", "在本设备播放",
)  # fmt: skip

LEXICON: Final = Lexicon(
    must=(
        "账号已在其他设备登录", "您的账号已在其他设备登录", "该账号已在其他设备登录", "已在别处登录", "被迫下线",
        "已下线",
    ),
    support=(
        "请重新登录", "当前会话已失效", "旧会话已断开", "知道了", "同一时间只能学习一门", "只对一个知识记录学习进度",
        "只记录最后登录",
    ),
    compulsion=("停止计时", "不计学时", "只记录"),
    voluntary=("可同时学习", "支持多端登录"),
    lookalike=("安全提醒", "新设备登录验证", "绑定设备", "扫码登录电脑端", "非本人操作请修改密码"),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    COURSES,
    PLAYER,
    Checkpoint(
        id=CheckpointId("study-rules"),
        words=("学习须知", "学习规则", "学习要求", "学习说明", "培训须知", "常见问题"),
        entries=("学习须知", "学习规则", "学习要求", "学习说明", "培训须知", "常见问题"),
    ),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REFUSED = "single-session-lock-refused"
    STOPS = "single-session-lock-stops"
    REFUSED_ONLY = "single-session-lock-refused-only"
    SAID_ONLY = "single-session-lock-said-only"
    NOT_ENFORCED = "single-session-lock-not-enforced"
    KICKED = "single-session-lock-kicked"
    GIVES_WAY = "single-session-lock-gives-way"
    NO_SECOND = "single-session-lock-no-second"
    BOTH_PLAY = "single-session-lock-both-play"
    THROWN_OUT = "single-session-lock-thrown-out"
    THROWN_OUT_ONLY = "single-session-lock-thrown-out-only"
    THROWN_OUT_GIVES_WAY = "single-session-lock-thrown-out-gives-way"
    BOTH_DEVICES = "single-session-lock-both-devices"
    NO_SECOND_DEVICE = "single-session-lock-no-second-device"
    NO_SECOND_LOG_IN = "single-session-lock-no-second-log-in"
    ACCOUNT = "single-session-lock-account"
    NOT_SEEN = "single-session-lock-not-seen"


class SeenAs(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    KICKED = "single-session-lock-mark-kicked"
    ONE = "single-session-lock-mark-one"
    STOPS = "single-session-lock-mark-stops"
    LEARNING = "single-session-lock-mark-learning"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "single-session-lock-limit-article"
    TWO_DEVICES = "single-session-lock-limit-two-devices"
    SECOND = "single-session-lock-limit-second"
    SAFETY = "single-session-lock-limit-safety"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of one log-in or one course at a time, and of learning that is counted."""
    told = [t for t in observation.toasts if LOCK.search(normalise(t))]
    locks = bool(told) or spoken_of(observation, LOCK)
    if not locks and not spoken_of(observation, LEARNING):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    outcome = _seen_on(observation, told) if locks else _learning_on(observation)
    return if_read(outcome, observation, NEEDS)


def _learning_on(observation: Observation) -> Outcome:
    """Return that learning is counted here and nothing is locked; a lesson wants a log-in on a second device."""
    nothing = nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    wanted = ((PROBE_WANTED, TWO_DEVICES),) if read_player(observation) is not None else ()
    return replace(nothing, signs=frozenset({LEARNS}), data=(*nothing.data, *wanted))


def _seen_on(observation: Observation, told: Sequence[str]) -> Outcome:
    words = with_joined(app_words(observation))
    # News of another platform's lock is no lock: what is told of others, and articles, are left out.
    said = list(binding(observation, words, own=True, dedicated=True))
    said = [] if about_the_ban(words) else [s for s in said if len(s.norm) <= MAX_CHARS]
    learns = any(LEARNING.search(s.norm) for s in said) or any(LEARNING.search(normalise(t)) for t in told)
    kicked = [s for s in matching(said, KICKED) if not (FOR_SAFETY.search(s.norm) and not learns)]
    one = [s for s in matching(said, ONE_COURSE) if A_COURSE.search(s.norm) or learns]
    one += [s for s in matching(said, ONE_DEVICE) if ABOUT_LEARNING.search(s.norm) or learns]
    locking = {s.norm for s in (*kicked, *one)}
    stops = [s for s in said if STOPS.search(s.norm) and (s.norm in locking or (locking and LEARNING.search(s.norm)))]
    seen = [Sighting(word=w, why=SeenAs.KICKED, sign=KICKED_OUT) for w in kicked]
    seen += [Sighting(word=w, why=SeenAs.ONE, sign=ONE_SAID) for w in one]
    seen += [Sighting(word=w, why=SeenAs.STOPS, sign=CREDIT_STOPS, marker=Marker.CREDIT_CONDITION) for w in stops]
    outcome = sighted(observation, (Verdict.CLEAR, Reason.NOT_SEEN), seen, data=_data(seen, told))
    signs = outcome.signs | _told(told) | ({LEARNS} if learns else frozenset())
    if not signs - {LEARNS}:
        return _learning_on(observation) if learns else nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    told_of_courses = any(ONE_COURSE.search(normalise(t)) for t in (*told, *(w.text for w in one)))
    wanted = ""
    if (ONE_SAID in signs or LEARNS in signs) and read_player(observation) is not None:
        wanted = TWO_COURSES if told_of_courses else TWO_DEVICES
    verdict, reason = _weigh(signs)
    return replace(
        outcome,
        verdict=verdict,
        reason=reason,
        signs=signs,
        marks=(*outcome.marks, *_toast_marks(observation, told)),
        markers=outcome.markers | ({Marker.CREDIT_CONDITION} if CREDIT_STOPS in signs else frozenset()),
        data=(*outcome.data, *(((PROBE_WANTED, wanted),) if wanted else ())),
    )


def _data(seen: Sequence[Sighting], told: Sequence[str]) -> dict[str, Datum]:
    texts = [*told, *(s.word.text for s in seen if s.sign in LOCKED)]
    stops = [*(t for t in told if STOPS.search(normalise(t))), *(s.word.text for s in seen if s.sign == CREDIT_STOPS)]
    return {**({"said": texts[0]} if texts else {}), **({"stops": stops[0]} if stops else {})}


def _told(told: Sequence[str]) -> frozenset[str]:
    """Return what the toasts of a screen show."""
    texts = [normalise(t) for t in told]
    signs = {KICKED_OUT for t in texts if KICKED.search(t)} | {ONE_SAID for t in texts if ONE_COURSE.search(t)}
    return frozenset(signs | {CREDIT_STOPS for t in texts if STOPS.search(t)})


def _toast_marks(observation: Observation, told: Sequence[str]) -> tuple[Mark, ...]:
    """Return a mark for each toast: nobody says where it stood, so the whole screen is its place."""
    box = observation.elements[0].box if observation.elements else None
    if box is None:
        return ()
    return tuple(Mark(observation=observation.id, box=box, text=t, why=SeenAs.ONE, role=Role.TRIGGER) for t in told)


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: the lock is necessary; that it stops counted learning is sufficient."""
    if not LOCKED & signs:
        return Verdict.CLEAR, Reason.NOT_SEEN
    if LEARNS not in signs and not {ONE_SAID, REFUSED} & signs:
        return Verdict.CLEAR, Reason.ACCOUNT
    if {BOTH, BOTH_DEVICES} & signs and not {REFUSED, THROWN_OUT} & signs:
        return Verdict.PRESENT, Reason.NOT_ENFORCED
    if CREDIT_STOPS in signs and LEARNS in signs:
        proven = Reason.REFUSED if REFUSED in signs else Reason.THROWN_OUT if THROWN_OUT in signs else Reason.STOPS
        return Verdict.FOUND, proven
    if REFUSED in signs:
        return Verdict.PRESENT, Reason.REFUSED_ONLY
    if THROWN_OUT in signs:
        return Verdict.PRESENT, Reason.THROWN_OUT_ONLY
    return Verdict.PRESENT, Reason.SAID_ONLY if ONE_SAID in signs else Reason.KICKED


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield the steps that open a second course, or log in on a second device, while the first lesson is under way."""
    start = detect(observation)
    if (PROBE_WANTED, TWO_DEVICES) in start.data:
        devices = yield from two_devices(observation)
        return weigh_devices(devices, start)
    seen = yield from two_courses(observation)
    return weigh(seen, start)


def weigh(seen: TwoCourses, start: Outcome) -> Outcome:
    """Return what a run shows: a second course is refused, plays, or plays once one says so."""
    refused = bool(seen.refused) and not seen.switched and seen.first_again is True
    both = seen.second_plays is True
    signs = start.signs | ({REFUSED} if refused else frozenset()) | ({BOTH} if both else frozenset())
    if seen.refused and STOPS.search(normalise(seen.refused)):
        signs |= {CREDIT_STOPS}
    verdict, reason = _weigh(signs)
    if seen.switched:
        verdict, reason = Verdict.PRESENT, Reason.GIVES_WAY
    elif both:
        verdict, reason = Verdict.CLEAR, Reason.BOTH_PLAY
    elif not refused:
        verdict, reason = Verdict.INCONCLUSIVE, Reason.NO_SECOND
    data = {**({"second": seen.second} if seen.second else {}), **({"refused": seen.refused} if seen.refused else {})}
    gate = frozenset({Marker.GATE}) if refused else frozenset()
    return _probed(start, (verdict, reason), seen, (signs, gate, data))


def weigh_devices(seen: TwoDevices, start: Outcome) -> Outcome:
    """Return what a run shows: the first device is thrown out, plays on, or plays on once one says so.

    What throws out has to speak of learning itself, else it may be nothing but account safety.
    """
    thrown_out = bool(seen.thrown_out) and seen.plays_on is False
    both = seen.plays_on is True
    signs = start.signs | ({THROWN_OUT} if thrown_out else frozenset())
    signs |= {BOTH_DEVICES} if both and not seen.thrown_out else frozenset()
    about_learning = ONE_SAID in start.signs or ABOUT_LEARNING.search(normalise(seen.thrown_out))
    if thrown_out and (about_learning or STOPS.search(normalise(seen.thrown_out))):
        signs |= {CREDIT_STOPS}
    verdict, reason = _weigh(signs)
    if not seen.companion:
        verdict, reason = Verdict.INCONCLUSIVE, Reason.NO_SECOND_DEVICE
    elif both and seen.thrown_out:
        verdict, reason = Verdict.PRESENT, Reason.THROWN_OUT_GIVES_WAY
    elif both:
        verdict, reason = Verdict.CLEAR, Reason.BOTH_DEVICES
    elif not thrown_out:
        verdict, reason = Verdict.INCONCLUSIVE, Reason.NO_SECOND_LOG_IN
    markers = frozenset({Marker.GATE, Marker.CREDIT_CONDITION}) if thrown_out else frozenset()
    said = {"thrown_out": seen.thrown_out} if seen.thrown_out else {}
    return _probed(start, (verdict, reason), seen, (signs, markers, said))


def _probed(
    start: Outcome,
    weighed: tuple[Verdict, Reason],
    seen: TwoCourses | TwoDevices,
    shown: tuple[frozenset[str], frozenset[Marker], dict[str, str]],
) -> Outcome:
    signs, markers, said = shown
    data: dict[str, Datum] = {**{k: v for k, v in start.data if k not in BETWEEN_SCREENS}, **said}
    return replace(
        start,
        verdict=weighed[0],
        reason=weighed[1],
        data=tuple(sorted(data.items())),
        marks=(*start.marks, *seen.marks),
        markers=start.markers | markers,
        signs=signs,
        measures=tuple(seen.measures),
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the lock may stand on one page, the learning that it guards on another."""
    locking = [o for o in outcomes if LOCKED & o.signs]
    signs = frozenset(s for o in outcomes for s in o.signs)
    gave_way = [o for o in outcomes if o.reason in {Reason.GIVES_WAY, Reason.THROWN_OUT_GIVES_WAY}]
    if gave_way and not {REFUSED, THROWN_OUT} & signs:
        return joined([*gave_way, *locking], (Verdict.PRESENT, Reason(gave_way[0].reason)), FUNCTION)
    weighed = _weigh(signs)
    if weighed[0] is Verdict.CLEAR or not locking:
        # A lesson was looked at without a second device: nobody saw what a log-in elsewhere does to it.
        unseen = [o for o in outcomes if o.reason in {Reason.NO_SECOND_DEVICE, Reason.NO_SECOND_LOG_IN}]
        return nothing_found(unseen or outcomes, coverage, Reason.NOT_SEEN)
    best = sorted(
        locking, key=lambda o: (not {REFUSED, THROWN_OUT} & o.signs, CREDIT_STOPS not in o.signs, not o.from_probe)
    )
    return joined(best, weighed, FUNCTION)


RULE: Final = Rule(
    id=RuleId("single-session-lock"),
    name_zh="限制多设备、多课并行",
    name_en="One session at a time",
    clause=clauses.COMPULSORY_FUNCTIONS,
    also=(clauses.OPINIONS_COMPULSORY_FUNCTIONS,),
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
