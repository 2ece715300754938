"""Flags 考核日常化、督查检查线上化: appraising and inspecting subordinate units, as most of an app or by its records.

NECESSARY: a page of daily or weekly items with scores for subordinate units. SUFFICIENT: at least half of the modules
of the home page are of this kind, or the scores are computed from the app's records. Whether that makes the app the
main carrier is for a person to judge: the modules are counted and named.
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
from harness.rules.checkpoints import HOME, NOTICES, WORKBENCH
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.home_modules import modules
from harness.rules.layout import title_words
from harness.rules.orders import about_the_ban, spoken_of
from harness.rules.outcomes import joined, sighted
from harness.rules.roll import is_named
from harness.rules.wording import Sighting, app_words, atoms, is_headline, matching, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "online-inspection-carrier"
GRID: Final = "modules"
HALF: Final = "half-of-the-modules"
ITEMS: Final = "scored-items"
PERIOD: Final = "daily-or-weekly"
BELOW: Final = "subordinate-units"
RECORDS: Final = "scored-by-records"
WHOLE: Final = "scored-items-of-subordinates"
MIN_CARRIERS: Final = 3
MIN_UNITS: Final = 2
MAX_TITLE_CHARS: Final = 16

LEXICON: Final = Lexicon(
    must=("考核", "督查", "督办", "检查", "督导", "考评"),
    support=("日考核", "周督查", "考核得分", "扣分项", "督办件", "排名", "整改"),
    compulsion=("扣分", "得分", "通报", "自动计分"),
    voluntary=("自查自评",),
    lookalike=(
        "监督举报", "执法检查", "市场监管检查", "双随机检查", "个人年度考核表", "体检", "检查报告", "设备检查",
        "教学督导",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (HOME, WORKBENCH, NOTICES)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    MAIN = "online-inspection-carrier-main"
    RECORDS = "online-inspection-carrier-records"
    ITEMS = "online-inspection-carrier-items"
    COUNTED = "online-inspection-carrier-counted"
    LOOK_ALIKE = "online-inspection-carrier-look-alike"
    NOT_SEEN = "online-inspection-carrier-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    MODULE = "online-inspection-carrier-mark-module"
    ITEM = "online-inspection-carrier-mark-item"
    PERIOD = "online-inspection-carrier-mark-period"
    BELOW = "online-inspection-carrier-mark-below"
    RECORDS = "online-inspection-carrier-mark-records"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "online-inspection-carrier-limit-article"
    JUDGEMENT = "online-inspection-carrier-limit-judgement"
    ROLES = "online-inspection-carrier-limit-roles"


_KIND: Final = re.compile(r"考核|考评|督查|督办|督导|迎检|巡查评分|绩效|目标管理|检查(?!报告|预约|结果查询)|问责")
# Inspecting somebody else, looking at a body or a machine, writing of oneself: none is held over subordinate units.
_OTHER: Final = re.compile(
    r"执法|企业|商户|餐饮|食品|药品|工地|场所|双随机|经营|市场监管|举报|投诉|自评|自查|述职|体检|医学|检验|化验|检测|考试|学生|课堂|教学|物业|质检|设备|车辆|消防|隐患|线路"
    r"|机房|网络安全|个人年度|工资|公务员平时|试用期|职称|信用|林长|河长|森林|巡逻|治安|患者|护理|病历|B超|CT"
)
_SCORE: Final = re.compile(
    r"(?:考核|考评|督查|检查|评估|综合|本[周月季]|累计)?(?:得分|扣分|加分|评分|考核分|分值)[:：]?[-+]?\d+(?:\.\d+)?分?|[-+扣]\d+(?:\.\d+)?分|满分\d+分?|\d+(?:\.\d+)?分"
)
_SCORE_HEAD: Final = re.compile(r"(?:考核|考评|督查|检查|综合|本[周月季]|累计)?(?:得分|扣分|评分|考核分)")
_SCORE_OR_HEAD: Final = re.compile(rf"{_SCORE.pattern}|{_SCORE_HEAD.pattern}")
_PERIOD: Final = re.compile(
    r"(?:每[日天周月]|[日周月]度?|日常|逐[日周月])(?:考核|考评|督查|督办|检查|通报|调度|评分|打分)|(?:今[日天]|本[周月]|上[周月])(?:\S{0,4})(?:考核|考评|督查|检查|得分|扣分)"
    r"|每[日天周月]\S{0,10}(?:考核|督查|检查|打分|评分)"
)
_BELOW: Final = re.compile(
    r"(?:各|下级|所属|基层|辖区)(?:单位|部门|街道|乡镇|镇|村|社区|支部|站所)|被(?:考核|督查|检查)单位"
)
_RECORDS: Final = re.compile(
    r"(?:系统|平台|后台|应用)\S{0,8}(?:自动)(?:计分|扣分|评分|打分|统计得分|计算得分)|(?:根据|按照?|依据)\S{0,6}(?:系统|平台|应用|APP)\S{0,10}(?:记录|数据|情况)\S{0,8}(?:计分|扣分|评分|打分)"
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of modules for appraising and inspecting, and of scored items for units below."""
    if not spoken_of(observation, _KIND):
        return _nothing(observation, modules(observation))
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    grid = modules(observation)
    # An app for inspecting shops or rivers says so in its title; its modules are of no units below.
    of_others = any(_OTHER.search(w.norm) for w in title_words(observation) if len(w.norm) <= MAX_TITLE_CHARS)
    carriers = [w for w in grid if _KIND.search(w.norm) and not _OTHER.search(w.norm) and not of_others]
    half = len(carriers) >= MIN_CARRIERS and 2 * len(carriers) >= len(grid)
    seen = [Sighting(word=w, why=Why.MODULE, sign=HALF) for w in carriers] if half else []
    data: dict[str, Datum] = {}
    if half:
        data |= {"modules": len(grid), "carriers": len(carriers), "names": "、".join(w.text for w in carriers)}
    titles = [w for w in title_words(observation) if len(w.norm) <= MAX_TITLE_CHARS and not w.clickable]
    title = next((w for w in titles if _KIND.search(w.norm)), None)
    if title is not None and not grid:
        other = next((w for w in titles if _OTHER.search(w.norm)), None)
        if other is not None:
            return something_else(observation, other, Reason.LOOK_ALIKE)
        items = _items(observation)
        if items:
            data["said"] = title.text
        seen += items
    if not seen:
        return _nothing(observation, grid)
    signs = frozenset(s.sign for s in seen)
    return sighted(observation, _weigh(signs), seen, data=data)


