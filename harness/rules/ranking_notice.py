"""Flags 排名通报／未完成通报: a notice or list in the app that names people or units by what they did in the app.

NECESSARY: names beside 前N名, 后N名, 未完成, 滞后 and the like. SUFFICIENT: the measure is one of use (打卡, 积分,
时长, 学习, 答题, 点赞, 安装, 登录). Results of work, admissions, honours and notices of other offices are look-alikes.
People's names are shortened in what is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
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
from harness.rules.binding import binding
from harness.rules.checkpoints import HOME, NOTICES, WORKBENCH
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.layout import title_words
from harness.rules.leaderboard import RANKING, Board, Ranked, read_board
from harness.rules.notice_words import (
    AHEAD,
    BEHIND,
    COUNTED,
    EVENT_TITLE,
    IN_APP,
    LIST_HEAD,
    NOTICE_TITLE,
    ORDER_SAID,
    OTHER_RESULT,
    PERFORMED,
    PLAINLY_USE,
    PRAISE,
    REPORT,
    SHORT_OF_NOTICE,
)
from harness.rules.orders import about_the_ban, orders, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.roll import listed_below, masked, masked_text, names_in, without_names
from harness.rules.usage_words import OTHER_RATE, STRONG
from harness.rules.wording import Sighting, app_words, is_headline, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "ranking-notice"
NAMED: Final = "named-by-use"
IN_TEXT: Final = "named-in-text"
ON_BOARD: Final = "named-on-a-board"
BEHIND_NAMED: Final = "named-as-behind"
PRAISED: Final = "named-with-praise"
ANNOUNCED: Final = "naming-announced"
NUMBERED: Final = "number-of-those-behind"
ALIGNED_PX: Final = 24
MIN_NAMES: Final = 2
MAX_NAME_MARKS: Final = 6

LEXICON: Final = Lexicon(
    must=(
        "通报", "排名", "约谈", "曝光", "未完成", "滞后", "后N名", "末位", "未打卡", "未学习", "未参与", "未登录",
    ),
    support=("后六名", "未完成名单", "学习滞后约谈会", "红黑榜", "点名", "限期整改"),
    compulsion=("通报", "约谈", "点名", "限期"),
    voluntary=("通报表扬",),
    lookalike=(
        "情况通报", "警情通报", "疫情通报", "通报表扬", "环保督察通报", "招商排名", "信访办结排名", "录取名单",
        "表彰名单", "失信名单", "水质排名",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (HOME, WORKBENCH, NOTICES)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    SENTENCE = "ranking-notice-sentence"
    BOARD = "ranking-notice-board"
    PRAISE = "ranking-notice-praise"
    ANNOUNCED = "ranking-notice-announced"
    NUMBER = "ranking-notice-number"
    LOOK_ALIKE = "ranking-notice-look-alike"
    NOT_SEEN = "ranking-notice-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    HEAD = "ranking-notice-mark-head"
    NAME = "ranking-notice-mark-name"
    SENTENCE = "ranking-notice-mark-sentence"
    ANNOUNCED = "ranking-notice-mark-announced"
    NUMBER = "ranking-notice-mark-number"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "ranking-notice-limit-article"
    NAMES = "ranking-notice-limit-names"
    FILES = "ranking-notice-limit-files"


_SPOKEN: Final = re.compile(rf"{PERFORMED.pattern}|通报|约谈|曝光")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of people or units named by what they did in the app."""
    if not (spoken_of(observation, _SPOKEN) and spoken_of(observation, IN_APP)):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    titles = [w for w in title_words(observation) if len(w.norm) <= SHORT_OF_NOTICE]
    heads = [w for w in words if len(w.norm) <= SHORT_OF_NOTICE and not is_headline(w)]
    veto = next((w for w in titles if OTHER_RESULT.search(w.norm) and not IN_APP.search(w.norm)), None)
    veto = veto or next((w for w in titles if EVENT_TITLE.search(w.norm) or _other_rate(w.norm)), None)
    if veto is not None:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    if about_the_ban(words):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    about_use = [w for w in heads if not w.clickable and IN_APP.search(w.norm) and not OTHER_RESULT.search(w.norm)]
    praised = any(PRAISE.search(w.norm) for w in (*titles, *heads) if len(w.norm) <= SHORT_OF_NOTICE)
    seen = _lists(observation, words, about_use, praised=praised)
    seen += _sentences(observation, words, about_use, praised=praised)
    seen += _boards(observation, words, titles, praised=praised)
    said = [
        s
        for s in orders(observation, words, own=bool(seen))
        if REPORT.search(s.norm) and ORDER_SAID.search(s.norm) and not PRAISE.search(s.norm)
        if _of_use(s, about_use)
    ]
    seen += [Sighting(word=s, why=Why.ANNOUNCED, sign=ANNOUNCED, marker=Marker.CONSEQUENCE) for s in said]
    numbers = [w for w in whole(heads, COUNTED) if _of_use(w, about_use)]
    seen += [Sighting(word=w, why=Why.NUMBER, sign=NUMBERED) for w in numbers]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"said": masked_text(seen[0].word.text)}
    return sighted(observation, _weigh(frozenset(s.sign for s in seen)), seen, data=data)


def _of_use(said: Word, about_use: Sequence[Word]) -> bool:
    """Return whether a text speaks of use of the app, by its own words or by a heading above it."""
    if OTHER_RESULT.search(without_names(said.norm)) or _other_rate(without_names(said.norm)):
        return False
    return bool(IN_APP.search(said.norm)) or any(w.box.top <= said.box.top for w in about_use)


