"""Flags 县以下单位开发: a page about the app names a township, a sub-district, a village or a community as its sponsor.

NECESSARY: the operator named on about or log-in pages is below the county. SUFFICIENT: that it is the sponsor and not
only the place of use, which a person has to look up: never more than ``present``.
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
)
from harness.rules import clauses
from harness.rules.checkpoints import ABOUT, HOME, MINE, SETTINGS
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.operator_words import MAKER_LABEL, OTHER_LABEL, SPONSOR_LABEL, UNIT, USER_LABEL, Named, named
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "sub-county-developer"
SPONSOR: Final = "sponsor"
NAMED: Final = "named"
CHECKPOINTS: Final = (HOME, MINE, SETTINGS, ABOUT)
LEXICON: Final = Lexicon(
    must=("镇人民政府", "乡人民政府", "街道办事处", "村民委员会", "居民委员会", "社区"),
    support=("主办单位", "开发单位", "建设单位", "版权所有"),
    lookalike=(
        "使用单位", "乡村振兴局", "城乡建设局", "镇江市", "景德镇市", "社区矫正", "社区卫生服务中心",
        "村镇银行",
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    SPONSOR = "sub-county-developer-sponsor"
    NAMED = "sub-county-developer-named"
    LOOK_ALIKE = "sub-county-developer-look-alike"
    NOT_SEEN = "sub-county-developer-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    SPONSOR = "sub-county-developer-mark-sponsor"
    NAMED = "sub-county-developer-mark-named"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "sub-county-developer-limit-article"
    SPONSOR = "sub-county-developer-limit-sponsor"
    APPROVED = "sub-county-developer-limit-approved"
    NAMES = "sub-county-developer-limit-names"


_BELOW: Final = re.compile(
    r"\S*(?:[^城](?:镇|乡)|街道)(?:党委|党工委|人大|人民政府|政府|办事处|社区|村|便民服务中心|综治中心|党群服务中心|综合行政执法\S{0,4}|党政\S{0,6}|办公室|团委|妇联|工会)?"
    r"(?:\S{0,12}(?:办公室|服务中心|服务站|工作站|委员会|支部|党委))?|\S*(?:村民委员会|村委会|居民委员会|居委会|村党(?:支部|总支)\S{0,4}|社区党(?:委|支部|总支)\S{0,4}|社区|社区(?:党群)?服务(?:中心|站)|社区工作站)"
)
_ABOVE: Final = re.compile(
    r"镇江|景德镇|新乡市|萍乡|镇海区|镇平县|镇赉县|镇原县|镇巴县|镇雄县|镇康县|镇沅|镇宁|镇远县|镇安县|镇坪县|镇源县|桐乡市|东乡县|东乡区|宁乡市|内乡县|湘乡市|西乡县|乡宁县|乡城县"
    r"|(?:局|厅|部|(?<![民镇乡])委员会|委办|集团|公司|银行|中心医院|总队|支队|联社|协会|基金会|大学|学院)$|乡镇|村镇|城乡|镇村|乡村|街道处|[市县区](?:社区|街道)(?:服务|管理)|社区(?:矫正|卫生|教育|学院|大学|文化|发展|建设)|县人民政府|市人民政府|区人民政府$"
)

_ANY: Final = re.compile(r"[镇乡村]|街道|社区|居委会")
# A page about the app, or its log-in page: the 主办单位 of an event or of an article runs no app.
_ABOUT: Final = re.compile(
    r"版本|[Vv]\d+\.\d|备案|ICP|版权所有|技术支持|关于(?:我们|本?应用|平台|本?系统)?|应用信息|用户协议|隐私政策|登录"
)
_OF_AN_EVENT: Final = re.compile(r"活动|比赛|大赛|讲座|论坛|报名|展览|演出|培训班|承办|协办|参赛|招标|采购|招聘")


def detect(observation: Observation) -> Outcome:
    """Return whether one screen names a unit below the county as sponsor, owner or maker of the app."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    if not any(_ANY.search(w.norm) for w in plain):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    words = with_joined(plain)
    short = [w.norm for w in words if len(w.norm) <= 40]
    if not any(_ABOUT.search(t) for t in short) or any(_OF_AN_EVENT.search(t) for t in short):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    sponsors = [n for n in named(observation, words, SPONSOR_LABEL, UNIT) if _is_below(n)]
    others = [n for n in named(observation, words, f"{OTHER_LABEL}|{MAKER_LABEL}", UNIT) if _is_below(n)]
    seen = [Sighting(word=n.word, why=Why.SPONSOR, sign=SPONSOR) for n in sponsors]
    seen += [Sighting(word=n.word, why=Why.NAMED, sign=NAMED) for n in others]
    if not seen:
        place = [n for n in named(observation, words, USER_LABEL, UNIT) if _is_below(n)]
        if place:
            return something_else(observation, place[0].word, Reason.LOOK_ALIKE)
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"said": seen[0].word.text}
    return sighted(observation, _weigh({s.sign for s in seen}), seen, data=data)


def _is_below(unit: Named) -> bool:
    return bool(_BELOW.fullmatch(unit.value)) and not _ABOVE.search(unit.value)


def _weigh(signs: set[str] | frozenset[str]) -> tuple[Verdict, Reason]:
    return Verdict.PRESENT, Reason.SPONSOR if SPONSOR in signs else Reason.NAMED


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the page that names the sponsor, else one that names another unit."""
    shown = sorted((o for o in outcomes if {SPONSOR, NAMED} & o.signs), key=lambda o: SPONSOR not in o.signs)
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    return joined(shown, _weigh(frozenset(s for o in shown for s in o.signs)), FUNCTION)


RULE: Final = Rule(
    id=RuleId("sub-county-developer"),
    name_zh="县以下单位开发建设",
    name_en="Sponsor below the county",
    clause=clauses.SCOPE_OF_DEVELOPERS,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S3,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
