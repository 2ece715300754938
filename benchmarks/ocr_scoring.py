"""Compares what was read with what is on a screen: character errors, exact lines, key words, box centres. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.truth_screens import TrueLine
from harness.model import Box
from harness.wording import normalise

KEY_WORDS = (
    "签到", "打卡", "补签", "漏签", "连续签到", "积分", "排行", "排名", "名次", "学习时长", "学时", "学分", "必修",
    "限期", "考核", "通报", "约谈", "不可拖动", "看完", "观看", "倍速", "达标", "完成率", "提醒", "点赞", "转发",
    "答题", "登录", "下载", "二维码",
)  # fmt: skip
_BESIDE_TEXT = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One text that a reader read, and where."""

    text: str
    box: Box


_Piece = TypeVar("_Piece", TrueLine, Read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a reading is worth, as counts that add up over screens; ``off_px`` are distances of box centres."""

    characters: int = 0
    errors: int = 0
    lines: int = 0
    exact: int = 0
    missed: int = 0
    words: int = 0
    words_found: int = 0
    words_invented: int = 0
    off_px: tuple[tuple[float, float], ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Marks) -> Marks:
        return Marks(**{name: getattr(self, name) + getattr(other, name) for name in Marks.__slots__})

    @property
    def error_percent(self) -> float:
        return 100 * self.errors / max(1, self.characters)

    def off_centre_px(self) -> tuple[float, float]:
        """Return the median and the 95th percentile of the distance between centres, the greater of x and y."""
        far = sorted(max(x, y) for x, y in self.off_px)
        return (statistics.median(far), far[int(0.95 * (len(far) - 1))]) if far else (0.0, 0.0)


def compared(truth: Sequence[TrueLine], read: Sequence[Read]) -> Marks:
    """Return the marks of one screen.

    Lines and readings that lie on one another are compared as one text, in order of place: a reader may cut or join
    lines where a person would too. What lies on nothing is an error in each of its letters. Case, blanks and
    punctuation are left out; text under a mask is nobody's error, whatever is read there.
    """
    total = Marks()
    for lines, reads in _groups(truth, read):
        if any(not line.cared for line in lines):
            continue
        wanted = "".join(spelling(line.text) for line in _in_order(lines))
        got = "".join(spelling(one.text) for one in _in_order(reads))
        errors = distance(wanted, got)
        found = {word: (wanted.count(word), got.count(word)) for word in KEY_WORDS}
        off: tuple[tuple[float, float], ...] = ()
        if len(lines) == len(reads) == 1:
            a, b = lines[0].box, reads[0].box
            off = ((abs(a.left + a.right - b.left - b.right) / 2, abs(a.top + a.bottom - b.top - b.bottom) / 2),)
        written = sum(1 for line in lines if spelling(line.text))
        total += Marks(
            characters=len(wanted),
            errors=errors,
            lines=written,
            exact=written if wanted == got else 0,
            missed=written if not got else 0,
            words=sum(there for there, _ in found.values()),
            words_found=sum(min(there, seen) for there, seen in found.values()),
            words_invented=sum(max(0, seen - there) for there, seen in found.values()),
            off_px=off,
            wrong=((wanted, got),) if errors else (),
        )
    return total


def spelling(text: str) -> str:
    """Return what of a text is compared: letters and digits after NFKC, lower case."""
    return _BESIDE_TEXT.sub("", normalise(text)).casefold()


def distance(one: str, other: str) -> int:
    """Return the fewest letters to insert, drop or change to turn one text into the other."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, beside in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != beside)))
        before = now
    return before[-1]


def _groups(truth: Sequence[TrueLine], read: Sequence[Read]) -> Iterable[tuple[list[TrueLine], list[Read]]]:
    """Yield lines and readings that hang together by lying on one another."""
    groups: list[tuple[list[TrueLine], list[Read]]] = [([line], []) for line in truth]
    for one in read:
        touched = [group for group in groups if any(_on(line.box, one.box) for line in group[0])]
        groups = [group for group in groups if all(group is not other for other in touched)]
        lines = [line for group in touched for line in group[0]]
        groups.append((lines, [*(other for group in touched for other in group[1]), one]))
    return groups


def _on(line: Box, read: Box) -> bool:
    """Return whether a reading lies on a line: over half the lower one's height, and over half of either's width."""
    shared = line.overlap(read)
    low = shared.height_px > 0.5 * min(line.height_px, read.height_px)
    return low and shared.width_px > 0.4 * min(line.width_px, read.width_px)


def _in_order(pieces: Sequence[_Piece]) -> list[_Piece]:
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.box.top + p.box.bottom):
        middle = (piece.box.top + piece.box.bottom) / 2
        if rows and rows[-1][0].box.top < middle < rows[-1][0].box.bottom:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [piece for row in rows for piece in sorted(row, key=lambda p: p.box.left)]
