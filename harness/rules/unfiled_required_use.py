"""Notes 要求使用未备案应用: people are told to install or use an app that the filed list gives no number for.

NECESSARY: use is demanded and the app is not on the filing list. That an app is missing from a list is looked up by a
person, so this is never more than ``present``. Institutions without administrative functions are not filed at all.
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
    FiledApp,
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
from harness.rules.binding import binding
from harness.rules.checkpoints import HOME, NOTICES
from harness.rules.concluding import data_of, if_read, nothing_found, nothing_on
from harness.rules.install_wall import demand
from harness.rules.install_words import AN_APP, CONSEQUENCE, GET, LISTED, OF_OTHERS, ORDER, OTHER_THING, WILLING
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, is_headline, matching, with_joined
from harness.wording import normalise

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "required-use"
LEXICON: Final = Lexicon(
    must=("必须使用", "统一使用", "一律通过APP", "全员下载", "须安装"),
    support=("未安装人员", "安装截止", "统一填报", "不再受理纸质"),
    compulsion=("必须", "一律", "统一", "务必", "纳入考核"),
    voluntary=("自愿使用", "可选择使用", "也可到窗口"),
    lookalike=("使用帮助", "使用说明", "推荐使用", "建议使用微信", "使用浏览器打开", "其他应用"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    UNFILED = "unfiled-required-use-unfiled"
    UNKNOWN = "unfiled-required-use-unknown"
    FILED = "unfiled-required-use-filed"
    OTHER_APP = "unfiled-required-use-other-app"
    NOT_SEEN = "unfiled-required-use-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    INSTALL = "unfiled-required-use-mark-install"
    USE = "unfiled-required-use-mark-use"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "unfiled-required-use-limit-article"
    LIST = "unfiled-required-use-limit-list"
    INSTITUTIONS = "unfiled-required-use-limit-institutions"
    WHICH_APP = "unfiled-required-use-limit-which-app"


_THIS: Final = r"(?:本|该|此)?(?:[Aa][Pp][Pp]|客户端|小程序|平台|应用|系统|移动端)"
_QUICK: Final = re.compile(r"[Aa][Pp][Pp]|客户端|小程序|平台|应用|系统|移动端")
_USE: Final = re.compile(
    rf"(?:必须|(?<![无勿])须|应当|一律|统一|务必|全部|不得不)[^,。]{{0,8}}(?:使用|通过|登录|在|注册)[^,。]{{0,16}}{_THIS}\S{{0,20}}"
    rf"|(?:一律|全部|统一)(?:在|通过|使用)[^,。]{{0,16}}{_THIS}\S{{0,4}}(?:填报|报送|上报|办理|办公|审批|打卡|学习)\S{{0,12}}"
)
_NAMED: Final = re.compile(r"[“\"「『《](\S{2,14}?)[”\"」』》]")
_FREE: Final = re.compile(r"自愿|可选择|也可|或者?到|窗口|线下|欢迎|推荐|建议|不强制|不要求|无需")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a demand to install or to use an app."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    if not any(_QUICK.search(w.norm) for w in observation.words):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    words = with_joined(app_words(observation))
    if matching(words, WILLING, max_chars=60):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    own = [w for w in words if not is_headline(w) and not OF_OTHERS.search(w.norm) and not OTHER_THING.search(w.norm)]
    asks = demand(observation)
    seen = [Sighting(word=asks, why=Why.INSTALL, sign=FUNCTION)] if asks is not None else []
    about = any(AN_APP.search(w.norm) and GET.search(w.norm) for w in own)
    seen += [
        Sighting(word=w, why=Why.INSTALL, sign=FUNCTION, marker=marker)
        for pattern, marker in (
            (ORDER, Marker.ASSIGNMENT),
            (LISTED, Marker.ASSIGNMENT),
            (CONSEQUENCE, Marker.CONSEQUENCE),
        )
        for w in matching(own, pattern, max_chars=160)
        if AN_APP.search(w.norm) or (about and pattern is not ORDER)
    ]
    said = [s for s in binding(observation, app_words(observation), own=False) if not _FREE.search(s.norm)]
    seen += [
        Sighting(word=w, why=Why.USE, sign=FUNCTION, marker=Marker.ASSIGNMENT)
        for w in matching(said, _USE, max_chars=120)
        if not OTHER_THING.search(w.norm) and not OF_OTHERS.search(w.norm)
    ]
    if not seen:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"said": seen[0].word.text}
    named = next((hit[1] for s in seen if (hit := _NAMED.search(s.word.norm))), "")
    if named:
        data["named"] = named
    return sighted(observation, (Verdict.PRESENT, Reason.UNKNOWN), seen, data=data)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app as far as its screens tell: whether it is filed stands in the list."""
    shown = [o for o in outcomes if FUNCTION in o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    return joined(shown, (Verdict.PRESENT, Reason.UNKNOWN), FUNCTION, data=data_of(shown[:1]))


def of_row(outcome: Outcome, app: FiledApp) -> Outcome:
    """Return the verdict with the app's row of the filed list: a number there ends the question."""
    if outcome.verdict is not Verdict.PRESENT:
        return outcome
    data = dict(outcome.data)
    named, name = str(data.get("named", "")), normalise(app.name)
    if named and not (named in name or name in named):
        return replace(outcome, verdict=Verdict.INCONCLUSIVE, reason=Reason.OTHER_APP, signs=frozenset())
    if app.filing_number.strip():
        data["number"] = app.filing_number
        return replace(
            outcome,
            verdict=Verdict.NOT_APPLICABLE,
            reason=Reason.FILED,
            data=tuple(sorted(data.items())),
            markers=frozenset(),
            signs=frozenset(),
        )
    return replace(outcome, reason=Reason.UNFILED)


RULE: Final = Rule(
    id=RuleId("unfiled-required-use"),
    name_zh="要求使用未备案应用",
    name_en="Use of an unfiled app demanded",
    clause=clauses.FILING_FIRST,
    also=(clauses.FORCED_PROMOTION,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=(HOME, NOTICES),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    of_row=of_row,
)
