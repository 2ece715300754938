"""Flags 强制答题／及格线／重考: an examination with a line one has to reach, to be repeated or appraised.

NECESSARY: a quiz or examination with a score and a pass line for the account. SUFFICIENT: M2, M3 or M8 with it (must
pass, not passed is not finished, a list of who took part and who did not), or forced repeating. No clause names
quizzes: what links one to item (四) is the appraisal, so without that on screen it is left to a person (``present``).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
    DEMO_PACKAGES,
    Action,
    Channel,
    Checkpoint,
    CheckpointId,
    Coverage,
    Datum,
    Lexicon,
    Mark,
    Marker,
    Measure,
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
from harness.rules.checkpoints import HOME, NOTICES
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    EXEMPTION,
    PROBE_WANTED,
    data_of,
    if_read,
    markers_from,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.exam_probe import MAY_PRESS, MAY_PRESS_DEMO, answer_wrongly, leave
from harness.rules.exam_words import (
    AGAIN,
    APPRAISED,
    BY_LAW,
    DENIED,
    EXAM,
    LISTED,
    LOOK_ALIKE,
    MAY_REPEAT,
    MUST_PASS,
    NOT_PASSED,
    NUMBER,
    OF_OTHERS,
    OTHER_POINTS,
    PASS_LINE,
    PASSED,
    REPEAT,
    SAYS_PASS,
    SCORE,
    SCORE_LABEL,
)
from harness.rules.layout import below, row_of
from harness.rules.outcomes import joined
from harness.rules.player import read_player
from harness.rules.quiz_probe import ON_AFTER_ANSWER
from harness.rules.watching import asked
from harness.rules.wording import Sighting, app_words, is_headline, marks_of, matching, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "quiz-pass-mark"
LINE: Final = "pass-line"
SCORED: Final = "score"
LINKED: Final = "appraised"
FORCED: Final = frozenset({"must-pass", "forced-repeat", "listed", LINKED})
QUESTIONS: Final = "questions"
WILLING: Final = "voluntary"
STAYS: Final = "not-left"
MAX_LINE_CHARS: Final = 60

LEXICON: Final = Lexicon(
    must=("答题", "考试", "测试", "竞赛", "知识竞赛", "闭卷", "及格", "合格线", "补考", "重考", "重新答题"),
    support=(
        "90分", "80分", "满分", "剩余次数", "参与人员", "未参与人员", "参与率", "未通过", "成绩通报", "必答",
        "截止时间", "去答题",
    ),
    compulsion=("必须合格", "未通过视为未完成", "直至合格", "全员", "纳入考核", "通报"),
    voluntary=("自愿", "可多次作答", "不计入考核"),
    lookalike=(
        "考试报名", "准考证", "成绩查询", "模拟题库", "趣味答题", "有奖问答", "心理测试", "血型测试", "压力测试",
        "网速测试", "满意度问卷",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    Checkpoint(
        id=CheckpointId("exams"),
        words=(
            "在线考试", "我的考试", "考试中心", "考试须知", "考试规则", "答题规则", "知识竞赛", "考试成绩", "历史成绩",
            "答题活动", "每日答题", "专项答题",
        ),
        entries=(
            "考试", "在线考试", "我的考试", "考试中心", "答题", "去答题", "知识竞赛", "答题活动", "测验", "每日答题",
            "专项答题", "成绩",
        ),
    ),
    NOTICES,
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REPEATED = "quiz-pass-mark-repeated"
    MUST_PASS = "quiz-pass-mark-must-pass"
    LISTED = "quiz-pass-mark-listed"
    APPRAISED = "quiz-pass-mark-appraised"
    NOT_APPRAISED = "quiz-pass-mark-not-appraised"
    NO_COMPULSION = "quiz-pass-mark-no-compulsion"
    VOLUNTARY = "quiz-pass-mark-voluntary"
    LINE_ONLY = "quiz-pass-mark-line-only"
    NOT_LEFT = "quiz-pass-mark-not-left"
    LEFT = "quiz-pass-mark-left"
    LOOK_ALIKE = "quiz-pass-mark-look-alike"
    NOT_SEEN = "quiz-pass-mark-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    LINE = "quiz-pass-mark-mark-line"
    SCORE = "quiz-pass-mark-mark-score"
    MUST = "quiz-pass-mark-mark-must"
    REPEAT = "quiz-pass-mark-mark-repeat"
    LISTED = "quiz-pass-mark-mark-listed"
    APPRAISED = "quiz-pass-mark-mark-appraised"
    QUESTION = "quiz-pass-mark-mark-question"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "quiz-pass-mark-limit-article"
    UNTAKEN = "quiz-pass-mark-limit-untaken"
    STATUTORY = "quiz-pass-mark-limit-statutory"


_DUTIES: Final = (
    ("must-pass", MUST_PASS, Why.MUST, Marker.QUOTA),
    ("forced-repeat", REPEAT, Why.REPEAT, Marker.QUOTA),
    ("listed", LISTED, Why.LISTED, Marker.ASSIGNMENT),
    (LINKED, APPRAISED, Why.APPRAISED, Marker.CONSEQUENCE),
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of an examination: score, pass line, duty to pass, appraisal."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    exam = [w for w in words if EXAM.search(w.norm) and not OF_OTHERS.search(w.norm)]
    if not exam:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    veto = next((w for w in words if len(w.norm) <= 24 and LOOK_ALIKE.search(w.norm)), None)
    if veto is not None:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    points = any(OTHER_POINTS.search(w.norm) for w in words if len(w.norm) <= 12)
    lines = [
        w
        for w in matching(words, PASS_LINE, max_chars=MAX_LINE_CHARS)
        if not OF_OTHERS.search(w.norm) and not OTHER_POINTS.search(w.norm)
        if SAYS_PASS.search(w.norm) or not points
    ]
    failed = whole(words, NOT_PASSED)
    seen = [Sighting(word=w, why=Why.LINE, sign=LINE) for w in lines]
    if lines:
        scored = [*_scores(observation, words), *failed, *whole(words, PASSED)]
        seen += [Sighting(word=w, why=Why.SCORE, sign=SCORED) for w in scored]
    seen += _duties(words, dedicated=bool(lines))
    signs = {s.sign for s in seen}
    data: list[tuple[str, Datum]] = [("said", seen[0].word.text)] if seen else []
    data += [("duty", next(s.word.text for s in seen if s.sign in FORCED))] if FORCED & signs else []
    if any(DENIED.search(w.norm) and (lines or EXAM.search(w.norm)) for w in words if len(w.norm) <= 80):
        signs.add(WILLING)
    law = matching(words, BY_LAW, max_chars=80) if seen else ()
    data += [(EXEMPTION, law[0].text)] if law else []
    # A question that stops a film is another rule's, also where it hides the film.
    film = read_player(observation) is not None or matching(words, ON_AFTER_ANSWER, max_chars=60)
    head = None if film else asked(observation)
    if head is not None:
        signs.add(QUESTIONS)
        seen.append(Sighting(word=head, why=Why.QUESTION, sign=QUESTIONS))
    if head is not None or (failed and lines and whole(words, AGAIN)):
        data.append((PROBE_WANTED, "leave"))
    if not signs - {WILLING}:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    verdict, reason = _weigh(frozenset(signs), claimed=bool(law))
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(data),
        marks=marks_of(observation, seen),
        markers=frozenset(s.marker for s in seen if s.marker is not None) if LINE in signs else frozenset(),
        signs=frozenset(signs),
        observation=observation.id,
        screen=observation.screen,
    )


def _duties(words: Sequence[Word], *, dedicated: bool) -> list[Sighting]:
    """Return what is said of having to pass; away from a page with a pass line the sentence has to name the exam."""
    return [
        Sighting(word=w, why=why, sign=sign, marker=marker)
        for sign, pattern, why, marker in _DUTIES
        for w in matching(words, pattern, max_chars=160)
        if (dedicated or EXAM.search(w.norm)) and not is_headline(w)
        if not DENIED.search(w.norm) and not OF_OTHERS.search(w.norm)
        if not (sign == "forced-repeat" and MAY_REPEAT.search(w.norm))
    ]


def _scores(observation: Observation, words: Sequence[Word]) -> tuple[Word, ...]:
    labels = [
        w
        for w in whole(words, SCORE_LABEL)
        if any(NUMBER.fullmatch(n.norm) for n in (*below(observation, w), *row_of(observation, w)))
    ]
    return (*whole(words, SCORE), *labels)


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: line and score are necessary, a duty to pass that is appraised is sufficient."""
    if LINE not in signs:
        return (Verdict.PRESENT, Reason.NOT_LEFT) if STAYS in signs else (Verdict.CLEAR, Reason.NOT_SEEN)
    if SCORED not in signs:
        return Verdict.PRESENT, Reason.LINE_ONLY
    if not FORCED & signs:
        return Verdict.PRESENT, Reason.NO_COMPULSION
    if WILLING in signs:
        return Verdict.PRESENT, Reason.VOLUNTARY
    if LINKED not in signs:
        return Verdict.PRESENT, Reason.NOT_APPRAISED
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    by_weight = (
        ("forced-repeat", Reason.REPEATED),
        ("must-pass", Reason.MUST_PASS),
        ("listed", Reason.LISTED),
    )
    return verdict, next((reason for sign, reason in by_weight if sign in signs), Reason.APPRAISED)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield Back on a page of questions or a failed result, answers before it in a made-up app; stays where it asks."""
    start = detect(observation)
    answered = None
    if _is_demo(observation) and QUESTIONS in start.signs:
        answered = yield from answer_wrongly(observation)
    left = yield from leave(observation if answered is None else answered.result)
    signs = start.signs | ({STAYS} if left.still else frozenset())
    marks: tuple[Mark, ...] = left.marks
    measures: tuple[Measure, ...] = (left.measure,)
    if answered is not None:
        after = detect(answered.result)
        # Again is all that is offered, and Back leads nowhere: one answers until one passes.
        signs |= after.signs | ({"forced-repeat"} if answered.again and left.still else frozenset())
        told = {**dict(start.data), **dict(after.data)}
        start = replace(start, data=tuple(told.items()), markers=start.markers | after.markers)
        marks, measures = (*after.marks, *answered.marks, *left.marks), (answered.measure, left.measure)
    verdict, reason = _weigh(signs, claimed=EXEMPTION in dict(start.data))
    if verdict is Verdict.CLEAR:
        reason = Reason.LEFT
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple((k, v) for k, v in start.data if k not in BETWEEN_SCREENS),
        marks=(*start.marks, *marks),
        markers=start.markers | ({Marker.GATE} if left.still else frozenset()),
        signs=signs,
        measures=measures,
        observation=observation.id,
        screen=observation.screen,
        from_probe=True,
    )


def _is_demo(observation: Observation) -> bool:
    return observation.page is not None and observation.page.package.startswith(DEMO_PACKAGES)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app; line and score stand on one page, what follows from them may on another."""
    examined = [o for o in outcomes if LINE in o.signs or STAYS in o.signs]
    if not examined:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    best = sorted(examined, key=lambda o: (not {LINE, SCORED} <= o.signs, -len(o.signs), not o.from_probe))
    shown = [*best, *(o for o in outcomes if FORCED & o.signs and o not in best)]
    signs = frozenset(s for o in shown for s in o.signs)
    if not any({LINE, SCORED} <= o.signs for o in best):
        signs -= {SCORED}
    data = data_of(shown)
    markers = markers_from(shown) | frozenset(m for s, _, _, m in _DUTIES if s in signs)
    return joined(shown, _weigh(signs, claimed=EXEMPTION in data), FUNCTION, markers=markers)


RULE: Final = Rule(
    id=RuleId("quiz-pass-mark"),
    name_zh="强制答题与及格线",
    name_en="Quiz with a pass mark",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_CARRIER_OF_APPRAISAL,),
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
    may_press_demo=MAY_PRESS_DEMO,
)
