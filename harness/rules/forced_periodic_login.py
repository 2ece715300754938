"""Flags 强制要求定期登录: a stated duty to log in so and so often, with a consequence or with ranked points for it.

NECESSARY: a stated frequency (每周至少登录, N天未登录将…). SUFFICIENT: M3 (扣分, 通报), or points for logging
in that are ranked. Closing an unused account is a rule of safety, not of use. Item (三) has no exemption.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from harness.rules.binding import ties
from harness.rules.checkpoints import HOME, MINE, NOTICES
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.leaderboard import read_board
from harness.rules.login_words import (
    DAYS,
    DAYS_LABEL,
    DUTY,
    FOR_A_TASK,
    FOR_SAFETY,
    FRACTION,
    FREEZE,
    LAPSE,
    LOGIN,
    LOGIN_COUNTS,
    NOT_MET,
    OTHER_DUTY,
    SAFE_FREEZE_DAYS,
)
from harness.rules.markers import markers_in
from harness.rules.orders import orders, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.point_tasks import read_tasks
from harness.rules.wording import Sighting, app_words, is_headline, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "forced-periodic-login"
DUTY_SAID: Final = "login-duty"
DAYS_KEPT: Final = "login-days"
CONSEQUENCE: Final = "login-consequence"
FROZEN: Final = "login-freeze"
WORTH: Final = "login-points"
RANKED: Final = "points-ranked"
STATED: Final = frozenset({DUTY_SAID, DAYS_KEPT})

LEXICON: Final = Lexicon(
    must=("每日登录", "每天登录", "每周登录", "定期登录", "N天未登录", "登录天数", "连续登录"),
    support=("扣分", "通报", "冻结", "提醒未登录人员"),
    compulsion=("须", "至少", "不少于", "考核", "通报", "扣分"),
    voluntary=("自愿", "不作要求"),
    lookalike=(
        "登录有效期", "密码过期", "首次登录", "免登录", "上次登录时间", "登录密码", "登录失败", "90天未登录将停用账号",
        "待遇资格认证",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    NOTICES,
    Checkpoint(
        id=CheckpointId("rules-page"),
        words=("积分规则", "使用规则", "使用要求", "考核办法", "考核规则", "登录规则", "管理制度", "使用管理办法"),
        entries=("积分规则", "使用规则", "使用要求", "考核办法", "考核规则", "规则", "管理制度"),
    ),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    CONSEQUENCE = "forced-periodic-login-consequence"
    RANKED = "forced-periodic-login-ranked"
    DUTY_ONLY = "forced-periodic-login-duty-only"
    DAYS_ONLY = "forced-periodic-login-days-only"
    FROZEN = "forced-periodic-login-frozen"
    POINTS_RANKED = "forced-periodic-login-points-ranked"
    LOOK_ALIKE = "forced-periodic-login-look-alike"
    NOT_SEEN = "forced-periodic-login-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    DUTY = "forced-periodic-login-mark-duty"
    DAYS = "forced-periodic-login-mark-days"
    CONSEQUENCE = "forced-periodic-login-mark-consequence"
    FROZEN = "forced-periodic-login-mark-frozen"
    WORTH = "forced-periodic-login-mark-worth"
    RANKED = "forced-periodic-login-mark-ranked"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "forced-periodic-login-limit-article"
    MESSAGES = "forced-periodic-login-limit-messages"
    FREEZE = "forced-periodic-login-limit-freeze"


_SPOKEN: Final = re.compile(r"登[录陆]")
_ORDERING: Final = re.compile(r"排名|排行|名次|榜")
_ACCOUNT_TITLE: Final = re.compile(
    r"账号与?安全|登[录陆](?:保护|设置|记录|设备|日志|方式)|密码|隐私|用户协议|注册协议|安全中心"
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a duty to log in, of days counted, of consequences, of points for it."""
    if not (spoken_of(observation, _SPOKEN) or spoken_of(observation, _ORDERING)):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    seen = _points(observation, words)
    veto = next((w for w in title_words(observation) if len(w.norm) <= 16 and _ACCOUNT_TITLE.search(w.norm)), None)
    spoken = [w for w in words if LOGIN.search(w.norm) and not is_headline(w)]
    if veto is not None and spoken:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    kept = _days(observation, spoken)
    said = orders(observation, words, own=bool(kept), dedicated=bool(kept)) if spoken else ()
    of_use = [
        s for s in said if LOGIN.search(s.norm) and not FOR_SAFETY.search(s.norm) and not OTHER_DUTY.search(s.norm)
    ]
    frozen = [s for s in of_use if (hit := FREEZE.search(s.norm)) and _days_of(hit) < SAFE_FREEZE_DAYS]
    of_use = [s for s in of_use if not FREEZE.search(s.norm) or s in frozen]
    duties = [s for s in of_use if DUTY.search(s.norm) or LAPSE.search(s.norm)]
    about = [*of_use, *(s for s in said if NOT_MET.search(s.norm) and s not in of_use)] if duties or kept else of_use
    weighs = [w for _, w in markers_in(about, re.compile(""), (Marker.CONSEQUENCE,)) if ties(w)]
    if not kept and not any(LOGIN_COUNTS.search(w.norm) for w in weighs):
        duties = [s for s in duties if not FOR_A_TASK.search(s.norm)]
    seen += [Sighting(word=w, why=Why.DAYS, sign=DAYS_KEPT, marker=Marker.QUOTA) for w in kept]
    seen += [Sighting(word=w, why=Why.DUTY, sign=DUTY_SAID, marker=Marker.QUOTA) for w in duties]
    seen += [Sighting(word=w, why=Why.FROZEN, sign=FROZEN) for w in frozen]
    seen += [Sighting(word=w, why=Why.CONSEQUENCE, sign=CONSEQUENCE, marker=Marker.CONSEQUENCE) for w in weighs]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    by_weight = (DUTY_SAID, DAYS_KEPT, FROZEN, WORTH)
    said_first = next((s.word.text for sign in by_weight for s in seen if s.sign == sign), "")
    data: dict[str, Datum] = {"said": said_first} if said_first else {}
    if weighs:
        data["consequence"] = weighs[0].text
    return sighted(observation, _weigh(frozenset(s.sign for s in seen)), seen, data=data)