def _other_rate(text: str) -> bool:
    """Return whether a text is of the use of beds, machines or money."""
    return bool(OTHER_RATE.search(text)) and not (STRONG.search(text) or PLAINLY_USE.search(text))


def _named(head: Word, why: Why, where: str, *, praised: bool) -> list[Sighting]:
    """Return the sightings of a text under which, or in which, somebody is named."""
    if praised and not BEHIND.search(head.norm):
        return [Sighting(word=head, why=why, sign=PRAISED, marker=Marker.COMPARISON)]
    signs = [NAMED, where, *([BEHIND_NAMED] if BEHIND.search(head.norm) else [])]
    return [Sighting(word=head, why=why, sign=s, marker=Marker.COMPARISON) for s in signs]


def _lists(
    observation: Observation, words: Sequence[Word], about_use: Sequence[Word], *, praised: bool
) -> list[Sighting]:
    """Return the lists of those ahead or behind: a heading and at least two names that stand in line below it."""
    seen: list[Sighting] = []
    for head in whole([w for w in words if len(w.norm) <= SHORT_OF_NOTICE and not is_headline(w)], LIST_HEAD):
        names = _in_line(listed_below(observation, words, head))
        if len(names) < MIN_NAMES or not _of_use(head, about_use):
            continue
        seen += _named(head, Why.HEAD, IN_TEXT, praised=praised)
        seen += [Sighting(word=masked(n), why=Why.NAME, sign=seen[-1].sign) for n in names[:MAX_NAME_MARKS]]
    return seen


def _in_line(names: Sequence[Word]) -> list[Word]:
    """Return the names that stand below or beside one another, the largest such group."""
    groups = [
        [
            n
            for n in names
            if abs(n.box.left - seed.box.left) <= ALIGNED_PX or abs(n.box.top - seed.box.top) <= ALIGNED_PX
        ]
        for seed in names
    ]
    return max(groups, key=len, default=[])


def _sentences(
    observation: Observation, words: Sequence[Word], about_use: Sequence[Word], *, praised: bool
) -> list[Sighting]:
    """Return the sentences that name at least two people or units as ahead or behind."""
    said = binding(observation, words, own=True, dedicated=bool(about_use))
    seen: list[Sighting] = []
    for sentence in said:
        if PERFORMED.search(sentence.norm) and names_in(sentence.norm) and _of_use(sentence, about_use):
            hidden = _hidden(sentence)
            seen += _named(hidden, Why.SENTENCE, IN_TEXT, praised=praised or bool(PRAISE.search(sentence.norm)))
    return seen


def _hidden(sentence: Word) -> Word:
    """Return the sentence with the people it lists shortened to their first character."""
    return replace(sentence, text=masked_text(sentence.text))


def _boards(
    observation: Observation, words: Sequence[Word], titles: Sequence[Word], *, praised: bool
) -> list[Sighting]:
    """Return the ordering that a notice holds, or that the page says is reported from."""
    board = read_board(observation)
    if board is None or board.ranked is Ranked.UNKNOWN or not _by_use(board, titles):
        return []
    notice = next((w for w in titles if NOTICE_TITLE.search(w.norm)), None)
    reported = [
        s
        for s in orders(observation, words, own=True, dedicated=any(RANKING.search(t.norm) for t in titles))
        if REPORT.search(s.norm) and (BEHIND.search(s.norm) or AHEAD.search(s.norm) or "排名" in s.norm)
    ]
    head = notice or (reported[0] if reported else None)
    if head is None or OTHER_RESULT.search(head.norm):
        return []
    praise = praised and not (reported and BEHIND.search(reported[0].norm))
    seen = _named(head, Why.HEAD, ON_BOARD, praised=praise)
    names = [line.words[-2] if len(line.words) > 1 else line.words[0] for line in board.lines]
    return seen + [Sighting(word=masked(n), why=Why.NAME, sign=seen[-1].sign) for n in names[:MAX_NAME_MARKS]]


def _by_use(board: Board, titles: Sequence[Word]) -> bool:
    if board.points is True:
        return True
    spoken = (board.by, *(h.norm for h in board.headings), *(t.norm for t in titles))
    return any(IN_APP.search(s) and not OTHER_RESULT.search(s) for s in spoken)


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: somebody named by use suffices; praise, an announcement, a number are left open."""
    if NAMED in signs:
        return Verdict.FOUND, Reason.SENTENCE if IN_TEXT in signs else Reason.BOARD
    if PRAISED in signs:
        return Verdict.PRESENT, Reason.PRAISE
    if ANNOUNCED in signs:
        return Verdict.PRESENT, Reason.ANNOUNCED
    return (Verdict.PRESENT, Reason.NUMBER) if NUMBERED in signs else (Verdict.CLEAR, Reason.NOT_SEEN)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app, the screen that names somebody first."""
    shown = [o for o in outcomes if o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(
        shown,
        key=lambda o: (
            NAMED not in o.signs,
            IN_TEXT not in o.signs,
            BEHIND_NAMED not in o.signs,
            PRAISED not in o.signs,
        ),
    )
    return joined(ordered, _weigh(frozenset(s for o in ordered for s in o.signs)), FUNCTION)


RULE: Final = Rule(
    id=RuleId("ranking-notice"),
    name_zh="排名通报与未完成通报",
    name_en="Notices that name by rank",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.FORCED_PROMOTION, clauses.OPINIONS_RANKING),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
