"""Finds words by pattern on one screen, joins fragments of one sentence, and turns hits into marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.grouping import in_status_bar, rows
from harness.model import Channel, Mark, Marker, Observation, Role, Word
from harness.rules.once import once

# A web page hands out "缺卡", "3", "天" as three nodes; further apart than this many line heights is not one sentence.
_JOIN_GAP_HEIGHTS: Final = 0.9
_MAX_JOINED: Final = 8
_BAND_PX: Final = 64
_LINE_GAP_HEIGHTS: Final = 1.0  # between two lines of one paragraph
_FULL_LINE_RATIO: Final = 0.78  # of the screen's width; a shorter line ends its paragraph
_HEADLINE: Final = re.compile(r"(?:通知|公告|的函|倡议书?|报道|纪实)$")
_MAX_BUTTON_CHARS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One word that means something to a rule: ``why`` is a message key, ``sign`` a normalised name."""

    word: Word
    why: str
    sign: str
    marker: Marker | None = None


@once
def app_words(observation: Observation) -> tuple[Word, ...]:
    """Return the words of the screen without Android's status bar, and without the same text twice in one place.

    Of text that only pixels show, the lines of each paragraph follow joined into one word: 每日签|到可得5积分.
    """
    kept: list[Word] = []
    for word in observation.words:
        if in_status_bar(observation, word) or not word.norm:
            continue
        if not any(k.norm == word.norm and _same_place(k, word) for k in kept):
            kept.append(word)
    return (*kept, *_paragraphs(observation, kept))


def _paragraphs(observation: Observation, words: Sequence[Word]) -> list[Word]:
    drawn = [w for w in words if read_from_pixels_only(w)]
    lines = [line[0] for line in rows(drawn) if len(line) == 1]
    joined: list[Word] = []
    run: list[Word] = []
    for word in lines:
        if run and not _goes_on(observation, run[-1], word):
            joined += [_stack(run)] if len(run) > 1 else []
            run = []
        run.append(word)
    joined += [_stack(run)] if len(run) > 1 else []
    return joined


def _goes_on(observation: Observation, upper: Word, lower: Word) -> bool:
    height_px = max(upper.box.height_px, lower.box.height_px)
    near = lower.box.top - upper.box.bottom <= _LINE_GAP_HEIGHTS * height_px
    even = min(upper.box.height_px, lower.box.height_px) >= 0.85 * height_px and not is_headline(upper)
    full = upper.box.right >= _FULL_LINE_RATIO * observation.size_px[0]
    return near and even and full and abs(upper.box.left - lower.box.left) <= 2.4 * height_px


def _stack(run: Sequence[Word]) -> Word:
    box = run[0].box
    for word in run[1:]:
        box = box.around(word.box)
    return replace(
        run[0],
        text="".join(w.text for w in run),
        norm="".join(w.norm for w in run),
        box=box,
        confidence=min(w.confidence for w in run),
        spans=tuple(s for w in run for s in w.spans),
        contradiction=None,
    )


