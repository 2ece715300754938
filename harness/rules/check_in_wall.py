"""The probe of a check-in screen that stands in the way: Back, then a restart. It never presses the control."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.model import Back, Box, Element, Observation, Role, Word
from harness.rules.check_in_run import (
    CheckInRun,
    Steps,
    act,
    controls_on,
    in_app,
    mark,
    mark_said,
    measure_whether,
    relaunch,
)
from harness.rules.check_in_signs import WallReason, Why, is_control
from harness.rules.wording import app_words, matching
from harness.wording import normalise

COVER_RATIO: Final = 0.8  # an overlay of at least this part of the screen leaves nothing else to use
MAX_OTHER_CONTROLS: Final = 3
_WAY_OUT: Final = re.compile(
    r"跳过\S{0,4}|关闭|[×xX✕]|稍后\S{0,3}|以后再说|暂不\S{0,4}|取消|下次再说|返回|后退|转到上一层级|[<\u2039←]|先逛逛"
)
# What an app says when it swallows Back: not that one may check in, nor that one should log in first.
BACK_REFUSED: Final = re.compile(
    r"[请须需]先(?:完成|进行)?(?:今日|本班|当日)?(?:签到|打卡|考勤)|未(?:完成)?(?:签到|打卡)\S{0,8}(?:不能|无法|不可|不得)"
    r"|(?:签到|打卡)(?:后|完成后)\S{0,2}(?:才能|方可|才可|方能)|必须(?:先)?(?:签到|打卡)"
)
_LEAVING: Final = re.compile(r"(?:确定|确认|是否)\S{0,4}(?:退出|离开)|退出\S{0,8}[?？]")
_ABOUT_IT: Final = re.compile(r"签到|打卡|考勤|补签|规则|说明|位置|定位")


def stands_in_the_way(observation: Observation, controls: Sequence[Word]) -> bool:
    """Return whether the screen offers a check-in and hardly anything else: no way out, no other functions."""
    layer = _layer(observation, controls[0])
    within = [w for w in app_words(observation) if _reachable(w, layer)]
    if any(_WAY_OUT.fullmatch(w.norm) for w in within):
        return False
    others = [w for w in within if w.clickable and not is_control(w) and not _ABOUT_IT.search(w.norm)]
    return len(others) <= MAX_OTHER_CONTROLS - 1


def try_to_pass(run: CheckInRun) -> Steps:
    """Yield Back and a restart, and keep whether the screen was still or again in the way."""
    run.conclusive = False
    if run.start.page is None:
        run.wall = WallReason.UNREADABLE
        return
    mark(run, _first(run.start), Why.WALL, role=Role.BEFORE)
    yield from act(run, Back())
    _hear(run)
    still = run.refused_back = _is_wall(run.now)
    measure_whether(run, "mandatory-check-in-measure-wall-after-back", still)
    if still:
        mark(run, _first(run.now), Why.WALL_AFTER_BACK)
        run.conclusive = True  # one refused Back is a reading, whatever comes after
    elif in_app(run) and run.now.words and not matching(app_words(run.now), _LEAVING, max_chars=30):
        mark(run, next(iter(app_words(run.now)), None), Why.AFTER_BACK)
        run.wall, run.conclusive = WallReason.WENT_AWAY, True
        return
    yield from relaunch(run)
    again = _is_wall(run.now)
    measure_whether(run, "mandatory-check-in-measure-wall-after-restart", again)
    mark(run, _first(run.now), Why.WALL_AFTER_RESTART)
    run.conclusive = bool(run.now.words)
    run.wall = WallReason.CAME_BACK if again else WallReason.ONCE_ONLY if run.conclusive else WallReason.UNREADABLE


def _hear(run: CheckInRun) -> None:
    """Keep what the app said when Back was pressed, where it said that one has to check in first."""
    said = next((text for text in run.now.toasts if BACK_REFUSED.search(normalise(text))), "")
    if said:
        run.toast = said
        mark_said(run, said, Why.TOAST)


def _first(observation: Observation) -> Word | None:
    return next(iter(controls_on(observation)), None)


def _is_wall(observation: Observation) -> bool:
    controls = controls_on(observation)
    return bool(controls) and stands_in_the_way(observation, controls)


def _layer(observation: Observation, control: Word) -> tuple[Box, frozenset[int]] | None:
    """Return the innermost layer that covers the screen and holds the control, with its nodes; ``None`` is none."""
    if not control.elements:
        return None
    width_px, height_px = observation.size_px
    at: int | None = control.elements[0]
    while at is not None:
        element = observation.elements[at]
        if element.parent is not None and element.box.area_px >= COVER_RATIO * width_px * height_px:
            return element.box, _subtree(observation.elements, at)
        at = element.parent
    return None


def _subtree(elements: Sequence[Element], root: int) -> frozenset[int]:
    nodes = {root}
    for index in range(root + 1, len(elements)):
        if elements[index].parent in nodes:
            nodes.add(index)
    return frozenset(nodes)


def _reachable(word: Word, layer: tuple[Box, frozenset[int]] | None) -> bool:
    """Return whether a finger can get at the word: not where it stands before the layer's nodes and under its box."""
    if layer is None or not word.elements:
        return True
    box, nodes = layer
    first = min(nodes)
    under = all(e < first for e in word.elements) and box.holds(*word.box.centre_px)
    return not under
