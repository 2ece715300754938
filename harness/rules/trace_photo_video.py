"""Flags 强制上传工作照片、视频: a step of a staff task that cannot be handed in without a picture.

NECESSARY: such a step. SUFFICIENT: submission impossible without it (required mark, a number, the app's own refusal),
or the camera alone with time and place stamped on. Whether it was needed (非必要情况下) is for a person.
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
    Marker,
    Observation,
    Outcome,
    Rule,
    RuleId,
    Severity,
    Stage,
    Verdict,
)
from harness.rules import clauses
from harness.rules.binding import binding
from harness.rules.checkpoints import HOME, TASKS
from harness.rules.concluding import EXEMPTION, data_of, if_read, nothing_found, nothing_on, something_else
from harness.rules.necessity import need_claimed
from harness.rules.outcomes import joined, sighted
from harness.rules.photo_signs import (
    ASKED,
    CAMERA,
    NUMBER,
    OPTIONAL_ONE,
    REQUIRED,
    SAID,
    STAMP,
    TOLD,
    photos_on,
)
from harness.rules.photo_words import OF_WORK, OPTIONAL, ORDERED, OTHER_PICTURE
from harness.rules.wording import Sighting, app_words, matching

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "trace-photo-video"
ORDER: Final = "photo-ordered"
LEXICON: Final = Lexicon(
    must=(
        "上传照片", "拍照上传", "现场照片", "工作照片", "上传视频", "水印相机", "现场拍照", "留痕", "图片必传",
    ),
    support=(
        "至少N张", "必填", "*", "仅支持拍摄", "不可从相册选择", "请上传照片后提交", "时间地点水印", "走访照片", "台账",
        "佐证材料",
    ),
    compulsion=("必传", "必填", "至少", "未上传不能提交", "请上传现场照片"),
    voluntary=("选填", "可不传", "自愿"),
    lookalike=(
        "上传头像", "身份证正反面", "证件照", "上传材料（办事）", "报修照片（选填）", "随手拍（群众）", "扫一扫",
        "发票", "截图分享",
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    REFUSED = "trace-photo-video-refused"
    REQUIRED = "trace-photo-video-required"
    CAMERA = "trace-photo-video-camera"
    ORDERED = "trace-photo-video-ordered"
    PRESENT = "trace-photo-video-present"
    WHOSE = "trace-photo-video-whose"
    TEXT_ONLY = "trace-photo-video-text-only"
    OPTIONAL = "trace-photo-video-optional"
    LOOK_ALIKE = "trace-photo-video-look-alike"
    NOT_SEEN = "trace-photo-video-not-seen"


class Why(StrEnum):
    """What a marked place of rules and notices shows; a message key."""

    ORDERED = "trace-photo-video-mark-ordered"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "trace-photo-video-limit-article"
    NEED = "trace-photo-video-limit-need"
    WHOSE = "trace-photo-video-limit-whose"
    SUBMIT = "trace-photo-video-limit-submit"


_QUICK: Final = re.compile(r"照片|图片|拍照|视频|影像|录像|佐证|留痕|拍摄")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of photos that a staff task asks for."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    photos = photos_on(observation)
    if photos is None or photos.of_work is False:
        ordered = _orders(observation) if photos is None else []
        if ordered:
            return sighted(
                observation, (Verdict.PRESENT, Reason.TEXT_ONLY), ordered, data={"said": ordered[0].word.text}
            )
        if photos is not None and photos.other is not None:
            return something_else(observation, photos.other, Reason.LOOK_ALIKE)
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    signs = photos.signs
    if not {ASKED, TOLD} & signs:
        optional = next((s.word for s in photos.sightings if s.sign == OPTIONAL_ONE), photos.other)
        if optional is None:
            return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
        return something_else(observation, optional, Reason.OPTIONAL if OPTIONAL_ONE in signs else Reason.LOOK_ALIKE)
    claim = need_claimed(observation, OF_WORK)
    data: dict[str, Datum] = {"task": photos.task or "?", "said": _most_telling(photos.sightings)}
    whose = photos.of_work is True
    sightings = [s for s in photos.sightings if s.sign != OPTIONAL_ONE]
    return sighted(
        observation, _weigh(signs, whose=whose, claimed=claim is not None), sightings, data=data, claim=claim
    )


def _orders(observation: Observation) -> list[Sighting]:
    """Return what rules or a notice of the app say of pictures that have to be handed in."""
    if not any(_QUICK.search(w.norm) for w in observation.words):
        return []
    said = matching(binding(observation, app_words(observation), own=False), ORDERED, max_chars=120)
    return [
        Sighting(word=w, why=Why.ORDERED, sign=ORDER, marker=Marker.QUOTA)
        for w in said
        if _QUICK.search(w.norm) and not OTHER_PICTURE.search(w.norm) and not OPTIONAL.search(w.norm)
    ]


def _most_telling(sightings: Sequence[Sighting]) -> str:
    order = (TOLD, SAID, REQUIRED, NUMBER, CAMERA, ASKED)
    ranked = sorted(sightings, key=lambda s: order.index(s.sign) if s.sign in order else len(order))
    return ranked[0].word.text


def _weigh(signs: frozenset[str], *, whose: bool, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a picture asked for is necessary, that nothing goes on without it sufficient."""
    if ASKED not in signs and TOLD not in signs:
        return (Verdict.PRESENT, Reason.TEXT_ONLY) if ORDER in signs else (Verdict.CLEAR, Reason.NOT_SEEN)
    if not whose:
        return Verdict.PRESENT, Reason.WHOSE
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    if {TOLD, SAID} & signs:
        return verdict, Reason.REFUSED
    if {REQUIRED, NUMBER} & signs:
        return verdict, Reason.REQUIRED
    if {CAMERA, STAMP} <= signs:
        return verdict, Reason.CAMERA
    return (verdict, Reason.ORDERED) if ORDER in signs else (Verdict.PRESENT, Reason.PRESENT)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the field stands on one page, what rules say of it may stand on another."""
    shown = [o for o in outcomes if o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    order = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT)
    ordered = sorted(shown, key=lambda o: (order.index(o.verdict), o.reason == Reason.TEXT_ONLY, -len(o.signs)))
    best = ordered[0]
    if best.verdict is not Verdict.PRESENT or not any(ORDER in o.signs for o in shown):
        return joined(ordered, (best.verdict, best.reason), FUNCTION)
    data = data_of(ordered)
    signs = frozenset(sign for o in ordered for sign in o.signs)
    whose = any(o.reason == Reason.PRESENT for o in ordered)
    return joined(ordered, _weigh(signs, whose=whose, claimed=EXEMPTION in data), FUNCTION)


RULE: Final = Rule(
    id=RuleId("trace-photo-video"),
    name_zh="强制上传工作照片、视频",
    name_en="Photos or videos demanded of staff",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_CARRIER_OF_APPRAISAL,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=(HOME, TASKS),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