def with_joined(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words, followed by every run of close neighbours on one line joined into one word.

    A joined word holds the provenance of all its parts; it is clickable when one of them is, enabled when all are.
    """
    return _with_joined(tuple(words))


@once
def _with_joined(words: tuple[Word, ...]) -> tuple[Word, ...]:
    joined: list[Word] = []
    for line in rows(atoms(words)):
        run: list[Word] = []
        for word in line:
            if run and not _close(run[-1], word):
                joined.extend(_runs(run))
                run = []
            run.append(word)
        joined.extend(_runs(run))
    return (*words, *joined)


def atoms(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words that hold no other word: perception gives joined words beside their parts."""
    return _atoms(tuple(words))


@once
def _atoms(words: tuple[Word, ...]) -> tuple[Word, ...]:
    # What lies in another word has its middle between that one's edges: no need to ask all of a screen.
    within: dict[int, list[Word]] = {}
    for word in words:
        within.setdefault(word.box.centre_px[1] // _BAND_PX, []).append(word)
    return tuple(w for w in words if not any(_part_of(p, w) for band in _bands(w) for p in within.get(band, ())))


def wholes(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words that are no part of another word."""
    return _wholes(tuple(words))


@once
def _wholes(words: tuple[Word, ...]) -> tuple[Word, ...]:
    around: dict[int, list[Word]] = {}
    for word in words:
        for band in _bands(word):
            around.setdefault(band, []).append(word)
    here = [(w, around.get(w.box.centre_px[1] // _BAND_PX, ())) for w in words]
    return tuple(word for word, others in here if not any(_part_of(word, other) for other in others))


def _bands(word: Word) -> range:
    """Return the strips of the screen that a word stands in."""
    return range(word.box.top // _BAND_PX, word.box.bottom // _BAND_PX + 1)


def matching(words: Iterable[Word], pattern: re.Pattern[str], *, max_chars: int = 400) -> tuple[Word, ...]:
    """Return the words that match ``pattern`` anywhere; of hits inside one another only the shortest is kept."""
    hits = [w for w in words if len(w.norm) <= max_chars and pattern.search(w.norm)]
    kept: list[Word] = []
    for word in sorted(hits, key=lambda w: (len(w.norm), w.box)):
        if not any(_inside(k, word) for k in kept):
            kept.append(word)
    return tuple(sorted(kept, key=lambda w: (w.box.top, w.box.left)))


def whole(words: Iterable[Word], pattern: re.Pattern[str]) -> tuple[Word, ...]:
    """Return the words whose whole text matches ``pattern``."""
    return matching((w for w in words if pattern.fullmatch(w.norm)), pattern)


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words, longest first."""
    return re.compile("|".join(re.escape(w) for w in sorted(words, key=lambda w: (-len(w), w))))


def is_headline(word: Word) -> bool:
    """Return whether a word is the title of something told elsewhere: pressed to be read, or named as a notice."""
    return (word.clickable and len(word.norm) > _MAX_BUTTON_CHARS) or bool(_HEADLINE.search(word.norm))


def read_from_pixels_only(word: Word) -> bool:
    """Return whether no hierarchy node carries the word; nothing is known then of whether it can be pressed."""
    return Channel.HIERARCHY not in word.channels


def marks_of(
    observation: Observation, sightings: Iterable[Sighting], *, role: Role = Role.TRIGGER, limit: int = 12
) -> tuple[Mark, ...]:
    """Return one mark for each place and reason, in the order given, at most ``limit``."""
    marks: dict[tuple[object, ...], Mark] = {}
    for sighting in sightings:
        mark = Mark(
            observation=observation.id,
            box=sighting.word.box,
            text=sighting.word.text,
            why=sighting.why,
            role=role,
        )
        marks.setdefault((mark.box, mark.why), mark)
    return tuple(marks.values())[:limit]


def _runs(run: Sequence[Word]) -> list[Word]:
    if len(run) < 2:
        return []
    runs: list[Word] = []
    for start in range(len(run)):
        ends = range(start + 2, min(len(run), start + _MAX_JOINED) + 1)
        runs.extend(_join(run[start:end]) for end in ends)
    return runs


def _join(parts: Sequence[Word]) -> Word:
    box = parts[0].box
    for part in parts[1:]:
        box = box.around(part.box)
    return replace(
        parts[0],
        text="".join(p.text for p in parts),
        norm="".join(p.norm for p in parts),
        box=box,
        channels=frozenset().union(*(p.channels for p in parts)),
        confidence=min(p.confidence for p in parts),
        elements=tuple(e for p in parts for e in p.elements),
        spans=tuple(s for p in parts for s in p.spans),
        clickable=any(p.clickable for p in parts),
        enabled=all(p.enabled for p in parts),
        contradiction=None,
    )


def _close(left: Word, right: Word) -> bool:
    height_px = max(left.box.height_px, right.box.height_px)
    return right.box.left - left.box.right <= _JOIN_GAP_HEIGHTS * height_px


def _inside(inner: Word, outer: Word) -> bool:
    return inner.box.overlap(outer.box).area_px >= 0.9 * inner.box.area_px > 0 and inner.norm in outer.norm


def _part_of(inner: Word, outer: Word) -> bool:
    if inner.norm not in outer.norm or len(inner.norm) == len(outer.norm):
        return False
    return inner.box.overlap(outer.box).area_px >= 0.9 * inner.box.area_px > 0


def _same_place(a: Word, b: Word) -> bool:
    low = min(a.box.area_px, b.box.area_px)
    return low > 0 and a.box.overlap(b.box).area_px >= 0.6 * low
