"""Hierarchy text and spans fused into words: one reading order, provenance, joins, contradictions. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.grouping import CONTROL_HEIGHT_RATIO, rows
from harness.model import Box, Channel, Element, Span, Word
from harness.perceive.hierarchy import ancestors_of, children_of
from harness.perceive.opaque import class_tail
from harness.wording import normalise

_LEAST_CONFIDENCE = 0.4  # spans below stay in the observation but make no word
_NUMBER = re.compile(r"-?\d+(\.\d+)?%?")
_SPELLING = re.compile(r"[\W_]+")
_ENDS_OPEN = re.compile(r"[/:+\-~.,%¥第约共]$")
_STARTS_BOUND = re.compile(r"[/:+\-~.,%]\S{0,5}|(?:分|名|次|天|小时|时|秒|元|年|月|日|位|个|节|篇|题|人|学时|积分)")
_AMOUNT = re.compile(r"[+\-]?\d[\d.,:]{0,8}")
_LONGEST_NAME = 8  # characters of a name that a number may follow as one word: 连续签到|12
_LONGEST_HALVES = 4  # single characters that are one word; more are a header of weekdays
_LONGEST_REPEAT = 12  # characters of a parent's text that strings its children's together and is kept


def words_of(elements: tuple[Element, ...], spans: Sequence[Span]) -> tuple[Word, ...]:
    """Return every word on screen in reading order; the originals of joined words are kept beside them."""
    nodes = _node_words(elements)
    fused = _with_spans(nodes, spans, elements)
    joined = _joined(fused, elements)
    return tuple(word for row in rows([*fused, *joined]) for word in row)


# --- the hierarchy's words -------------------------------------------------------------------------------------


def _node_words(elements: tuple[Element, ...]) -> list[Word]:
    screen_px = max((e.box.bottom for e in elements), default=0)
    words: list[Word] = []
    for index, element in enumerate(elements):
        if not element.box.area_px:
            continue
        clickable, enabled = _manner(elements, index, screen_px=screen_px)
        words.extend(
            Word(
                text=text,
                norm=normalise(text),
                box=element.box,
                channels=frozenset({Channel.HIERARCHY}),
                elements=(index,),
                clickable=clickable,
                enabled=enabled,
            )
            for text in _texts(element)
        )
    return _without_repeats(words, elements)


def _texts(element: Element) -> list[str]:
    """Return what a person can read or hear at the node, each once."""
    texts: list[str] = []
    # The server writes a bar's value where others have their text: a number that nobody reads.
    is_bar = class_tail(element).endswith(("ProgressBar", "SeekBar", "RatingBar"))
    if not element.password and not (is_bar and _NUMBER.fullmatch(normalise(element.text))):
        texts.append(element.text)
    texts.append(element.desc)
    if not element.text.strip():
        texts.append(element.hint)
    distinct = {norm: text for text in reversed(texts) if (norm := normalise(text))}
    return [distinct[norm] for norm in reversed(distinct)]


def _manner(elements: tuple[Element, ...], index: int, *, screen_px: int) -> tuple[bool, bool]:
    """Return (clickable, enabled) from the nearest node that can be pressed, the node itself where none can."""
    enabled = True
    for at in ancestors_of(elements, index):
        element = elements[at]
        enabled = enabled and element.enabled
        if element.clickable and (at == index or element.box.height_px <= CONTROL_HEIGHT_RATIO * screen_px):
            return True, enabled
    return False, elements[index].enabled


def _without_repeats(words: list[Word], elements: tuple[Element, ...]) -> list[Word]:
    """Return the words with a parent's repetition of a descendant's text merged into the descendant's word.

    A parent that strings its descendants' texts together is dropped where the result is a sentence.
    """
    below: dict[int, list[int]] = {}
    for number, word in enumerate(words):
        for above in ancestors_of(elements, word.elements[0]):
            if above != word.elements[0]:
                below.setdefault(above, []).append(number)
    merged: dict[int, Word] = {}
    dropped: set[int] = set()
    for number, word in enumerate(words):
        inside = below.get(word.elements[0], [])
        same = next((n for n in inside if words[n].norm == word.norm), None)
        if same is not None:
            mine, theirs = merged.pop(number, word), merged.get(same, words[same])
            merged[same] = replace(theirs, elements=tuple(sorted({*mine.elements, *theirs.elements})))
            dropped.add(number)
        elif len(inside) > 1 and len(word.norm) > _LONGEST_REPEAT and _strings_together(word, inside, words):
            dropped.add(number)
    return [merged.get(n, word) for n, word in enumerate(words) if n not in dropped]


def _strings_together(word: Word, inside: Sequence[int], words: Sequence[Word]) -> bool:
    """Return whether the word is made of the texts of words below it and nothing else."""
    rest = _spelling(word.norm)
    for number in inside:
        rest = rest.replace(_spelling(words[number].norm), "", 1)
    return not rest


# --- the pixels' words -----------------------------------------------------------------------------------------


def _with_spans(nodes: list[Word], spans: Sequence[Span], elements: tuple[Element, ...]) -> list[Word]:
    """Return the node words with spans merged in: agreement adds a channel, disagreement marks both sides."""
    words = list(nodes)
    for number, span in enumerate(spans):
        norm = normalise(span.text)
        if span.confidence < _LEAST_CONFIDENCE or not norm:
            continue
        clash: str | None = None
        for at, word in enumerate(words):
            if not _same_place(word.box, span.box):
                continue
            if _spelling(word.norm) == _spelling(norm):
                channels, seen = word.channels | {Channel.OCR}, (*word.spans, number)
                # Two readers that agree independently are wrong together only where each is.
                sure = 1.0 - (1.0 - word.confidence) * (1.0 - span.confidence)
                words[at] = replace(word, channels=channels, spans=seen, confidence=round(sure, 3))
                break
            clash = word.text
            words[at] = replace(word, contradiction=span.text)
        else:
            words.append(_span_word(number, span, elements, contradiction=clash))
    return words


def _span_word(number: int, span: Span, elements: tuple[Element, ...], *, contradiction: str | None) -> Word:
    clickable, enabled = _manner_at(elements, span.box)
    return Word(
        text=span.text,
        norm=normalise(span.text),
        box=span.box,
        channels=frozenset({Channel.OCR}),
        confidence=span.confidence,
        spans=(number,),
        clickable=clickable,
        enabled=enabled,
        contradiction=contradiction,
    )


def _manner_at(elements: tuple[Element, ...], box: Box) -> tuple[bool, bool]:
    """Return (clickable, enabled) of the smallest node under the box's centre."""
    under = [i for i, e in enumerate(elements) if e.box.area_px and e.box.holds(*box.centre_px)]
    if not under:
        return False, True
    nearest = min(under, key=lambda i: (elements[i].box.area_px, -i))
    return _manner(elements, nearest, screen_px=max(e.box.bottom for e in elements))


