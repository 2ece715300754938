"""Flags 点赞／投票／转发作考评: likes, forwards, votes or comments that bring points, are a duty, or are appraised.

NECESSARY: such a number and points, a quota, an ordering or an appraisal attached to it; one screen that shows both is
SUFFICIENT. Plain buttons, the votes of residents and contests of the public are look-alikes. Nothing is ever liked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
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
from harness.rules.checkpoints import HOME, MINE, NOTICES
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.layout import title_words
from harness.rules.leaderboard import Board, Ranked, read_board
from harness.rules.orders import orders, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.point_tasks import other_tasks, read_tasks
from harness.rules.social_words import (
    ACT,
    BARE_GAIN,
    COUNT_HEAD,
    DUTY,
    GAIN,
    GIFT,
    HELD,
    HOW_MANY,
    NO_BRAND,
    OTHER_ACT,
    POINTS,
    POINTS_HELD,
    SPENT,
    STAFF,
    TASK,
    TASK_AND_GAIN,
)
from harness.rules.wording import Sighting, app_words, is_headline, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "social-metric-appraisal"
WORTH: Final = "act-brings-points"
DUTY_SAID: Final = "act-is-a-duty"
APPRAISED: Final = "act-is-appraised"
ORDERED: Final = "acts-ordered"
POINTS_APPRAISED: Final = "points-appraised"
GIVEN: Final = "points-are-for-gifts"
ROW_RATIO: Final = 0.03  # of the screen's height, from the middle of a task to what it brings
MAX_TITLE_CHARS: Final = 24

LEXICON: Final = Lexicon(
    must=(
        "点赞", "转发", "分享", "评论", "投票", "留言", "关注", "积分", "加分", "考核", "任务", "排名", "必须", "须",
        "达标",
    ),
    support=("点赞数", "转发量", "网络投票数", "分享得分", "每日转发", "截图上传", "转发朋友圈", "拉票", "跟帖"),
    compulsion=("必须", "须", "不少于", "每人", "全员", "考核", "通报", "扣分"),
    voluntary=("自愿", "欢迎分享", "鼓励转发"),
    lookalike=(
        "点赞", "分享", "收藏", "评论区", "投票选举", "业主投票", "好差评", "意见征集", "转办", "转发文件", "作品评选",
        "转发须注明出处", "分享得金币",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("points-page"),
        words=(
            "积分规则",
            "积分明细",
            "我的积分",
            "成长总积分",
            "总积分",
            "今日积分",
            "学习积分",
            "积分任务",
            "任务中心",
        ),
        entries=("我的积分", "学习积分", "积分", "积分明细", "积分任务", "任务中心", "每日任务", "积分规则", "任务"),
    ),
    NOTICES,
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    APPRAISED = "social-metric-appraisal-appraised"
    DUTY = "social-metric-appraisal-duty"
    WORTH = "social-metric-appraisal-worth"
    ORDERED = "social-metric-appraisal-ordered"
    GIFT = "social-metric-appraisal-gift"
    LOOK_ALIKE = "social-metric-appraisal-look-alike"
    NOT_SEEN = "social-metric-appraisal-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    WORTH = "social-metric-appraisal-mark-worth"
    DUTY = "social-metric-appraisal-mark-duty"
    APPRAISED = "social-metric-appraisal-mark-appraised"
    ORDERED = "social-metric-appraisal-mark-ordered"
    GIFT = "social-metric-appraisal-mark-gift"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "social-metric-appraisal-limit-article"
    GROUPS = "social-metric-appraisal-limit-groups"
    PUBLIC = "social-metric-appraisal-limit-public"


_SPOKEN: Final = re.compile(rf"{ACT.pattern}|{SPENT.pattern}|{POINTS_HELD.pattern}")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of likes, forwards, votes and comments that count for somebody."""
    if not spoken_of(observation, _SPOKEN):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    titles = [w for w in title_words(observation) if len(w.norm) <= MAX_TITLE_CHARS]
    tasks = _tasks(observation, words)
    ordered = orders(observation, words, own=bool(tasks))
    said = [s for s in ordered if ACT.search(s.norm) and not NO_BRAND.search(s.norm)]
    held = [s for s in said if HELD.search(s.norm)]
    veto = next((w for w in titles if OTHER_ACT.search(w.norm)), None)
    veto = veto or other_tasks(observation, words, read_tasks(observation, words))
    if veto is not None and not held:
        alike = something_else(observation, veto, Reason.LOOK_ALIKE)
        return replace(alike, signs=frozenset({GIVEN})) if matching(words, SPENT, max_chars=20) else alike
    duties = [s for s in said if DUTY.search(s.norm) and HOW_MANY.search(s.norm)]
    duties = [s for s in duties if not OTHER_ACT.search(s.norm) and not TASK_AND_GAIN.search(s.norm)]
    seen = [Sighting(word=w, why=Why.APPRAISED, sign=APPRAISED, marker=Marker.CONSEQUENCE) for w in held]
    seen += [Sighting(word=w, why=Why.DUTY, sign=DUTY_SAID, marker=Marker.QUOTA) for w in duties]
    seen += [Sighting(word=w, why=Why.WORTH, sign=WORTH, marker=Marker.CREDIT_CONDITION) for w in tasks]
    seen += _ordered(observation, words)
    weighs = [s for s in ordered if POINTS_HELD.search(s.norm)]
    seen += [Sighting(word=w, why=Why.APPRAISED, sign=POINTS_APPRAISED, marker=Marker.CONSEQUENCE) for w in weighs]
    gifts = matching(words, GIFT if tasks else SPENT, max_chars=20)
    seen += [Sighting(word=w, why=Why.GIFT, sign=GIVEN) for w in gifts[:2]]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"said": seen[0].word.text}
    return sighted(observation, _weigh(frozenset(s.sign for s in seen)), seen, data=data)


