"""Flags 防挂机验证: a prompt that comes by itself during learning, and time that does not count until one reacts.

NECESSARY: a timed prompt asking for presence (继续学习, 点击继续, 我还在, 人脸核验, 拼图) during learning. SUFFICIENT:
without a reaction within the time given the timer or the film stops, or credit is withheld (M9). What a page shows or
says is never enough: that the prompt came by itself and that time stood is measured.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
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
)
from harness.rules import clauses
from harness.rules.checkpoints import COURSES, HOME, PLAYER
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    KIND,
    PROBE_WANTED,
    STANDS,
    ProbeCut,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.film_outcomes import (
    clear_by_watching,
    joined,
    kind_of,
    look,
    no_film_on,
    settled_by_probe,
    stands,
    watched_whole,
)
from harness.rules.idle_probe import MAY_PRESS, IdleRun, leave_alone, presence
from harness.rules.player import read_player
from harness.rules.video_words import OTHER_DUTY
from harness.rules.watching import LEARNING
from harness.rules.wording import Sighting, app_words, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "anti-idle-proof"

LEXICON: Final = Lexicon(
    must=(
        "防挂机", "挂机检测", "继续学习", "点击继续", "是否继续", "您还在吗", "是否在线", "人脸核验", "人脸识别",
        "抓拍", "请正对摄像头", "疲劳提醒",
    ),
    support=("长时间未操作", "已暂停计时", "停止计时", "不计入学时", "随机验证", "拖动滑块"),
    compulsion=("不计入学时", "停止计时", "N分钟未操作"),
    voluntary=("不再提示", "关闭提醒"),
    lookalike=(
        "登录超时", "会话过期", "实名认证", "刷脸登录", "医保电子凭证", "养老资格认证", "验证码", "上次学到",
        "移动网络", "继续播放",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (HOME, COURSES, PLAYER)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    TIME_STANDS = "anti-idle-proof-time-stands"
    OTHER_DUTY = "anti-idle-proof-other-duty"
    PARTIAL_SIGNS = "anti-idle-proof-partial-signs"
    PROMPT_SEEN = "anti-idle-proof-prompt-seen"
    WORDS_ONLY = "anti-idle-proof-words-only"
    NOT_LEFT_ALONE = "anti-idle-proof-not-left-alone"
    HARMLESS = "anti-idle-proof-harmless"
    RAN_TO_END = "anti-idle-proof-ran-to-end"
    NOT_SEEN = "anti-idle-proof-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    PROMPT = "anti-idle-proof-mark-prompt-seen"
    WORDS = "anti-idle-proof-mark-words"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "anti-idle-proof-limit-article"
    INTERVAL = "anti-idle-proof-limit-interval"
    FACE = "anti-idle-proof-limit-face"
    CONFIRM = "anti-idle-proof-limit-confirm"


# What a page says of prompts to come; an announcement, not the thing.
_ANNOUNCED: Final = re.compile(
    r"防挂机|挂机检测|(?:长时间|\d+(?:分钟?|秒钟?)内?)(?:未|无|没有?)(?:操作|检测到)\S{0,12}(?:暂停|停止|中断|不计|不予|视为|提示)"
    r"|(?:随机|不定时|每隔?\d+分钟)\S{0,10}(?:弹出|弹窗|抓拍|核验|验证|点击|确认)\S{0,10}"
    r"|学习(?:过程)?中\S{0,8}(?:抓拍|人脸(?:核验|识别|验证))"
)
_DENIED: Final = re.compile(r"(?:不得|不再|取消|无[需须]|已关闭|禁止|不设|没有)\S{0,8}(?:挂机|弹窗|抓拍|核验|验证)")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows: a prompt, what is said of prompts, a film of learning; never ``found``."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    player = read_player(observation)
    learning = any(LEARNING.search(w.norm) for w in words)
    data: list[tuple[str, Datum]] = []
    if player is not None:
        data += [(KIND, kind_of(observation, player)), (STANDS, stands(observation, player))]
    prompt = presence(observation)
    if prompt is not None:
        data += [(PROBE_WANTED, "prompt"), ("said", prompt.text)]
        seen = [Sighting(word=prompt, why=Why.PROMPT, sign="prompt")]
        return look(observation, Verdict.PRESENT, Reason.PROMPT_SEEN, data, seen)
    said = [
        w
        for w in matching(words, _ANNOUNCED, max_chars=80)
        if learning and not w.clickable and not _DENIED.search(w.norm)
    ]
    unfinished = player is not None and not (player.finished_before or player.ended)
    if said:
        data.append(("said", said[0].text))
        if unfinished and player is not None and player.position is not None:
            data.append((PROBE_WANTED, "words"))
        seen = [Sighting(word=w, why=Why.WORDS, sign="words", marker=Marker.CREDIT_CONDITION) for w in said]
        return look(observation, Verdict.PRESENT, Reason.WORDS_ONLY, data, seen)
    if unfinished and learning and not (player is not None and player.live is not None and player.position is None):
        return look(observation, Verdict.INCONCLUSIVE, Reason.NOT_LEFT_ALONE, data, [])
    clear = (no_film_on if learning else nothing_on)(observation, NEEDS, Reason.NOT_SEEN)
    return clear if not data else _with(clear, data)


def _with(outcome: Outcome, data: Sequence[tuple[str, Datum]]) -> Outcome:
    """Return the outcome of a look that shows nothing, which may still be one of the looks at a film that ran."""
    return Outcome(
        verdict=outcome.verdict,
        reason=outcome.reason,
        data=tuple(data),
        observation=outcome.observation,
        screen=outcome.screen,
    )


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield the steps that leave a page alone and then its prompt; never confirms that somebody is there."""
    run = yield from leave_alone(observation)
    if run.watch.cut and run.stood is None:
        raise ProbeCut
    return weigh(run, detect(observation))


