"""Reads off one screen that photos or videos are asked for: for which work, and whether one may go on without. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import Box, Marker, Observation, Word
from harness.rules.form_labels import Addressed, addressed_to, is_signed_by_staff
from harness.rules.forms import HAND_IN, NEXT, Form, read_form, title_of
from harness.rules.layout import title_words
from harness.rules.once import once
from harness.rules.photo_words import (
    ADD,
    AT_LEAST,
    CAMERA_ONLY,
    COUNTED,
    LABEL,
    MUST,
    OF_ANYTHING,
    OF_CITIZENS,
    OF_OTHERS,
    OF_WORK,
    OPTIONAL,
    OTHER_PICTURE,
    REFUSED,
    ROUNDS,
    SAYS_SO,
    STAMPED,
    TO_LOOK_AT,
)
from harness.rules.wording import Sighting, app_words, atoms, is_headline

ASKED: Final = "photo-asked"
OPTIONAL_ONE: Final = "photo-optional"
REQUIRED: Final = "photo-required"
NUMBER: Final = "photo-number"
SAID: Final = "photo-said"
TOLD: Final = "photo-refused"
CAMERA: Final = "photo-camera-only"
STAMP: Final = "photo-stamped"

_STAR: Final = re.compile(r"\*|\(?必[填传]\)?")
_QUICK: Final = re.compile(r"照片|相片|图片|拍照|视频|影像|录像|佐证|留痕|拍摄")
_PLUS: Final = ("+", "＋")
_MAX_LABEL_CHARS: Final = 40
_NEAR_RATIO: Final = 0.09  # of the screen's height: how far below a label what belongs to it may stand


class Why(StrEnum):
    """What a marked place shows; message keys."""

    ASKED = "trace-photo-video-mark-asked"
    REQUIRED = "trace-photo-video-mark-required"
    NUMBER = "trace-photo-video-mark-number"
    SAID = "trace-photo-video-mark-said"
    TOLD = "trace-photo-video-mark-told"
    CAMERA = "trace-photo-video-mark-camera"
    STAMP = "trace-photo-video-mark-stamp"
    OPTIONAL = "trace-photo-video-mark-optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photos:
    """What a screen says of photos; ``of_work`` is ``None`` where nobody can tell whose task it is."""

    sightings: tuple[Sighting, ...]
    other: Word | None  # a photo of another kind: of oneself, of a document, of a citizen's matter
    of_work: bool | None
    form: Form | None
    task: str

    @property
    def signs(self) -> frozenset[str]:
        return frozenset(s.sign for s in self.sightings)


@once
def photos_on(observation: Observation) -> Photos | None:
    """Return what a screen says of photos asked for, ``None`` where it says nothing."""
    if not any(_QUICK.search(w.norm) for w in observation.words) and not any(
        _QUICK.search(t) for t in observation.toasts
    ):
        return None
    words = app_words(observation)
    parts = [w for w in atoms(words) if len(w.norm) <= _MAX_LABEL_CHARS]
    asks = _asks(parts, observation.size_px[1])
    told = [t for t in observation.toasts if REFUSED.search(t.replace(" ", "")) and not OTHER_PICTURE.search(t)]
    if not asks and not told:
        return None
    form = read_form(observation)
    title = form.title if form is not None else title_of(observation)
    other = next((w for w in asks if OTHER_PICTURE.search(w.norm)), None)
    # 门头照片 or 作品图片 is the picture of something, and no trace of work.
    mine = [w for w in asks if not OTHER_PICTURE.search(w.norm) and _may_be_of_work(w.norm)]
    sightings = _sightings(observation, mine, parts) if _can_be_given(parts) or told else []
    of_work = _of_work(observation, title, form, mine, words)
    if of_work is None and not (_takes_pictures(parts) or {REQUIRED, NUMBER, SAID} & {s.sign for s in sightings}):
        of_work = False
    if told:
        sightings.append(Sighting(word=_said(told[0]), why=Why.TOLD, sign=TOLD, marker=Marker.GATE))
    return Photos(
        sightings=tuple(sightings),
        other=other,
        of_work=of_work,
        form=form,
        task=title,
    )


def _asks(words: Sequence[Word], height_px: int) -> list[Word]:
    """Return the labels and buttons that ask for a picture; a sentence that leads on to a story asks for nothing."""
    found = []
    for word in words:
        text = word.norm
        if not _QUICK.search(text) or is_headline(word) or TO_LOOK_AT.search(text) or OF_OTHERS.search(text):
            continue
        if ADD.fullmatch(text) or (
            LABEL.fullmatch(text) and len(text) <= _MAX_LABEL_CHARS and not re.search(r"[。;]", text)
        ):
            found.append(word)
    labels = [w for w in found if not ADD.fullmatch(w.norm)]
    # A button belongs to the label above it, which says what is wanted.
    return [w for w in found if not (ADD.fullmatch(w.norm) and any(_belongs(w.box, n.box, height_px) for n in labels))]


def _may_be_of_work(label: str) -> bool:
    return bool(OF_WORK.search(label) or OF_ANYTHING.fullmatch(label) or ADD.fullmatch(label))


def _takes_pictures(words: Sequence[Word]) -> bool:
    return any(ADD.fullmatch(w.norm) or COUNTED.fullmatch(w.norm) or w.norm in _PLUS for w in words)


def _can_be_given(words: Sequence[Word]) -> bool:
    """Return whether the page takes anything: pictures of a finished record are there to be looked at."""
    return _takes_pictures(words) or any(NEXT.fullmatch(w.norm) or HAND_IN.fullmatch(w.norm) for w in words)


def _sightings(observation: Observation, asks: Sequence[Word], words: Sequence[Word]) -> list[Sighting]:
    if not asks:
        return []
    found: list[Sighting] = []
    for ask in asks:
        around = [w for w in words if w is not ask and _belongs(w.box, ask.box, observation.size_px[1])]
        beside = [w for w in around if _near(w, ask)]
        if OPTIONAL.search(ask.norm) or any(OPTIONAL.search(w.norm) and len(w.norm) <= 12 for w in beside):
            found.append(Sighting(word=ask, why=Why.OPTIONAL, sign=OPTIONAL_ONE))
            continue
        found.append(Sighting(word=ask, why=Why.ASKED, sign=ASKED))
        if "*" in ask.norm or MUST.search(ask.norm) or any(_STAR.fullmatch(w.norm) for w in beside):
            found.append(Sighting(word=ask, why=Why.REQUIRED, sign=REQUIRED, marker=Marker.NO_OPT_OUT))
        found += [
            Sighting(word=w, why=Why.NUMBER, sign=NUMBER, marker=Marker.QUOTA)
            for w in (ask, *around)
            if AT_LEAST.search(w.norm)
        ]
    if not any(s.sign == ASKED for s in found):
        return found
    told = [w for w in words if not OTHER_PICTURE.search(w.norm) and not OPTIONAL.search(w.norm) and not w.clickable]
    found += [Sighting(word=w, why=Why.SAID, sign=SAID, marker=Marker.GATE) for w in told if SAYS_SO.search(w.norm)]
    found += [
        Sighting(word=w, why=Why.REQUIRED, sign=REQUIRED, marker=Marker.NO_OPT_OUT) for w in told if MUST.search(w.norm)
    ]
    found += [
        Sighting(word=w, why=Why.CAMERA, sign=CAMERA, marker=Marker.NO_OPT_OUT)
        for w in told
        if CAMERA_ONLY.search(w.norm)
    ]
    found += [Sighting(word=w, why=Why.STAMP, sign=STAMP) for w in told if STAMPED.search(w.norm)]
    return found


def _of_work(
    observation: Observation, title: str, form: Form | None, asks: Sequence[Word], words: Sequence[Word]
) -> bool | None:
    """Return whether the picture belongs to a task of staff: the page has to tell, and the label must not gainsay."""
    heads = [title, *(w.norm for w in title_words(observation) if len(w.norm) <= 16)]
    if any(OF_CITIZENS.search(h) for h in heads):
        return False
    addressed = form.addressed if form is not None else addressed_to(title, (), words)
    if addressed is Addressed.CITIZEN:
        return False
    signed = form is not None and any(is_signed_by_staff(f.label) for f in form.fields)
    if asks and (ROUNDS.search(title) or signed):
        return True
    of_work = any(OF_WORK.search(w.norm) for w in asks)
    return None if of_work or (asks and addressed is Addressed.STAFF) else False


def has_picture(observation: Observation) -> bool | None:
    """Return whether a counter of pictures says that there is one, ``None`` where there is no counter."""
    counts = [m for w in app_words(observation) if (m := COUNTED.fullmatch(w.norm))]
    if not counts:
        return None
    return any(int(m[1]) > 0 for m in counts)


def _said(text: str) -> Word:
    """Return a toast as a word without a place."""
    return Word(text=text, norm=text, box=Box(left=0, top=0, right=0, bottom=0), channels=frozenset())


def _belongs(box: Box, label: Box, height_px: int) -> bool:
    return label.top - 0.02 * height_px <= box.top <= label.bottom + _NEAR_RATIO * height_px


def _near(word: Word, ask: Word) -> bool:
    return min(word.box.bottom, ask.box.bottom) - max(word.box.top, ask.box.top) > 0