def _same_place(one: Box, other: Box) -> bool:
    smaller = min(one.area_px, other.area_px)
    alike = max(one.height_px, other.height_px) <= 2.5 * min(one.height_px, other.height_px)
    return alike and smaller > 0 and one.overlap(other).area_px > 0.6 * smaller


def _spelling(norm: str) -> str:
    return _SPELLING.sub("", norm).casefold()


# --- joined words ----------------------------------------------------------------------------------------------


def _joined(words: Sequence[Word], elements: tuple[Element, ...]) -> list[Word]:
    """Return additional words for text that is split over neighbours: 签|到, 0分|/5分, a button's fragments."""
    runs = [run for row in rows(words) for run in _runs(row)]
    runs.extend(_button_runs(words, elements))
    have = {(word.norm, word.box) for word in words}
    joined: list[Word] = []
    for run in runs:
        word = _one_of(run)
        if (word.norm, word.box) not in have:
            have.add((word.norm, word.box))
            joined.append(word)
    return joined


def _runs(row: Sequence[Word]) -> list[list[Word]]:
    """Return the runs of two or more words of a line that stand as close as the letters of one."""
    runs: list[list[Word]] = []
    run: list[Word] = []
    for word in row:
        if run and _touching(run[-1], word):
            run.append(word)
            continue
        runs.append(run)
        run = [word]
    runs.append(run)
    return [kept for run in runs if len(kept := _without_open_end(run)) > 1]