def weigh(run: IdleRun, start: Outcome) -> Outcome:
    """Return what a run shows: ``found`` needs the prompt by itself and time that stood as long as nobody reacted."""
    page = run.watch.page or run.watch.start
    words = app_words(page)
    learning = any(LEARNING.search(w.norm) for o in (page, run.watch.start) for w in app_words(o))
    verdict, reason = _verdict(run, learning=learning)
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS or k == KIND}
    player = read_player(page)
    if player is not None:
        data[KIND] = kind_of(page, player)
    duty = matching([w for w in words if not w.clickable], OTHER_DUTY, max_chars=20)
    if verdict is Verdict.FOUND and duty:
        verdict, reason = Verdict.PRESENT, Reason.OTHER_DUTY
        data["duty"] = duty[0].text
    data |= {"said": run.said} if run.said else {}
    data |= {"waited": round(run.waited_s)} if run.waited_s else {}
    data |= {"stopped_by": str(run.watch.stopped)} if run.watch.stopped is not None else {}
    data |= {"resumed": "yes" if run.resumed else "no"} if run.resumed is not None else {}
    stood = verdict in {Verdict.FOUND, Verdict.PRESENT} and run.stood is True
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*run.watch.marks, *start.marks),
        markers=_markers(verdict, start, stood=stood),
        signs=start.signs | ({"prompt"} if run.prompts else frozenset()) | ({"time-stands"} if stood else frozenset()),
        measures=tuple(run.watch.measures),
        observation=run.watch.start.id,
        screen=run.watch.start.screen,
        from_probe=True,
    )


def _markers(verdict: Verdict, start: Outcome, *, stood: bool) -> frozenset[Marker]:
    if verdict is Verdict.CLEAR:
        return frozenset()
    return start.markers | (frozenset({Marker.CREDIT_CONDITION}) if stood else frozenset())


def _verdict(run: IdleRun, *, learning: bool) -> tuple[Verdict, str]:
    if not run.prompts:
        if run.ended:
            return Verdict.CLEAR, Reason.RAN_TO_END
        return Verdict.INCONCLUSIVE, run.watch.stopped or Reason.NOT_LEFT_ALONE
    if run.stood is False:
        return Verdict.CLEAR, Reason.HARMLESS
    if run.stood and run.stays and run.came_by_itself and learning and run.resumed is not False:
        return Verdict.FOUND, Reason.TIME_STANDS
    return Verdict.PRESENT, Reason.PARTIAL_SIGNS


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: a probe outranks what a page says, and speaks for its make of player."""
    probes = [o for o in outcomes if o.from_probe]
    settled = settled_by_probe(outcomes) | watched_whole(outcomes, untouched=True)
    harmless = {dict(o.data).get("said") for o in probes if o.reason == Reason.HARMLESS}
    looks = [o for o in outcomes if not o.from_probe]
    static = [clear_by_watching(o) if _settled(o, settled, harmless) else o for o in looks]
    for wanted, pool in ((Verdict.FOUND, probes), (Verdict.PRESENT, probes), (Verdict.PRESENT, static)):
        hits = sorted((o for o in pool if o.verdict is wanted), key=lambda o: -len(o.signs))
        if hits:
            return joined(hits, [*hits, *(o for o in probes if o not in hits)], wanted, function=FUNCTION)
    return nothing_found([*probes, *static], coverage, Reason.NOT_SEEN)


def _settled(outcome: Outcome, settled: frozenset[object], harmless: set[Datum | None]) -> bool:
    """Return whether a film of this make was left alone, or this very prompt turned out to stop nothing."""
    if outcome.verdict is Verdict.PRESENT:
        return outcome.reason == Reason.PROMPT_SEEN and dict(outcome.data).get("said") in harmless
    return outcome.verdict is Verdict.INCONCLUSIVE and dict(outcome.data).get(KIND, "") in settled


RULE: Final = Rule(
    id=RuleId("anti-idle-proof"),
    name_zh="防挂机验证",
    name_en="Anti-idle proof",
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
