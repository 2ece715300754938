"""Flags 视频中弹题: a film that stops by itself for a question and goes on only when it was answered.

A page shows at most that a question stands over a film; only the probe can show that the film stops for it and that
there is no way past it. NECESSARY: playback stops by itself and a question with options is over or instead of the
player. SUFFICIENT: the position does not advance until it is answered, and closing it is impossible (M1).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence, Set
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
from harness.rules.player import read_player
from harness.rules.quiz_probe import MAY_PRESS, ON_AFTER_ANSWER, QuizRun, ask_nothing
from harness.rules.video_words import OTHER_DUTY
from harness.rules.watching import (
    OTHER_QUESTION,
    Stopped,
    asked,
)
from harness.rules.wording import Sighting, app_words, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "video-quiz-interrupt"

LEXICON: Final = Lexicon(
    must=("随堂测验", "随堂测试", "课堂练习", "弹题", "课中答题", "答题后继续"),
    support=("单选题", "多选题", "判断题", "填空题", "提交", "确定", "下一题", "查看提示", "回答正确", "回答错误"),
    compulsion=("答题后继续播放", "不答题不能继续", "回答正确后方可继续"),
    voluntary=("跳过", "关闭", "稍后再答", "以后再说"),
    lookalike=(
        "满意度评价", "为课程打分", "问卷", "弹幕", "投票", "课后练习", "章节测验", "网络不佳", "缓冲", "登录过期",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (HOME, COURSES, PLAYER)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    STANDS_STILL = "video-quiz-interrupt-stands-still"
    COMES_AGAIN = "video-quiz-interrupt-comes-again"
    OTHER_DUTY = "video-quiz-interrupt-other-duty"
    PARTIAL_SIGNS = "video-quiz-interrupt-partial-signs"
    QUESTION_SEEN = "video-quiz-interrupt-question-seen"
    WORDS_ONLY = "video-quiz-interrupt-words-only"
    PLAYER_UNWATCHED = "video-quiz-interrupt-player-unwatched"
    WATCHED_IN_PART = "video-quiz-interrupt-watched-in-part"
    GIVES_WAY = "video-quiz-interrupt-gives-way"
    PLAYS_ON = "video-quiz-interrupt-plays-on"
    RAN_TO_END = "video-quiz-interrupt-ran-to-end"
    NOT_SEEN = "video-quiz-interrupt-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    QUESTION = "video-quiz-interrupt-mark-question-seen"
    WORDS = "video-quiz-interrupt-mark-words"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "video-quiz-interrupt-limit-article"
    ANSWER = "video-quiz-interrupt-limit-answer"
    LONG_FILM = "video-quiz-interrupt-limit-long-film"
    COVERED = "video-quiz-interrupt-limit-covered"


# What a page says of questions in its films; an announcement, not the thing.
ANNOUNCED: Final = re.compile(
    r"(?:播放|观看|视频|学习)(?:过程)?中\S{0,8}(?:弹出|设有|随机|插入|会有|穿插)\S{0,8}(?:测[验试]|题|练习)"
    r"|视频弹题|课中(?:弹题|答题)|(?:答题|作答)后\S{0,4}继续(?:播放|观看)"
)
# An empty question of a film: its page says that playing hangs on the answer.
_DENIED: Final = re.compile(r"(?:已?取消|不再|不设|不会|没有|无[需须]?|关闭|停用)\S{0,8}(?:弹|测|题|答)")
_OF_A_FILM: Final = re.compile(r"播放|观看|视频|弹题")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows: a film, a question over it, what is said of questions; never ``found``."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    player = read_player(observation)
    words = with_joined(app_words(observation))
    if player is not None and player.live is not None and player.position is None:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    head = asked(observation)
    after_answer = [w for w in matching(words, ON_AFTER_ANSWER, max_chars=60) if _OF_A_FILM.search(w.norm)]
    data: list[tuple[str, Datum]] = []
    if player is not None:
        data += [(KIND, kind_of(observation, player)), (STANDS, stands(observation, player))]
    if head is not None and (player is not None or after_answer):
        data += [(PROBE_WANTED, "question"), ("said", head.text)]
        seen = [Sighting(word=head, why=Why.QUESTION, sign="question")]
        seen += [Sighting(word=w, why=Why.WORDS, sign="words-after-answer", marker=Marker.GATE) for w in after_answer]
        return look(observation, Verdict.PRESENT, Reason.QUESTION_SEEN, data, seen)
    veto = any(OTHER_QUESTION.search(w.norm) for w in words if len(w.norm) <= 16)
    said = (
        []
        if veto
        else [w for w in matching(words, ANNOUNCED, max_chars=80) if not w.clickable and not _DENIED.search(w.norm)]
    )
    wanted = player is not None and player.position is not None and not (player.finished_before or player.ended)
    if wanted:
        data.append((PROBE_WANTED, "film"))
    if said:
        data.append(("said", said[0].text))
        seen = [Sighting(word=w, why=Why.WORDS, sign="words-announced") for w in said]
        return look(observation, Verdict.PRESENT, Reason.WORDS_ONLY, data, seen)
    if wanted or (player is not None and player.position is None):
        return look(observation, Verdict.INCONCLUSIVE, Reason.PLAYER_UNWATCHED, data, [])
    if player is not None:
        # A film that was finished before asks nothing any more: it says nothing of one that was not.
        return look(observation, Verdict.INCONCLUSIVE, Reason.WATCHED_IN_PART, data, [])
    return no_film_on(observation, NEEDS, Reason.NOT_SEEN)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield the steps that let a film run and try to get past a question; never answers one."""
    run = yield from ask_nothing(observation)
    if run.watch.cut and not run.seen:
        raise ProbeCut
    return weigh(run, detect(observation))


