"""The probe of a step that wants a picture: is 下一步 open before, with nothing chosen, and after. Hands nothing in.

Control run: what opens by itself after a while, or at the second press, was never locked by the picture. In a filed app
no picture is chosen, because many pages send it off at once; in a made-up app of the demo a made-up one is, and taken
out again.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import (
    DEMO_PACKAGES,
    WHETHER,
    Action,
    Back,
    Mark,
    Measure,
    Observation,
    Role,
    Tap,
    Wait,
    Word,
)
from harness.rules.concluding import ProbeCut
from harness.rules.forms import NEXT
from harness.rules.photo_signs import has_picture
from harness.rules.photo_words import ADD, OTHER_PICTURE, REFUSED
from harness.rules.wording import Sighting, app_words, marks_of, matching, read_from_pixels_only, whole

CONTROL_S: Final = 8.0
MAX_PRESSES: Final = 4  # from the button that adds a picture to the picture chosen
MAY_PRESS: Final = ("下一步", "下一项", "下一环节", "进入下一步", "下一页")
MAY_PRESS_DEMO: Final = (
    "拍照上传", "上传照片", "添加照片", "添加图片", "上传图片", "+", "从相册选择", "示例图片", "完成", "确定",
    "移除照片",
)  # fmt: skip

_CHOOSE: Final = re.compile(r"从(?:手机)?相册\S{0,4}|相册|示例(?:图片|照片)\S{0,2}|完成|确定|选好了")
_TAKE_OUT: Final = re.compile(r"移除照片|删除照片|移除|[×✕]")
_ASKS_FOR: Final = re.compile(r"请先?(?:填写|选择|输入|勾选|完善|确认|完成)\S{1,16}|\S{1,10}不能为空")
_SAME_RATIO: Final = 0.7  # of the words of two looks, for them to be the same page

Steps = Generator[Action, Observation, None]


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    BEFORE = "photo-step-lock-mark-before"
    WAITED = "photo-step-lock-mark-waited"
    REFUSED = "photo-step-lock-mark-refused"
    WENT_ON = "photo-step-lock-mark-went-on"
    AFTER = "photo-step-lock-mark-after"


class Name(StrEnum):
    """What the probe measures; message keys."""

    BEFORE = "photo-step-lock-measure-before"
    WAITED = "photo-step-lock-measure-waited"
    WITH_PICTURE = "photo-step-lock-measure-with-picture"


@dataclass(slots=True, kw_only=True)
class StepRun:
    """What the probe has seen: ``None`` is what was not come to."""

    start: Observation
    now: Observation
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    open_before: bool | None = None
    gave_way: bool = False  # open by itself after a while, or at the second press, without a picture
    went_on: bool = False  # the first press went on
    refusal: str = ""  # what the app said, where it named the picture
    other: str = ""  # what the app asked for instead
    stayed: bool = False  # a press led nowhere and nothing was said
    chosen: bool = False
    open_after: bool | None = None
    cut: bool = False


def next_control(observation: Observation) -> Word | None:
    """Return the control that leads to the next step, ``None`` where there is none."""
    found = whole(app_words(observation), NEXT)
    pressable = [w for w in found if w.clickable or not w.enabled or read_from_pixels_only(w)]
    return max(pressable, key=lambda w: w.box.top, default=None)


def try_the_step(start: Observation) -> Generator[Action, Observation, StepRun]:
    """Yield the tries; return what became of the step."""
    run = StepRun(start=start, now=start)
    try:
        yield from _before(run)
        if not run.went_on and not run.gave_way and not run.other and _is_demo(start):
            yield from _with_a_picture(run)
    except ProbeCut:
        run.cut = True
    return run


def _before(run: StepRun) -> Steps:
    control = next_control(run.start)
    if control is None:
        return
    run.open_before = control.enabled
    _measure(run, Name.BEFORE, holds=control.enabled)
    _mark(run, control, Why.BEFORE, Role.BEFORE)
    if not control.enabled:
        yield from _act(run, Wait(seconds=CONTROL_S))
        later = next_control(run.now)
        if later is not None:
            run.gave_way = later.enabled
            _measure(run, Name.WAITED, holds=later.enabled)
            _mark(run, later, Why.WAITED)
        return
    run.went_on = yield from _press_on(run)
    if run.went_on or run.other:
        return
    if not run.refusal:
        # Where only pixels can be read a shut control looks open, and a press does nothing.
        run.stayed = True
        yield from _act(run, Wait(seconds=CONTROL_S))
    run.gave_way = yield from _press_on(run)
    _measure(run, Name.WAITED, holds=run.gave_way)


def _press_on(run: StepRun) -> Generator[Action, Observation, bool]:
    """Press the next control, return whether it led on; where it did, come back."""
    before = run.now
    control = next_control(before)
    if control is None or not control.enabled:
        return False
    yield from _act(run, _tap(control))
    said = _refusal(run)
    if said:
        run.refusal = said
        if not _same_page(run.now, before):
            yield from _act(run, Back())  # the dialog that says so
        return False
    asked = _asked(run)
    if asked:
        run.other = asked
        return False
    if _same_page(run.now, before):
        return False
    _mark(run, next(iter(app_words(run.now)), None), Why.WENT_ON)
    yield from _act(run, Back())
    return True


def _refusal(run: StepRun) -> str:
    known = {w.norm for w in app_words(run.start)}
    said = [t for t in run.now.toasts if REFUSED.search(t) and not OTHER_PICTURE.search(t)]
    hits = [w for w in matching(app_words(run.now), REFUSED, max_chars=40) if w.norm not in known]
    hits = [w for w in hits if not w.clickable and not OTHER_PICTURE.search(w.norm)]
    if hits:
        _mark(run, hits[0], Why.REFUSED)
    return said[0] if said else (hits[0].text if hits else "")


def _asked(run: StepRun) -> str:
    return next((t for t in run.now.toasts if _ASKS_FOR.search(t)), "")


def _with_a_picture(run: StepRun) -> Steps:
    add = next((w for w in whole(app_words(run.now), ADD) if _can_be_pressed(w)), None)
    if add is None:
        return
    yield from _act(run, _tap(add))
    for _ in range(MAX_PRESSES):
        if has_picture(run.now):
            break
        choice = next((w for w in whole(app_words(run.now), _CHOOSE) if _can_be_pressed(w)), None)
        if choice is None:
            break
        yield from _act(run, _tap(choice))
    run.chosen = has_picture(run.now) is True
    control = next_control(run.now)
    if not run.chosen or control is None:
        return
    run.open_after = control.enabled
    _measure(run, Name.WITH_PICTURE, holds=control.enabled)
    _mark(run, control, Why.AFTER)
    if run.open_before and control.enabled:
        run.refusal, said = "", run.refusal
        run.open_after = yield from _press_on(run)
        run.refusal = said
    drop = next((w for w in whole(app_words(run.now), _TAKE_OUT) if _can_be_pressed(w)), None)
    if drop is not None:
        yield from _act(run, _tap(drop))


def _can_be_pressed(word: Word) -> bool:
    """Return whether a press may be tried; of text in pixels nobody says what is a button."""
    return word.enabled and (word.clickable or read_from_pixels_only(word))


def _same_page(one: Observation, other: Observation) -> bool:
    a, b = ({w.norm for w in app_words(o)} for o in (one, other))
    return bool(a | b) and len(a & b) >= _SAME_RATIO * len(a | b)


def _is_demo(observation: Observation) -> bool:
    return observation.page is not None and observation.page.package.startswith(DEMO_PACKAGES)


def _act(run: StepRun, action: Action) -> Steps:
    run.now = yield action


def _tap(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def _mark(run: StepRun, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="step")], role=role))


def _measure(run: StepRun, name: Name, *, holds: bool) -> None:
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    run.measures.append(Measure(at_s=at_s, name=name, value=float(holds), unit=WHETHER, observation=run.now.id))