def _days(observation: Observation, spoken: Sequence[Word]) -> list[Word]:
    """Return the words that count the account's log-ins against a number to be reached."""
    labels = [
        w
        for w in whole(spoken, DAYS_LABEL)
        for near in [(*below(observation, w)[:1], *above(observation, w)[:1], *row_of(observation, w))]
        if any(FRACTION.fullmatch(n.norm) for n in near)
    ]
    return [*whole(spoken, DAYS), *labels]


def _points(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return the task of logging in that brings points, and the ordering of people or units by points."""
    seen = [
        Sighting(word=t.word, why=Why.WORTH, sign=WORTH) for t in read_tasks(observation, words) if LOGIN.search(t.name)
    ]
    board = read_board(observation) if any(_ORDERING.search(w.norm) for w in words) else None
    if board is not None and board.points:
        head = board.headings[0] if board.headings else board.lines[0].words[-1]
        seen.append(Sighting(word=head, why=Why.RANKED, sign=RANKED))
    return seen


def _days_of(hit: re.Match[str]) -> int:
    number = int(hit.group(1))
    return number * {"周": 7}.get(hit.group(2), 30 if "月" in hit.group(2) else 1)


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a stated frequency is necessary, M3 or ranked points for logging in sufficient."""
    if STATED & signs:
        if CONSEQUENCE in signs:
            return Verdict.FOUND, Reason.CONSEQUENCE
        if {WORTH, RANKED} <= signs:
            return Verdict.FOUND, Reason.RANKED
        return Verdict.PRESENT, Reason.DUTY_ONLY if DUTY_SAID in signs else Reason.DAYS_ONLY
    if FROZEN in signs:
        return Verdict.PRESENT, Reason.FROZEN
    if {WORTH, RANKED} <= signs:
        return Verdict.PRESENT, Reason.POINTS_RANKED
    return Verdict.CLEAR, Reason.NOT_SEEN


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the duty, what follows and the ranked points may stand on three screens."""
    shown = [o for o in outcomes if o.signs]
    signs = frozenset(sign for o in shown for sign in o.signs)
    weighed = _weigh(signs)
    if weighed[0] is Verdict.CLEAR:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (not STATED & o.signs, CONSEQUENCE not in o.signs, RANKED in o.signs))
    return joined(ordered, weighed, FUNCTION)


RULE: Final = Rule(
    id=RuleId("forced-periodic-login"),
    name_zh="强制要求定期登录",
    name_en="Forced periodic log-in",
    clause=clauses.FORCED_PROMOTION,
    also=(clauses.OPINIONS_FORCED_USE,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