def _tasks(observation: Observation, words: Sequence[Word]) -> list[Word]:
    """Return the tasks of liking, forwarding and the like that bring points, in one text or beside it on the row."""
    reach_px = ROW_RATIO * observation.size_px[1]
    usable = [w for w in words if not is_headline(w) and not OTHER_ACT.search(w.norm) and not NO_BRAND.search(w.norm)]
    one_text = [w for w in matching(usable, TASK_AND_GAIN, max_chars=40) if "分" in w.norm]
    # +1 beside 点赞 under a piece of news is a number of likes: what it brings has to be called points.
    gains = [w for w in words if GAIN.fullmatch(w.norm) and "分" in w.norm]
    if not any(POINTS.search(w.norm) for w in words if len(w.norm) <= MAX_TITLE_CHARS):
        gains = [w for w in gains if not BARE_GAIN.fullmatch(w.norm)]  # the marks of a film
    names = [w for w in usable if len(w.norm) <= 14 and TASK.fullmatch(w.norm)]
    beside = [n for n in names if any(_in_the_row(n, g, reach_px) for g in gains)]
    return [*one_text, *(b for b in beside if not any(b.box.overlap(o.box).area_px for o in one_text))]


def _in_the_row(name: Word, gain: Word, reach_px: float) -> bool:
    down_px = (gain.box.top + gain.box.bottom - name.box.top - name.box.bottom) / 2
    return gain is not name and -0.6 * reach_px <= down_px <= reach_px and gain.box.right > name.box.left


def _ordered(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return the ordering of units or people by likes, forwards or votes, where it is one of staff."""
    if not any(COUNT_HEAD.search(w.norm) for w in words if len(w.norm) <= MAX_TITLE_CHARS):
        return []
    board = read_board(observation)
    if board is None or not _of_acts(board) or not _of_staff(board, words):
        return []
    head = board.headings[0] if board.headings else board.lines[0].words[-1]
    return [Sighting(word=head, why=Why.ORDERED, sign=ORDERED, marker=Marker.COMPARISON)]


def _of_acts(board: Board) -> bool:
    return bool(COUNT_HEAD.search(board.by)) or any(COUNT_HEAD.search(h.norm) for h in board.headings)


def _of_staff(board: Board, words: Sequence[Word]) -> bool:
    """Return whether units, or people of an office, are put in order; a contest's works and players are not."""
    top = board.lines[0].words[0].box.top
    over = [w for w in words if w.box.bottom <= top + 4 and len(w.norm) <= MAX_TITLE_CHARS]
    if any(OTHER_ACT.search(w.norm) for w in over):
        return False
    return board.ranked is Ranked.UNITS or any(STAFF.search(w.norm) for w in over)


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a number that counts for somebody suffices; points for gifts are left to a person."""
    if APPRAISED in signs:
        return Verdict.FOUND, Reason.APPRAISED
    if DUTY_SAID in signs:
        return Verdict.FOUND, Reason.DUTY
    if ORDERED in signs:
        return Verdict.FOUND, Reason.ORDERED
    if WORTH not in signs:
        return Verdict.CLEAR, Reason.NOT_SEEN
    if GIVEN in signs and POINTS_APPRAISED not in signs:
        return Verdict.PRESENT, Reason.GIFT
    return Verdict.FOUND, Reason.WORTH


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app, the strongest of its screens first."""
    shown = [o for o in outcomes if o.signs]
    weighed = _weigh(frozenset(sign for o in shown for sign in o.signs))
    if weighed[0] is Verdict.CLEAR:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    counts = {APPRAISED, DUTY_SAID, ORDERED, WORTH}
    ordered = sorted(shown, key=lambda o: (not counts & o.signs, APPRAISED not in o.signs, -len(o.signs)))
    return joined(ordered, weighed, FUNCTION)


RULE: Final = Rule(
    id=RuleId("social-metric-appraisal"),
    name_zh="点赞、投票、转发作考评",
    name_en="Likes, votes and forwards appraised",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_RANKING,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
