"""Reads a video player off one screen: position, length, seek bar, play and next controls, counters, a question. Pure.

Positions are seconds (``mm:ss`` or ``h:mm:ss``) or, where only that is shown, per cent of the length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.model import Box, Element, Observation, ShapeKind, Word
from harness.rules.layout import above, row_of, title_words
from harness.rules.once import once
from harness.rules.wording import app_words, matching, whole, with_joined

MIN_BAR_RATIO: Final = 0.25  # of the screen's width; anything shorter is no seek bar
MAX_BAR_HEIGHT_RATIO: Final = 0.06
_PICTURE_RATIO: Final = 0.35  # of the screen's height: how far above its times the middle of a film may be
_TITLE_CHARS: Final = 16
_LABEL_RATIO: Final = 0.02  # of the screen's height: what is written further above may belong to the film
_TITLE_BAR_RATIO: Final = 0.1  # of the screen's height: a film may begin right below the title
_ALIGNED_PX: Final = 24
_BESIDE_RATIO: Final = 0.04  # of the screen's height: a bar further from the times is not theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a player stands: value and length in ``unit`` (``s`` or ``%``), and the word or node that says so."""

    value: float
    length: float
    unit: str
    word: Word | None
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One player as it stands on the screen; ``position`` is ``None`` where none could be read."""

    position: Position | None
    bar: Box | None
    bar_enabled: bool
    bar_id: str
    surface: Box | None  # what shows the picture, or the play mark on it: a tap there lets it run
    play: Word | None
    next: Word | None
    live: Word | None
    ended: Word | None
    finished_before: Word | None
    title: str


_CLOCK: Final = r"(?:\d{1,2}:)?\d{1,3}:\d{2}"
_PAIR: Final = re.compile(rf"({_CLOCK})\s*[/|]\s*({_CLOCK})")
_ONE_CLOCK: Final = re.compile(_CLOCK)
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_CUE_CLASS: Final = re.compile(r"SeekBar|VideoView|SurfaceView|TextureView|\.Video$")
_CUE_ID: Final = re.compile(r"video|player|seek|progress_?bar|scrubber", re.IGNORECASE)
_CUE_WORD: Final = re.compile(
    r"(?:开始|继续|重新|点击)?播放|暂停|倍速|\d(?:\.\d+)?[xX倍]|全屏|下一[节课集章讲]|重播|播放进度|正在播放"
)
_BAR_ID: Final = re.compile(r"seek|scrub|slider|progress", re.IGNORECASE)
_LESSON_PAGE: Final = re.compile(r"课程|课堂|课时|课件|微课|网课|党课|学习|培训|讲座|视频|播放|回放")
# Two times that are none of a film: of the day, of a match, of a plan, or sums of time on a page of sums.
_OTHER_TIMES: Final = re.compile(
    r"时间|时段|时长|上午|下午|班次|排班|值[班守]|[早中晚夜白]班|上班|下班|考勤|打卡|签到|开放|营业|办公|会议|预约|课表|节次|日程|安排|计划"
    r"|发车|出发|到达|到站|首班|末班|航班|车次|登机|比分|比赛|赛事|主队|客队|对阵|统计|排[名行]|记录|日期"
)
_PLAY: Final = re.compile(r"(?:开始|继续|点击)?播放(?:视频)?|play", re.IGNORECASE)
_NEXT: Final = re.compile(r"(?:进入|学习|播放)?下一(?:节|课|集|章|讲|题|个|小节|课时|视频)\S{0,3}")
_LIVE: Final = re.compile(r"直播中|正在直播|LIVE|直播间|直播回放加载")
_ENDED: Final = re.compile(r"重新播放|重播|播放完毕|播放完成|播放结束|再看一遍")
_DONE: Final = re.compile(r"(?:本节|本课|本视频|本章|该节|课程)?(?:已学完|已完成学习|已完成|学习完成|已看完)")
_COUNTER: Final = re.compile(
    r"(?:本次|本节|累计|今日)?(?:已计时|已学习?|已观看|已看|学习时长|观看时长|计时|观看进度|学习进度):?"
    r"(?:(\d{1,2}:\d{2}(?::\d{2})?)|(\d+(?:\.\d+)?)(秒|分钟?|%))"
)
_QUIZ: Final = re.compile(
    r"随堂测[验试]|课堂(?:练习|测验|测试)|弹题\S{0,2}|课中答题|答题后继续\S{0,4}|请回答\S{0,6}|互动答题|请作答"
)
_QUESTION: Final = re.compile(r"单选题|多选题|判断题|填空题")
_OPTION: Final = re.compile(r"[A-F][.、:)\uff0e]?\s*\S.{0,60}|[A-F]|正确|错误")
_PRESENCE: Final = re.compile(
    r"防挂机\S{0,4}|(?:您|你)?还在(?:看|学习|观看|吗)\S{0,4}|是否在线|是否继续(?:学习|观看|播放)\S{0,2}|挂机检测|疲劳提醒|人脸核验|人脸识别|请正对摄像头|点击继续学习"
)


@once
def read_player(observation: Observation) -> Player | None:
    """Return the player on the screen, ``None`` where there is none.

    Two times are a player only beside something that plays, or on a page of a lesson: a shift plan has two times as
    well. Where nothing tells, see ``times_unexplained``.
    """
    words = app_words(observation)
    joined = with_joined(words)
    live = _first(joined, _LIVE)
    bar = _seek_node(observation)
    position = _position(observation, joined, bar)
    drawn = _drawn_bar(observation, position.box) if bar is None and position is not None else None
    mark = _play_mark(observation, position.box) if position is not None else None
    cue = any(seen is not None for seen in (bar, drawn, mark)) or _has_cue(observation, words)
    if not cue and (position is None or not _of_a_lesson(observation, position)):
        return None
    surface = _surface(observation) or mark
    plays = surface is not None or (bar is not None and _names_playing(bar))
    if position is None and not (plays and (bar is not None or _has_play_word(words) or live is not None)):
        return None
    bar_box, bar_enabled = (drawn, True) if drawn is not None else _bar(observation, bar, position)
    return Player(
        position=position,
        bar=bar_box,
        bar_enabled=bar_enabled,
        bar_id=bar.resource_id if bar is not None else "",
        surface=surface,
        play=_first([w for w in words if len(w.norm) <= 6], _PLAY),
        next=_first(words, _NEXT),
        live=live,
        ended=_first(joined, _ENDED),
        finished_before=_first([w for w in joined if len(w.norm) <= 10], _DONE),
        title=_title(words, position),
    )


@once
def times_unexplained(observation: Observation) -> Word | None:
    """Return two times that may be a film's or anything's where no player was told; ``None`` where there are none."""
    if read_player(observation) is not None:
        return None
    joined = with_joined(app_words(observation))
    position = _position(observation, joined, None)
    if position is None or position.word is None or not _PAIR.search(position.word.norm):
        return None
    return None if _explained(observation, joined, position) else position.word


def counters(observation: Observation) -> tuple[tuple[Word, float, str], ...]:
    """Return the counters of watched time or progress: word, value, unit (``s`` or ``%``)."""
    found = []
    for word in whole(with_joined(app_words(observation)), _COUNTER):
        hit = _COUNTER.fullmatch(word.norm)
        if hit is None:
            continue
        clock, number, unit = hit.groups()
        if clock is not None:
            found.append((word, seconds(clock), "s"))
        elif unit == "%":
            found.append((word, float(number), "%"))
        else:
            found.append((word, float(number) * (1 if unit == "秒" else 60), "s"))
    phrased = matching(app_words(observation), re.compile(r"已看\d+%|已学\d+%"), max_chars=30)
    for word in phrased:
        hit = re.search(r"已[看学](\d+)%", word.norm)
        if hit and not any(word.box == w.box for w, _, _ in found):
            found.append((word, float(hit.group(1)), "%"))
    return tuple(found)


def question(observation: Observation) -> Word | None:
    """Return the word that heads a question with options to choose from, ``None`` where there is none."""
    words = app_words(observation)
    head = matching([w for w in words if len(w.norm) <= 60], re.compile(f"{_QUIZ.pattern}|{_QUESTION.pattern}"))
    options = [w for w in words if _OPTION.fullmatch(w.norm)]
    boxes = [e for e in observation.elements if e.checkable and "Switch" not in e.class_name]
    return head[0] if head and (len(options) >= 2 or len(boxes) >= 2) else None


def presence_prompt(observation: Observation) -> Word | None:
    """Return the word of a prompt that asks whether somebody is there, ``None`` where there is none."""
    return _first([w for w in app_words(observation) if len(w.norm) <= 24], _PRESENCE)


def seconds(text: str) -> float:
    """Return the seconds of ``mm:ss`` or ``h:mm:ss``."""
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


def clocks(text: str) -> tuple[float, ...]:
    """Return the seconds of every ``mm:ss`` or ``h:mm:ss`` in a text."""
    return tuple(seconds(hit.group()) for hit in re.finditer(rf"(?<![\d:]){_CLOCK}(?![\d:])", text))


def _position(observation: Observation, words: Sequence[Word], bar: Element | None) -> Position | None:
    for word in sorted(words, key=lambda w: (len(w.norm), w.box)):
        hit = _PAIR.fullmatch(word.norm) or (_PAIR.search(word.norm) if len(word.norm) <= 30 else None)
        if hit and _plausible(seconds(hit.group(1)), seconds(hit.group(2))):
            return Position(
                value=seconds(hit.group(1)), length=seconds(hit.group(2)), unit="s", word=word, box=word.box
            )
    return _two_clocks(observation, words) or _bar_percent(bar)


def _two_clocks(observation: Observation, words: Sequence[Word]) -> Position | None:
    """Return position and length from two times on one line; between them is the bar or a stroke."""
    clocks = [w for w in words if _ONE_CLOCK.fullmatch(w.norm)]
    for left in clocks:
        line = [w for w in row_of(observation, left) if w.box.left >= left.box.right - 4]
        right = next((w for w in line if _ONE_CLOCK.fullmatch(w.norm)), None)
        between = [w for w in line if right is not None and w.box.right <= right.box.left + 4]
        if right is None or any(re.search(r"[^\W\d_]", w.norm) for w in between):
            continue
        if _plausible(seconds(left.norm), seconds(right.norm)):
            return Position(
                value=seconds(left.norm),
                length=seconds(right.norm),
                unit="s",
                word=left,
                box=left.box.around(right.box),
            )
    return None


def _bar_percent(bar: Element | None) -> Position | None:
    if bar is None:
        return None
    hit = _PERCENT.search(bar.text) or _PERCENT.search(bar.desc)
    if hit is None or float(hit.group(1)) > 100:
        return None
    return Position(value=float(hit.group(1)), length=100.0, unit="%", word=None, box=bar.box)


def _plausible(value_s: float, length_s: float) -> bool:
    return length_s >= 5 and value_s <= length_s + 1


def _has_cue(observation: Observation, words: Sequence[Word]) -> bool:
    if any(_CUE_CLASS.search(e.class_name) for e in observation.elements):
        return True
    if any(_CUE_ID.search(e.resource_id) for e in observation.elements):
        return True
    return _has_play_word(words)


def _has_play_word(words: Sequence[Word]) -> bool:
    return any(_CUE_WORD.fullmatch(w.norm) for w in words)


def _drawn_bar(observation: Observation, times: Box) -> Box | None:
    """Return the bar with a thumb that is drawn in the line of the times or just above or below it."""
    reach_px = _BESIDE_RATIO * observation.size_px[1]
    for shape in observation.shapes:
        wide = shape.kind is ShapeKind.SEEK and shape.box.width_px >= MIN_BAR_RATIO * observation.size_px[0]
        if wide and max(shape.box.top - times.bottom, times.top - shape.box.bottom) <= reach_px:
            return shape.box
    return None


def _play_mark(observation: Observation, times: Box) -> Box | None:
    """Return the play icon that is drawn in the line of the times or on the picture above them."""
    low_px, high_px = (r * observation.size_px[1] for r in (_BESIDE_RATIO, _PICTURE_RATIO))
    for shape in observation.shapes:
        up_px = times.centre_px[1] - shape.box.centre_px[1]
        if shape.kind is ShapeKind.ICON and shape.name == "play" and -low_px <= up_px <= high_px:
            return shape.box
    return None


def _of_a_lesson(observation: Observation, position: Position) -> bool:
    """Return whether two times with a stroke stand on a page that is titled as a lesson, and nothing else has them."""
    if position.word is None or not _PAIR.search(position.word.norm):
        return False
    titled = any(_LESSON_PAGE.search(w.norm) for w in title_words(observation) if len(w.norm) <= _TITLE_CHARS)
    return titled and not _explained(observation, with_joined(app_words(observation)), position)


def _explained(observation: Observation, words: Sequence[Word], position: Position) -> bool:
    """Return whether two times are told to be something else than a film's: by words beside them, or as a list's."""
    pair = position.word
    assert pair is not None
    others = [w.box for w in words if _PAIR.search(w.norm) and not w.box.overlap(pair.box).area_px]
    if any(min(abs(b.left - pair.box.left), abs(b.right - pair.box.right)) <= _ALIGNED_PX for b in others):
        return True
    label = above(observation, pair, within_ratio=_LABEL_RATIO)
    strip_px = _TITLE_BAR_RATIO * observation.size_px[1]
    title = (w for w in title_words(observation) if w.box.bottom <= strip_px)
    near = (pair, *row_of(observation, pair), *label, *title)
    return any(_OTHER_TIMES.search(w.norm) for w in near if len(w.norm) <= _TITLE_CHARS)


def _names_playing(bar: Element) -> bool:
    """Return whether a bar is one of a player: the size of the letters is set with a bar as well."""
    return bool(re.search(r"播放|进度", bar.desc) or re.search(r"video|player|seek", bar.resource_id, re.IGNORECASE))


def _seek_node(observation: Observation) -> Element | None:
    width_px = observation.size_px[0]
    named = [e for e in observation.elements if e.class_name.endswith("SeekBar")]
    named += [
        e
        for e in observation.elements
        if _BAR_ID.search(e.resource_id)
        and not e.class_name.endswith("SeekBar")
        and not (e.text or e.desc)
        and e.box.height_px <= MAX_BAR_HEIGHT_RATIO * observation.size_px[1]
    ]
    wide = [e for e in named if e.box.width_px >= MIN_BAR_RATIO * width_px]
    return wide[0] if wide else None


def _bar(observation: Observation, node: Element | None, position: Position | None) -> tuple[Box | None, bool]:
    if node is not None:
        return node.box, node.enabled
    if position is None or position.word is None:
        return None, True
    between = _between_clocks(observation, position)
    return between, True


def _between_clocks(observation: Observation, position: Position) -> Box | None:
    if position.word is None or position.box.width_px < MIN_BAR_RATIO * observation.size_px[0]:
        return None
    clocks = [
        w for w in app_words(observation) if _ONE_CLOCK.fullmatch(w.norm) and position.box.overlap(w.box).area_px > 0
    ]
    if len(clocks) != 2:
        return None
    left, right = sorted(clocks, key=lambda w: w.box.left)
    if right.box.left - left.box.right < MIN_BAR_RATIO * observation.size_px[0]:
        return None
    return Box(left=left.box.right, right=right.box.left, top=left.box.top, bottom=left.box.bottom)


def _surface(observation: Observation) -> Box | None:
    """Return the area that shows the picture: a video node, else a wide region without text nodes."""
    width_px, height_px = observation.size_px
    nodes = [
        e.box
        for e in observation.elements
        if re.search(r"VideoView|SurfaceView|TextureView|\.Video$", e.class_name)
        or re.search(r"(?:^|[/_])video(?:$|_view)", e.resource_id)
    ]
    wide = [b for b in (*nodes, *observation.opaque) if b.width_px >= 0.6 * width_px]
    usable = [b for b in wide if 0.1 * height_px <= b.height_px <= 0.7 * height_px]
    return usable[0] if usable else None


def _title(words: Sequence[Word], position: Position | None) -> str:
    """Return the longest short text below the title bar that names what is playing; empty where none does."""
    named = [w for w in words if re.search(r"第\s*\d+\s*[节课集章讲]", w.norm) and len(w.norm) <= 40]
    return named[0].norm if named else ""


def next_button(observation: Observation) -> Word | None:
    """Return 下一节 or the like, whether or not a player is in sight; ``None`` where it is not on the screen."""
    return _first(app_words(observation), _NEXT)


def _first(words: Sequence[Word], pattern: re.Pattern[str]) -> Word | None:
    hits = whole(words, pattern)
    return hits[0] if hits else None
