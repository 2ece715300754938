"""Flags 打卡接龙／即时响应: a work group or message page asks everybody to answer, and lists or presses who has not.

NECESSARY: 接龙, 请回复, 收到请回复 or a list of who has read, in a group or message page. SUFFICIENT: that, with names
of those who did not or a time by which (M3, M6). Work groups are outside the measures: only the opinions are cited,
and whether it is 脱离工作实际 is for a person to say; where a page speaks of an emergency it is at most ``present``.
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
from harness.rules.checkpoints import HOME, NOTICES
from harness.rules.concluding import if_read, nothing_found, nothing_on, something_else
from harness.rules.layout import title_words
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, is_headline, matching, whole, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "group-chain-reply"
CHAIN: Final = "chain"
REPLY: Final = "reply"
READ: Final = "read-list"
MISSING: Final = "missing"
HURRY: Final = "hurry"
SCENE: Final = "emergency"
_ASKED: Final = frozenset({CHAIN, REPLY, READ})
LEXICON: Final = Lexicon(
    must=("接龙", "收到请回复", "请回复收到", "未读", "未回复人员"),
    support=("打卡接龙", "逐一回复", "已读N人", "未读N人", "限时回复", "全员"),
    compulsion=("未接龙人员", "逾期未回复", "未回复的予以通报", "一键提醒"),
    voluntary=("自愿接龙", "自愿报名"),
    lookalike=("团购接龙", "报名接龙", "成语接龙", "留言回复", "在线客服"),
)
CHECKPOINTS: Final = (
    HOME,
    NOTICES,
    Checkpoint(
        id=CheckpointId("groups"),
        words=("工作群", "群聊", "群公告", "群消息", "接龙", "我的群组"),
        entries=("工作群", "群组", "群聊", "我的群组", "消息", "接龙", "沟通", "通讯"),
    ),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    MISSING = "group-chain-reply-missing"
    HURRY = "group-chain-reply-hurry"
    EMERGENCY = "group-chain-reply-emergency"
    ASKED_ONLY = "group-chain-reply-asked-only"
    LOOK_ALIKE = "group-chain-reply-look-alike"
    NOT_SEEN = "group-chain-reply-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    CHAIN = "group-chain-reply-mark-chain"
    REPLY = "group-chain-reply-mark-reply"
    READ = "group-chain-reply-mark-read"
    MISSING = "group-chain-reply-mark-missing"
    HURRY = "group-chain-reply-mark-hurry"
    SCENE = "group-chain-reply-mark-scene"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "group-chain-reply-limit-article"
    NEED = "group-chain-reply-limit-need"
    OTHER_APPS = "group-chain-reply-limit-other-apps"
    MODULE = "group-chain-reply-limit-module"


_ANY: Final = re.compile(r"接龙|回复|收到|未读|已读|响应")
# A group of people at work, or a page of messages to them.
_GROUP: Final = re.compile(
    r"\S{0,16}(?:工作|干部|职工|网格|支部|党员|单位|部门|科室|驻村|值班|办公|全体)\S{0,6}群(?:\(\d+\)|\d+人)?|\S{2,16}群\(\d+\)|群(?:公告|聊|消息|通知|接龙|组消息)|接龙(?:详情|统计|列表)?"
    r"|消息(?:中心|详情|通知)?|工作(?:消息|通知|沟通)|通知(?:公告|详情)?|公告详情|阅读情况|回复情况|回执(?:情况|统计)?|已读未读"
)
_CHAIN: Final = re.compile(
    r"#?接龙|\S{0,12}(?:打卡|签到|每日|工作|学习|值班|到岗)接龙\S{0,12}|请\S{0,12}接龙\S{0,20}|(?:立即|去|参与|我要)接龙|接龙(?:中|进行中|打卡|报送|统计)\S{0,8}"
)
_REPLY: Final = re.compile(
    r"收到(?:后)?请\S{0,4}(?:回复|回话|确认)\S{0,8}|请\S{0,10}回复[“\"']?(?:收到|已阅|1|知悉)[”\"']?\S{0,12}|(?:请|须|务必)\S{0,12}(?:逐一|全部|及时|立即|马上|限时|第一时间)\S{0,4}(?:回复|响应|回话)\S{0,12}"
    r"|看到\S{0,4}请回复\S{0,8}|(?:回复|复)收到"
)
_READ: Final = re.compile(
    r"未读[:：]?\(?\d+\)?人?|\d+人未读|已读\d+人?[/,、]?未读\d+人?|未读(?:人员|名单)\S{0,8}|未(?:回复|接龙|响应|确认)[:：]?\(?\d+\)?人?|\d+人未(?:回复|接龙|确认)"
)
_MISSING: Final = re.compile(
    r"(?:未|没有?)(?:接龙|回复|响应|确认|回执)(?:的)?(?:人员|名单|同志|单位)\S{0,40}|(?:未接龙|未回复|未确认)[:：](?!\d)\S{2,40}|(?:仍|还)\S{0,4}未(?:接龙|回复)\S{0,30}"
    r"|(?:未|不)(?:按时|及时)?(?:接龙|回复|响应)\S{0,12}(?:通报|扣\d*分|考核|约谈|点名|问责)\S{0,8}|(?:一键|批量|再次)?(?:提醒|催办|DING)未(?:读|回复|接龙|确认)\S{0,8}|提醒未\S{0,8}(?:人员|同志)"
)
_HURRY: Final = re.compile(
    r"(?:\d{1,2}[:：点]\d{0,2}分?|今[天日晚]|明[天日]|\d+月\d+日|\d+分钟|半小时|[一1]小时|下班|中午)\S{0,10}(?:前|内|之前|以内)\S{0,12}(?:接龙|回复|响应|确认|完成接龙)\S{0,10}|(?:接龙|回复|响应)\S{0,4}(?:截止|时限|期限)\S{0,16}|限时(?:接龙|回复|响应)\S{0,8}|逾期\S{0,6}(?:接龙|回复)\S{0,16}"
)
_EMERGENCY: Final = re.compile(
    r"应急|防汛|防台|抢险|预警|险情|火情|地震|洪水|暴雨|台风|突发|灾害|疏散|转移群众|疫情|值守|救援"
)
# Groups and chains of another kind.
_OTHER: Final = re.compile(
    r"团购|拼团|成语|诗词|歌曲|故事|接龙(?:游戏|大赛|答题)|自愿|报名接龙|活动报名|聚餐|羽毛球|篮球|乒乓|春游|拼车|家长群|业主群|家校|班级|同学群|客服|退订|TD|验证码|投诉|留言|信箱|咨询|诉求|信访|评论|快递|外卖|商家|卖家|考生|面试|应聘|参会|家长|居民|业主|学员|学生|患者|乘客|午餐|用餐|订餐|盒饭|团建|体检"
    r"|形式主义|查处|典型|曝光|纪委|减负|违规|严禁|禁止|不得|整治|某[县市区镇]"
)


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a group that has to answer, and of who has not."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    if not any(_ANY.search(w.norm) for w in plain):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    titles = title_words(observation)
    if not any(_GROUP.fullmatch(w.norm) for w in titles):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    words = [w for w in with_joined(plain) if len(w.norm) <= 120 and not is_headline(w)]
    words = [w for w in words if not _DENIED.search(w.norm)]
    seen = _sightings(words)
    signs = {s.sign for s in seen}
    if not _ASKED & signs or signs == {READ}:
        # That 12 have not read a notice is told by every message system, and presses nobody.
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    other = next((w for w in words if len(w.norm) <= 60 and _OTHER.search(w.norm)), None)
    if other is not None:
        return something_else(observation, other, Reason.LOOK_ALIKE)
    data: dict[str, Datum] = {"said": next(s.word.text for s in seen if s.sign in _ASKED)}
    data |= {s.sign: s.word.text for s in reversed(seen) if s.sign in {MISSING, HURRY}}
    return sighted(observation, _weigh(frozenset(signs)), seen, data=data)


_SIGNS: Final = (
    (CHAIN, Why.CHAIN, None),
    (REPLY, Why.REPLY, None),
    (READ, Why.READ, None),
    (MISSING, Why.MISSING, Marker.CONSEQUENCE),
    (HURRY, Why.HURRY, Marker.QUOTA),
)
_DENIED: Final = re.compile(r"无[需须]|不[必用需]|请?勿|免于?(?:回复|接龙)|取消\S{0,4}(?:接龙|回复|打卡)|不再|不要求")
_NAGS: Final = re.compile(r"提醒|催办|DING")


def _sightings(words: Sequence[Word]) -> list[Sighting]:
    found: dict[str, Sequence[Word]] = {
        CHAIN: whole(words, _CHAIN),
        REPLY: matching(words, _REPLY),
        READ: whole(words, _READ),
        MISSING: matching(words, _MISSING),
        HURRY: matching(words, _HURRY),
        SCENE: matching(words, _EMERGENCY)[:1],
    }
    seen = [
        Sighting(word=w, why=why, sign=sign, marker=Marker.NAGGING if marker and _NAGS.search(w.norm) else marker)
        for sign, why, marker in _SIGNS
        for w in found[sign]
    ]
    return [*seen, *(Sighting(word=w, why=Why.SCENE, sign=SCENE) for w in found[SCENE])] if seen else []


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: asked is necessary; who is missing, or a time by which, sufficient."""
    if not {MISSING, HURRY} & signs:
        return Verdict.PRESENT, Reason.ASKED_ONLY
    if SCENE in signs:
        return Verdict.PRESENT, Reason.EMERGENCY
    return Verdict.FOUND, Reason.MISSING if MISSING in signs else Reason.HURRY


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the screen that shows most of it, each judged by itself."""
    shown = [o for o in outcomes if _ASKED & o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    best = sorted(shown, key=lambda o: (o.verdict is not Verdict.FOUND, -len(o.signs)))
    return joined(best, (best[0].verdict, best[0].reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("group-chain-reply"),
    name_zh="打卡接龙与即时响应",
    name_en="Chain replies in work groups",
    clause=clauses.OPINIONS_WORK_GROUPS,
    also=(),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