def _nothing(observation: Observation, grid: Sequence[Word]) -> Outcome:
    """Return that nothing was seen, with the size of the grid of modules where there is one."""
    nothing = nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    return replace(nothing, signs=frozenset({GRID}), data=(("modules", len(grid)),)) if grid else nothing


def _items(observation: Observation) -> list[Sighting]:
    """Return the scored items of a page about appraising or inspecting, empty where a part is missing."""
    words = with_joined(app_words(observation))
    plain = [w for w in words if not is_headline(w)]
    if about_the_ban(words) or any(_OTHER.search(w.norm) for w in plain if len(w.norm) <= MAX_TITLE_CHARS):
        return []
    scores = matching([w for w in plain if _SCORE.fullmatch(w.norm) or _SCORE_HEAD.fullmatch(w.norm)], _SCORE_OR_HEAD)
    periods = matching(plain, _PERIOD, max_chars=60)
    units = _units_below(words)
    said = matching(plain, _BELOW, max_chars=60)
    if not (scores and periods and (said or units)):
        return []
    seen = [Sighting(word=w, why=Why.ITEM, sign=ITEMS, marker=Marker.QUOTA) for w in scores[:4]]
    seen += [Sighting(word=w, why=Why.PERIOD, sign=PERIOD) for w in periods[:2]]
    seen += [Sighting(word=w, why=Why.BELOW, sign=BELOW) for w in (*said[:2], *units[:4])]
    seen += [Sighting(word=w, why=Why.RECORDS, sign=RECORDS) for w in matching(plain, _RECORDS, max_chars=80)[:1]]
    return [*seen, Sighting(word=scores[0], why=Why.ITEM, sign=WHOLE)]


def _units_below(words: Sequence[Word]) -> list[Word]:
    units = [
        w for w in atoms(words) if is_named(w.norm) and re.search(r"[镇乡村]$|街道$|社区$|[局委办所站]$|支部$", w.norm)
    ]
    return units if len(units) >= MIN_UNITS else []


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: scored items are necessary, half of the modules or scores by records sufficient."""
    if WHOLE in signs:
        if HALF in signs:
            return Verdict.FOUND, Reason.MAIN
        return (Verdict.FOUND, Reason.RECORDS) if RECORDS in signs else (Verdict.PRESENT, Reason.ITEMS)
    return (Verdict.PRESENT, Reason.COUNTED) if HALF in signs else (Verdict.CLEAR, Reason.NOT_SEEN)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the modules stand on its home page, the scored items behind them."""
    # The home page is the largest grid: a group of modules behind one of its entries is not the app.
    largest = max((_modules_of(o) for o in outcomes), default=0)
    main = [o for o in outcomes if HALF in o.signs and _modules_of(o) >= largest]
    shown = [*main, *(o for o in outcomes if WHOLE in o.signs and o not in main)]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (WHOLE not in o.signs, RECORDS not in o.signs, HALF not in o.signs))
    return joined(ordered, _weigh(frozenset(s for o in ordered for s in o.signs)), FUNCTION)


def _modules_of(outcome: Outcome) -> int:
    return int(dict(outcome.data).get("modules", 0))


RULE: Final = Rule(
    id=RuleId("online-inspection-carrier"),
    name_zh="考核日常化、督查检查线上化",
    name_en="Appraisal and inspection carried by an app",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_CARRIER_OF_APPRAISAL,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
