"""Finds what tells of a person in texts and on screens: names, phones, ID numbers, accounts. Pure.

A word that is masked in vain costs a reader a guess, one that is not costs somebody his privacy: in doubt it is masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from harness.model import Box, Observation, Word
from harness.rules.leaderboard import SURNAMES, Ranked, read_board


class Kind(StrEnum):
    """What is masked, and why; each is a message key with ``mask-`` before it."""

    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id-number"
    ACCOUNT = "account"  # card numbers, mail addresses
    PHOTO = "photo"  # a face may be in it
    UNREAD = "unread"  # pixels that nobody read: a name may be in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a text, ``end`` outside."""

    start: int
    end: int
    kind: Kind


_HAN = r"\u4e00-\u9fff"
_GIVEN = rf"[{_HAN}*＊○\u3007xX]"
_NAME = rf"[{_HAN}]{_GIVEN}{{1,3}}"
_WHOLE_NAME = re.compile(rf"\s*({_NAME})(?:[(（]我[)）])?\s*")
_NO_ENDS = frozenset("率量数表页类栏榜款项额费县市镇局站馆区")  # of rates, lists and places; of names hardly ever
_DOUBLE_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|长孙|宇文|司徒|令狐|端木|南宫|淳于|单于|申屠|仲孙|轩辕"
)
_DOTTED = re.compile(rf"[{_HAN}]{{1,8}}(?:[·•][{_HAN}]{{1,8}})+")  # as many peoples write their names
_STARRED = re.compile(rf"[{_HAN}][*＊○]{{1,3}}[{_HAN}]?|[*＊]{{1,2}}[{_HAN}]{{1,2}}(?![{_HAN}])")
_LABELLED = re.compile(
    r"(?:姓\s*名|联系人|负责人|经办人|值班人?员?|填报人|填写人|签到人|打卡人|学员|申请人|审核人|审批人|记录人|巡查员|网格员|收件人|户主"
    rf"|法人|发布人|上报人|处理人|讲师|主讲人?|作者|用户名?|昵称)\s*[:：]\s*({_NAME})"
)
_LABEL = re.compile(
    r"(?:姓\s*名|联系人|负责人|经办人|值班员|填报人|签到人|打卡人|申请人|审核人|网格员|户主|讲师|昵称)\s*[:：]"
)
_TITLED = re.compile(
    rf"([{_HAN}]{_GIVEN}{{0,2}}?)(?:同志|老师|先生|女士|主任|科长|局长|处长|书记|部长|县长|镇长|乡长|组长|教授|队长)(?!务)"
)
_GREETED = re.compile(
    rf"(?:您好|你好|欢迎|早上好|上午好|下午好|晚上好)[,，!！\s]*({_NAME})|({_NAME})[,，]\s*(?:您好|你好|欢迎)"
)
_RANKED = re.compile(rf"\s*(?:第|N[Oo]\.?|TOP)?\d{{1,3}}(?:名|[.、])?\s+({_NAME})\s+.*\d.*")
_PATTERNS = (
    (Kind.ID_NUMBER, re.compile(r"(?<!\d)[1-9]\d{5}[\d*＊]{8,11}[\d*＊Xx](?!\d)")),
    (Kind.ID_NUMBER, re.compile(r"(?<!\d)\d{1,6}[*＊]{6,}[\dXx]{1,4}(?!\d)")),
    (Kind.PHONE, re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?[\d*＊]{4}[- ]?\d{4}(?!\d)")),
    (Kind.PHONE, re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)")),
    (Kind.ACCOUNT, re.compile(r"(?<!\d)\d{16,19}(?!\d)")),
    (Kind.ACCOUNT, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
)
# Words of screens that begin like a name. Whoever misses one here masks a word of the app, not of a person.
_NO_NAMES = frozenset((resources.files(__package__) / "texts" / "no_names.txt").read_text(encoding="utf-8").split())


def is_name(text: str) -> bool:
    """Return whether a whole text could be nothing but a person's name."""
    return _WHOLE_NAME.fullmatch(text) is not None and _could_be_name(text.strip())


def parts_of(text: str, *, known: Sequence[str] = ()) -> tuple[Part, ...]:
    """Return what of a text tells of a person, in order and without overlap.

    ``known`` are names that were found elsewhere and are looked for anywhere in the text.
    """
    found = [Part(start=m.start(), end=m.end(), kind=kind) for kind, p in _PATTERNS for m in p.finditer(text)]
    found += [Part(start=m.start(), end=m.end(), kind=Kind.NAME) for p in (_STARRED, _DOTTED) for m in p.finditer(text)]
    found += [Part(start=start, end=end, kind=Kind.NAME) for start, end in _names(text)]
    for name in known:
        found += [Part(start=m.start(), end=m.end(), kind=Kind.NAME) for m in re.finditer(re.escape(name), text)]
    kept: list[Part] = []
    for part in sorted(found, key=lambda p: (p.start, -p.end)):
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
        elif part.end > kept[-1].end:
            kept[-1] = Part(start=kept[-1].start, end=part.end, kind=kept[-1].kind)
    return tuple(kept)


def _names(text: str) -> Iterator[tuple[int, int]]:
    whole = _WHOLE_NAME.fullmatch(text)
    if whole and _could_be_name(whole[1]):
        yield whole.span(1)
    for match in _LABELLED.finditer(text):
        yield match.span(1)
    for match in _TITLED.finditer(text):
        if match[1][0] in SURNAMES and match[1] not in _NO_NAMES:
            yield match.span(1)
    for match in _GREETED.finditer(text):
        group = 1 if match[1] else 2
        if match[group][0] in SURNAMES:
            yield match.span(group)
    ranked = _RANKED.fullmatch(text)
    if ranked and _could_be_name(ranked[1]):
        yield ranked.span(1)


def _could_be_name(text: str) -> bool:
    if text in _NO_NAMES or text[0] not in SURNAMES or text[-1] in _NO_ENDS:
        return False
    return len(text) <= 3 or _DOUBLE_SURNAMES.match(text) is not None


def people_on(observation: Observation) -> dict[int, tuple[Part, ...]]:
    """Return what of each word tells of a person, by the word's index; words that tell of nobody are left out."""
    found = {}
    for index, word in enumerate(observation.words):
        parts = parts_of(word.text)
        if not parts and _WHOLE_NAME.fullmatch(word.text) and _labelled_from_the_left(word, observation.words):
            parts = (Part(start=0, end=len(word.text), kind=Kind.NAME),)
        if parts:
            found[index] = parts
    for index, part in _ranked_people(observation):
        if index not in found:
            found[index] = (part,)
    return found


def _ranked_people(observation: Observation) -> Iterator[tuple[int, Part]]:
    """Yield who is put in order on a screen, nicknames too; units and what is plainly no person stay readable."""
    board = read_board(observation)
    if board is None or board.ranked is Ranked.UNITS:
        return
    for line in board.lines:
        for index, word in enumerate(observation.words):
            at = word.text.find(line.name)
            if line.name and at >= 0 and any(_same_row(word.box, other.box) for other in line.words):
                yield index, Part(start=at, end=at + len(line.name), kind=Kind.NAME)


def names_on(observation: Observation) -> frozenset[str]:
    """Return the names that are masked on a screen, to be looked for in every other text."""
    return frozenset(
        text
        for index, parts in people_on(observation).items()
        for part in parts
        if part.kind is Kind.NAME and len(text := observation.words[index].text[part.start : part.end].strip()) > 1
    )


def _labelled_from_the_left(word: Word, words: Sequence[Word]) -> bool:
    return any(
        _same_row(word.box, other.box) and other.box.right <= word.box.left and _LABEL.fullmatch(other.text.strip())
        for other in words
    )


def _same_row(one: Box, other: Box) -> bool:
    overlap_px = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap_px > 0.5 * min(one.height_px, other.height_px)
