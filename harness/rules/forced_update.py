"""Notes 强制更新: a prompt to update without a way to decline. No violation by itself, so never more than ``present``.

It is told because it blocks a look, and because an update that brings another app is evidence for forced
installation. A prompt with a word that declines is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
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
    Verdict,
    Word,
)
from harness.rules import clauses
from harness.rules.checkpoints import HOME
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, matching, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "forced-update"
PROMPT: Final = "update-without-decline"
ANOTHER: Final = "another-app"
BLOCKED: Final = "blocked-update"  # what ends a walk that an update stopped
LEXICON: Final = Lexicon(
    must=("发现新版本", "立即更新", "版本过低", "强制更新", "请更新后使用"),
    support=("更新内容", "当前版本", "最新版本"),
    voluntary=("以后再说", "暂不更新", "取消", "忽略此版本", "稍后"),
    lookalike=("检查更新", "已是最新版本", "更新时间", "更新打卡", "数据更新", "系统升级公告", "职称升级"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    NO_DECLINE = "forced-update-no-decline"
    BLOCKED = "forced-update-blocked"
    ANOTHER = "forced-update-another-app"
    DECLINABLE = "forced-update-declinable"
    NOT_SEEN = "forced-update-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    PROMPT = "forced-update-mark-prompt"
    BUTTON = "forced-update-mark-button"
    ANOTHER = "forced-update-mark-another"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "forced-update-limit-article"
    CONTEXT = "forced-update-limit-context"
    BACK = "forced-update-limit-back"


_ANY: Final = re.compile(r"更新|升级|新版|版本|整合|迁移|并入|切换|更名")
_SAYS: Final = re.compile(
    r"(?:发现|检测到|有)(?:重要)?(?:新版本|更新|新版)\S{0,16}|(?:当前|您的|应用|软件)?版本(?:过低|过旧|太低|已停用|已过期)\S{0,24}"
    r"|(?:请|须|必须|需要?)(?:先|立即)?(?:更新|升级)(?:至|到)?(?:最新版本?|新版本?)?(?:后|才|方)(?:可|能|再)?\S{0,12}|强制(?:更新|升级)|版本更新|软件更新|应用更新"
)
_BUTTON: Final = re.compile(r"(?:立即|马上|去|现在|一键|点击)?(?:更新|升级)(?:新?版本|到最新版)?|立即体验新版|前往更新")
_DECLINE: Final = re.compile(
    r"(?:暂不|以后|下次|稍后|忽略|跳过|不再?提醒|取消|关闭|再说|残忍拒绝|不更新|我知道了|知道了|返回|暂时不用)\S{0,6}|\S{0,4}再说(?:立即体验)?|[×✕✖xX]"
)
_ANOTHER: Final = re.compile(
    r"(?:本|该|旧版)?(?:应用|APP|app|平台|软件|客户端)?\S{0,6}(?:已|将)(?:整合|迁移|并入|切换|更名|升级)(?:至|到|为|入)\S{2,24}(?:APP|app|应用|平台|客户端)\S{0,24}(?:下载|安装)\S{0,16}"
)
_MAX_OTHERS: Final = 2  # a prompt leaves hardly anything else to press; a settings page with 版本更新 does


def detect(observation: Observation) -> Outcome:
    """Return whether one screen asks for an update and leaves no way to decline."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    if not any(_ANY.search(w.norm) for w in plain):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    says = whole((w for w in plain if not w.clickable), _SAYS)
    buttons = [w for w in whole(plain, _BUTTON) if w.clickable or not w.elements]
    another = matching(with_joined(plain), _ANOTHER, max_chars=90)
    if not (says or another) or (not buttons and not another):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    others = [w for w in plain if w.clickable and w not in buttons]
    way_out = next((w for w in plain if _DECLINE.fullmatch(w.norm)), None)
    if another:
        return _told(observation, Reason.ANOTHER, [Sighting(word=w, why=Why.ANOTHER, sign=ANOTHER) for w in another])
    if way_out is not None:
        return something_else(observation, way_out, Reason.DECLINABLE)
    if len(others) > _MAX_OTHERS:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return _told(observation, Reason.NO_DECLINE, [_at(says[0], Why.PROMPT), _at(buttons[0], Why.BUTTON)])


def _at(word: Word, why: Why) -> Sighting:
    return Sighting(word=word, why=why, sign=PROMPT)


def _told(observation: Observation, reason: Reason, seen: Sequence[Sighting]) -> Outcome:
    data: dict[str, Datum] = {"said": seen[0].word.text}
    return sighted(observation, (Verdict.PRESENT, reason), seen, data=data)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return ``present`` where a prompt left no way to decline; that it stopped the walk is said."""
    shown = sorted((o for o in outcomes if {PROMPT, ANOTHER} & o.signs), key=lambda o: ANOTHER not in o.signs)
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    stopped = coverage.stopped_by == BLOCKED and ANOTHER not in shown[0].signs
    reason = Reason.BLOCKED if stopped else shown[0].reason
    return joined(shown, (Verdict.PRESENT, reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("forced-update"),
    name_zh="强制更新（背景记录，不属违规）",
    name_en="Forced update (context, no violation)",
    clause=clauses.FORCED_PROMOTION,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S4,
    checkpoints=(HOME,),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
