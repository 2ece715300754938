"""Notes 僵尸、空壳应用: of old news, empty entries, a closing notice and an old version two kinds at least.

NECESSARY: signs of death. SUFFICIENT: two independent signs on two days and two networks, which one walk cannot show:
never more than ``present``. Seasonal apps, maintenance, a missing permission and a closed network are none. The limits
(12 months, 3 empty pages and a third of all pages) are the compiler's proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
)
from harness.rules import clauses
from harness.rules.absence import signed_out
from harness.rules.checkpoints import ABOUT, HOME, NOTICES
from harness.rules.concluding import if_read, nothing_found, nothing_on
from harness.rules.layout import title_words
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words
from harness.rules.zombie_signs import (
    closing_notice,
    empty_page,
    fresh_words,
    old_version,
    published,
    says_empty,
    today,
)

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "zombie-app"
OLD_NEWS: Final = "old-news"
NEW: Final = "something-new"
EMPTY: Final = "empty-page"
CLOSED: Final = "closing-notice"
OLD_VERSION: Final = "old-version"
_KINDS: Final = (OLD_NEWS, EMPTY, CLOSED, OLD_VERSION)
OLD_DAYS: Final = 365
MIN_EMPTY: Final = 3
MIN_EMPTY_SHARE: Final = 1 / 3
LEXICON: Final = Lexicon(
    must=("暂无数据", "功能建设中", "敬请期待", "页面不存在", "404", "服务器异常", "停止服务", "已下线", "暂停运营"),
    support=("发布时间", "通知公告", "更新时间"),
    lookalike=("系统维护中", "网络异常", "无权限", "请登录", "历史公告", "往期回顾", "政策法规"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    TWO_SIGNS = "zombie-app-two-signs"
    ONE_SIGN = "zombie-app-one-sign"
    NOT_SEEN = "zombie-app-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    OLD_NEWS = "zombie-app-mark-old-news"
    EMPTY = "zombie-app-mark-empty"
    CLOSED = "zombie-app-mark-closed"
    OLD_VERSION = "zombie-app-mark-old-version"
    NEW = "zombie-app-mark-new"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "zombie-app-limit-article"
    ONE_NIGHT = "zombie-app-limit-one-night"
    LIMITS = "zombie-app-limit-limits"
    USE = "zombie-app-limit-use"


def detect(observation: Observation) -> Outcome:
    """Return the signs of neglect on one screen, and what on it is new; neither says anything of the app alone."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = app_words(observation)
    now = today(observation)
    seen: list[Sighting] = []
    data: dict[str, Datum] = {}
    empty = empty_page(observation, words)
    closed = closing_notice(words)
    version = old_version(words)
    if empty is not None and not signed_out(words):
        seen.append(Sighting(word=empty, why=Why.EMPTY, sign=EMPTY))
        # The title tells one empty page from another: all of them may be the same screen.
        titles = (w for w in title_words(observation) if w is not empty and not w.clickable)
        data["page"] = next((w.norm for w in titles), empty.norm)
    elif (news := published(observation, words)) is not None and (now - news.newest).days > OLD_DAYS:
        seen.append(Sighting(word=news.word, why=Why.OLD_NEWS, sign=OLD_NEWS))
        data["newest"] = news.newest.isoformat()
    if closed is not None:
        seen.append(Sighting(word=closed, why=Why.CLOSED, sign=CLOSED))
    if version is not None and (now - version[0]).days > OLD_DAYS:
        seen.append(Sighting(word=version[1], why=Why.OLD_VERSION, sign=OLD_VERSION))
    fresh = fresh_words(words, now)
    seen += [Sighting(word=w, why=Why.NEW, sign=NEW) for w in fresh[:1]]
    base = nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    toasts = [t for t in observation.toasts if says_empty(t)]
    if toasts:
        data["page"] = f"{toasts[0]} {observation.id}"  # a page that only says so has no name of its own
    if not seen and not toasts:
        return base
    told = sighted(observation, (base.verdict, base.reason), seen, data=data)
    return replace(told, signs=told.signs | {EMPTY}) if toasts else told


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: two kinds of signs are for a person to weigh, one alone is told as nothing."""
    empty = {value for o in outcomes if EMPTY in o.signs for name, value in o.data if name == "page"}
    live = {o.screen for o in outcomes if EMPTY not in o.signs}
    signs = {s for o in outcomes for s in o.signs if s in _KINDS}
    if len(empty) < MIN_EMPTY or len(empty) < MIN_EMPTY_SHARE * (len(empty) + len(live)):
        signs.discard(EMPTY)
    if any(NEW in o.signs for o in outcomes):
        signs.discard(OLD_NEWS)
    shown = [o for kind in _KINDS if kind in signs for o in outcomes if kind in o.signs]
    shown = list(dict.fromkeys(shown))
    data: dict[str, Datum] = {"empty": len(empty), "pages": len(empty) + len(live)}
    newest = [str(value) for o in shown for name, value in o.data if name == "newest"]
    data["newest"] = max(newest, default="—")
    data["said"] = "；".join(dict.fromkeys(m.text for o in shown for m in o.marks if m.why != Why.NEW)) or "—"
    if len(signs) >= 2:
        return joined(shown, (Verdict.PRESENT, Reason.TWO_SIGNS), FUNCTION, data=data)
    told = nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    if signs and told.verdict is Verdict.CLEAR:
        return replace(told, reason=Reason.ONE_SIGN, data=tuple(sorted({**dict(told.data), **data}.items())))
    return told


RULE: Final = Rule(
    id=RuleId("zombie-app"),
    name_zh="僵尸、空壳应用",
    name_en="Neglected app",
    clause=clauses.CLEARING_OUT,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S3,
    checkpoints=(HOME, NOTICES, ABOUT),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