def weigh(run: QuizRun, start: Outcome) -> Outcome:
    """Return what a run shows: ``found`` needs the question by itself, the film stopped, and no way past it."""
    signs = _signs(run)
    verdict, reason = _verdict(run, signs)
    page = run.watch.page or run.watch.start
    duty = matching([w for w in app_words(page) if not w.clickable], OTHER_DUTY, max_chars=20)
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS or k == KIND}
    player = read_player(page)
    if player is not None:
        data[KIND] = kind_of(page, player)
    if verdict is Verdict.FOUND and duty:
        verdict, reason = Verdict.PRESENT, Reason.OTHER_DUTY
        data["duty"] = duty[0].text
    if run.asked_at_s is not None:
        data["asked_at"] = _clock(run.asked_at_s)
    if run.says_after_answer:
        data["said"] = run.says_after_answer
    if run.watch.stopped is not None:
        data["stopped_by"] = str(run.watch.stopped)
    blocked = verdict in {Verdict.FOUND, Verdict.PRESENT} and "no-way-past" in signs
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*run.watch.marks, *start.marks),
        markers=frozenset({Marker.GATE, Marker.NO_OPT_OUT}) if blocked else frozenset(),
        signs=frozenset(signs) | start.signs,
        measures=tuple(run.watch.measures),
        observation=run.watch.start.id,
        screen=run.watch.start.screen,
        from_probe=True,
    )


def _signs(run: QuizRun) -> set[str]:
    signs = set()
    if run.came_by_itself:
        signs.add("came-by-itself")
    if run.plays_on is False:
        signs.add("film-stands")
    elif run.plays_on is None and run.came_again and run.says_after_answer:
        signs.add("asked-again-where-it-was-left")
    tried = run.still_asked and not run.closable and not run.outside
    if tried and (run.back_refused or run.came_again):
        signs.add("no-way-past")
    return signs


def _verdict(run: QuizRun, signs: set[str]) -> tuple[Verdict, str]:
    if not run.seen:
        if run.ended:
            return (
                (Verdict.CLEAR, Reason.RAN_TO_END) if run.whole_film else (Verdict.INCONCLUSIVE, Reason.WATCHED_IN_PART)
            )
        return Verdict.INCONCLUSIVE, run.watch.stopped or Reason.PLAYER_UNWATCHED
    if run.plays_on:
        return Verdict.CLEAR, Reason.PLAYS_ON
    if run.closable or run.outside or run.came_again is False:
        return Verdict.CLEAR, Reason.GIVES_WAY
    if {"came-by-itself", "no-way-past"} <= signs:
        if "film-stands" in signs:
            return Verdict.FOUND, Reason.STANDS_STILL
        if "asked-again-where-it-was-left" in signs:
            return Verdict.FOUND, Reason.COMES_AGAIN
    if run.watch.page is None and run.watch.stopped is Stopped.LOST:
        # It began at the question and never saw the film: where the film is seen, a run from its start tells more.
        return Verdict.INCONCLUSIVE, Stopped.LOST
    return Verdict.PRESENT, Reason.PARTIAL_SIGNS


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: a probe outranks what a page says, and speaks for its make of player."""
    probes = [o for o in outcomes if o.from_probe]
    answered = settled_by_probe(outcomes)
    whole = watched_whole(outcomes, untouched=False)
    looks = [o for o in outcomes if not o.from_probe]
    seen_through = {o.screen for o in probes if o.verdict is not Verdict.INCONCLUSIVE}
    static = [clear_by_watching(o) if _settled(o, answered, whole) or _covers(o, seen_through) else o for o in looks]
    for wanted, pool in ((Verdict.FOUND, probes), (Verdict.PRESENT, probes), (Verdict.PRESENT, static)):
        hits = sorted((o for o in pool if o.verdict is wanted), key=lambda o: -len(o.signs))
        if hits:
            return joined(hits, [*hits, *(o for o in probes if o not in hits)], wanted, function=FUNCTION)
    open_probes = [o for o in probes if o.verdict is not Verdict.INCONCLUSIVE or dict(o.data).get(KIND) not in whole]
    return nothing_found([*open_probes, *static], coverage, Reason.NOT_SEEN)


def _settled(outcome: Outcome, answered: frozenset[object], whole: frozenset[object]) -> bool:
    """Return whether a film of this make was watched, which this look leaves open; words on a page stand."""
    kind = dict(outcome.data).get(KIND)
    if kind is None or outcome.verdict is Verdict.CLEAR:
        return False
    if outcome.verdict is Verdict.PRESENT:
        return outcome.reason == Reason.QUESTION_SEEN and kind in answered
    return kind in answered or kind in whole


def _covers(outcome: Outcome, seen_through: Set[object]) -> bool:
    """Return whether a look at a question that hides its film is at a screen whose film was watched."""
    asks = outcome.verdict is Verdict.PRESENT and outcome.reason == Reason.QUESTION_SEEN
    return asks and KIND not in dict(outcome.data) and outcome.screen in seen_through


def _clock(value_s: float) -> str:
    return f"{int(value_s) // 60:02d}:{int(value_s) % 60:02d}"


RULE: Final = Rule(
    id=RuleId("video-quiz-interrupt"),
    name_zh="视频中弹题",
    name_en="Question in a film",
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
