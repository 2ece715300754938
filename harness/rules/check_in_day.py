"""The probe of a day without a check-in: the record before and after it, and what the app says without a place.

Opens the record by the app's own entry, denies the place, lets a day pass where the device allows that, looks again.
The day comes last, because it stays passed: the device's clock is not set back.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

from harness.model import Action, Back, Box, DenyPermission, NextDay, Observation, ScreenKey, Word
from harness.rules.check_in_run import (
    CheckInRun,
    Steps,
    act,
    controls_on,
    in_app,
    mark,
    measure,
    measure_whether,
    relaunch,
    tap_on,
)
from harness.rules.check_in_signs import Why, missed_dates, screen_signs
from harness.rules.wording import app_words, matching, with_joined

PLACE: Final = "android.permission.ACCESS_FINE_LOCATION"
NEXT_DAY: Final = "next-day-missing"  # a sign: the day that passed without a check-in is marked as missed
STREAK_LOST: Final = "streak-lost"  # a sign: the days in a row were lost with it
MAX_GROWN: Final = 2  # a day has two check-ins at most that are missed; more is a page that had not loaded before
MIN_DAY: Final = timedelta(hours=20)
_CHINA: Final = timezone(timedelta(hours=8))
_ENTRY: Final = re.compile(
    r"(?:查看|我的)?(?:值守|上班)?(?:签到|打卡|考勤)(?:打卡|签到)?(?:日历|月历|记录|明细|统计|历史)"
)
_STREAK: Final = re.compile(r"(?:已)?连续(?:签到|打卡)\D{0,2}(\d+)[天日]")
_ASKS_PLACE: Final = re.compile(r"定位|(?:签到|打卡|当前|地理)位置|获取\S{0,4}位置|(?:签到|打卡)范围|位置(?:签到|打卡)")
_DEMANDS_PLACE: Final = re.compile(
    r"(?:请|需要?|须|必须)\S{0,6}(?:开启|打开|允许|授权|授予)\S{0,6}(?:定位|位置)|(?:未|没有)(?:开启|打开|授权|获得|授予)\S{0,4}(?:定位|位置)"
    r"|(?:无法|不能|未能)\S{0,4}(?:获取|确认|定位)\S{0,6}(?:位置|定位)|(?:定位|位置)(?:权限|服务)\S{0,4}(?:未|被)|定位失败|获取位置失败"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What a record shows: days missed, the dates of them that are spelt out, days in a row."""

    screen: ScreenKey
    missing_days: int
    dates: frozenset[tuple[int, int]]
    streak: int | None
    words: tuple[Word, ...]  # that mark missed days


def record_entry(observation: Observation) -> Word | None:
    """Return what opens the record of one's check-ins, ``None`` where nothing does or a check-in stands in its way."""
    controls = controls_on(observation)
    for word in app_words(observation):
        if not word.clickable or not word.enabled or not _ENTRY.fullmatch(word.norm):
            continue
        box = _pressed_box(observation, word)
        if not any(box.holds(*c.box.centre_px) for c in controls):
            return word
    return None


def let_a_day_pass(run: CheckInRun) -> Steps:
    """Yield the record, the denied place, the day and the record again; keep what each showed."""
    before = yield from _read_record(run, "mandatory-check-in-measure-missing-before")
    if before is not None:
        run.missing_before = before.missing_days
        yield from act(run, Back())
    yield from _deny_place(run)
    if before is None and not run.stands:
        return  # nothing to compare: the day would pass for nothing
    passed = run.now.at.device_wall
    yield from act(run, NextDay())
    now = run.now.at.device_wall
    moved = passed is not None and now is not None and now - passed >= MIN_DAY
    measure_whether(run, "mandatory-check-in-measure-day-passed", moved)
    if not moved or passed is None:
        return
    if run.wall is not None:
        yield from relaunch(run)
        again = controls_on(run.now)
        measure_whether(run, "mandatory-check-in-measure-asked-next-day", bool(again))
        mark(run, next(iter(again), None), Why.ASKED_NEXT_DAY)
    after = yield from _read_record(run, "mandatory-check-in-measure-missing-after")
    if after is None or before is None or after.screen != before.screen:
        return
    day = passed.astimezone(_CHINA)
    named = (day.month, day.day) in after.dates - before.dates
    grown = after.missing_days - before.missing_days
    if named or 0 < grown <= MAX_GROWN:
        run.missing_after = after.missing_days
        run.signs |= {NEXT_DAY, "missing"}
        spelt = (w for w in after.words if f"{day.month}月{day.day}日" in w.norm)
        shown = next(spelt, next(iter(after.words), None))
        run.day_mark = shown.text if shown is not None else ""
        mark(run, shown, Why.MISSING_NEXT_DAY)
    if before.streak and after.streak is not None and after.streak < before.streak:
        run.signs.add(STREAK_LOST)


def _read_record(run: CheckInRun, name: str) -> Generator[Action, Observation, _Record | None]:
    """Yield the press that opens the record; return what it shows, ``None`` where none could be opened or read."""
    entry = record_entry(run.now) if in_app(run) else None
    if entry is None:
        return None
    yield from act(run, tap_on(entry))
    if not in_app(run) or run.now.moving:
        return None
    words = with_joined(app_words(run.now))
    signs = screen_signs(run.now, words)
    if not signs.all:
        return None
    run.said.append(run.now)
    missing = next((int(v) for k, v in signs.data if k == "missing_days"), 0)
    measure(run, name, float(missing))
    streaks = [int(hit[1]) for w in words if (hit := _STREAK.search(w.norm))]
    if streaks:
        measure(run, f"{name.replace('missing', 'streak')}", float(max(streaks)))
    return _Record(
        screen=run.now.screen,
        missing_days=missing,
        dates=missed_dates(words),
        streak=max(streaks) if streaks else None,
        words=tuple(s.word for s in signs.all if s.sign == "missing"),
    )


def _deny_place(run: CheckInRun) -> Steps:
    """Where the app asks for a place, yield a start without that permission; keep what it demands then."""
    page = run.start.page
    seen = [w for o in (run.start, run.now) for w in app_words(o)]
    if page is None or not in_app(run) or not any(_ASKS_PLACE.search(w.norm) for w in seen):
        return
    yield from act(run, DenyPermission(package=page.package, permission=PLACE))
    yield from relaunch(run)
    if not in_app(run) or not run.now.words:
        return
    demands = matching(app_words(run.now), _DEMANDS_PLACE, max_chars=40)
    usable = [w for w in controls_on(run.now) if w.enabled]
    measure_whether(run, "mandatory-check-in-measure-place-demanded", bool(demands))
    measure_whether(run, "mandatory-check-in-measure-usable-without-place", bool(usable))
    if demands:
        run.demand = demands[0].text
        mark(run, demands[0], Why.PLACE)


def _pressed_box(observation: Observation, word: Word) -> Box:
    """Return the box of the node that takes a press on the word."""
    at: int | None = word.elements[0] if word.elements else None
    while at is not None:
        element = observation.elements[at]
        if element.clickable:
            return element.box
        at = element.parent
    return word.box