def _without_open_end(run: list[Word]) -> list[Word]:
    """Return the run as far as it is one word: 连续签到|2|天 is, a table's 财政局|2316 and 日|一|二|三 are not."""
    if len(run) > _LONGEST_HALVES and all(len(word.norm) == 1 and word.norm.isalpha() for word in run):
        return []
    ends_in_amount = len(run) > 1 and _AMOUNT.fullmatch(run[-1].norm) and _ENDS_OPEN.search(run[-2].norm) is None
    return run[:-1] if ends_in_amount and run[-1].norm[0] not in "+-/" else run


def _touching(left: Word, right: Word) -> bool:
    """Return whether two neighbours of a line read as one word; nodes wider than their text tell nothing of gaps."""
    height = min(left.box.height_px, right.box.height_px)
    gap = right.box.left - left.box.right
    if not -0.25 * height <= gap <= 0.5 * height or max(left.box.height_px, right.box.height_px) > 1.8 * height:
        return False
    if not (_is_tight(left) and _is_tight(right)):
        return False
    halves = len(left.norm) == len(right.norm) == 1 and (left.norm + right.norm).isalpha()
    unit = _STARTS_BOUND.fullmatch(right.norm) is not None and left.norm[-1].isdigit()
    amount = _AMOUNT.fullmatch(right.norm) is not None and len(left.norm) <= _LONGEST_NAME and left.norm[-1].isalpha()
    return halves or unit or amount or right.norm[0] == "/" or _ENDS_OPEN.search(left.norm) is not None


def _is_tight(word: Word) -> bool:
    return word.box.width_px <= (len(word.norm) + 1) * word.box.height_px


def _button_runs(words: Sequence[Word], elements: tuple[Element, ...]) -> list[list[Word]]:
    """Return, for each pressable node with several short texts below it, those texts in reading order."""
    children = children_of(elements)
    by_element: dict[int, list[Word]] = {}
    for word in words:
        for index in word.elements:
            by_element.setdefault(index, []).append(word)
    runs: list[list[Word]] = []
    for index, element in enumerate(elements):
        if not element.clickable or len(children[index]) < 2:
            continue
        inside = [w for at in _below(children, index) for w in by_element.get(at, ())]
        if 2 <= len(inside) <= 6 and all(len(w.norm) <= 2 for w in inside) and sum(len(w.norm) for w in inside) <= 8:
            runs.append([w for row in rows(inside) for w in row])
    return runs


def _below(children: Sequence[Sequence[int]], index: int) -> list[int]:
    found: list[int] = []
    pending = list(children[index])
    while pending and len(found) <= 12:
        at = pending.pop()
        found.append(at)
        pending.extend(children[at])
    return found


def _one_of(run: Sequence[Word]) -> Word:
    box = run[0].box
    for word in run[1:]:
        box = box.around(word.box)
    text = "".join(word.text.strip() for word in run)
    return Word(
        text=text,
        norm=normalise(text),
        box=box,
        channels=frozenset().union(*(word.channels for word in run)),
        confidence=min(word.confidence for word in run),
        elements=tuple(sorted({e for word in run for e in word.elements})),
        spans=tuple(sorted({s for word in run for s in word.spans})),
        clickable=all(word.clickable for word in run),
        enabled=all(word.enabled for word in run),
    )
