"""The part of the probe of recorded places that mocks the place: does the page follow, and refuse outside of a fence?

Control run: nobody moves, and what the page shows stays. Then the device says that it is in a far city, and in another.
Undo: the real place. A device that cannot mock a place changes nothing on the page, which proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Mark, Measure, MockPlace, Observation, RealPlace, Role, Wait, Word
from harness.rules.forms import title_of
from harness.rules.track_words import FENCED, OF_OTHERS
from harness.rules.wording import Sighting, app_words, is_headline, marks_of, matching

FAR: Final = (
    MockPlace(latitude_deg=34.7466, longitude_deg=113.6253),
    MockPlace(latitude_deg=30.5728, longitude_deg=104.0668),
)
SETTLE_S: Final = 4.0
_MAX_CHARS: Final = 60
# Where somebody is: named places, coordinates, how far from somewhere, how far gone.
_SHOWN: Final = re.compile(
    r"(?:当前|所在|我的|实时)?(?:位置|地点|坐标|定位|经度|纬度|经纬度)\S{0,3}[:：]\S+|\S{0,4}-?\d{1,3}\.\d{3,}\S*"
    r"|\S{0,4}(?:距离?|相距)\S{0,16}\d(?:\.\d+)?\S{0,2}(?:米|公里|km|m)|\S{0,4}(?:里程|轨迹点)\S{0,6}\d\S*"
)


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    FOLLOWS = "trace-location-mark-follows"
    FAR = "trace-location-mark-far"


class Name(StrEnum):
    """What the probe measures; message keys."""

    FOLLOWS = "trace-location-measure-follows"
    FENCED = "trace-location-measure-fenced"


@dataclass(slots=True, kw_only=True)
class PlaceRun:
    """What the page made of mocked places: ``follows`` is ``None`` where that was not seen."""

    follows: bool | None = None
    fence: str = ""  # what it says in both far cities, and did not say before
    gave_way: bool = False  # said in one of them only
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def mock_the_place(start: Observation) -> Generator[Action, Observation, PlaceRun]:
    """Yield the control run, two places and the real one again; return what the page made of them."""
    run = PlaceRun()
    still = yield Wait(seconds=SETTLE_S)
    looks = []
    for place in FAR:
        yield place
        looks.append((yield Wait(seconds=SETTLE_S)))
    yield RealPlace()
    if any((o.page, title_of(o)) != (start.page, title_of(start)) for o in (still, *looks)):
        return run  # another page came by itself: what it shows is not this one's place
    texts = [_texts(o) for o in (start, still, *looks)]
    if texts[0] == texts[1] and texts[2] != texts[3] and texts[2] != texts[1]:
        run.follows = True
        _keep(run, start, looks[-1], (Name.FOLLOWS, Why.FOLLOWS, _shown(looks[-1])))
    fences = [_fences(o) for o in looks]
    before = {w.norm for o in (start, still) for w in _fences(o)}
    new = [[w for w in words if w.norm not in before] for words in fences]
    if all(new):
        run.fence = new[-1][0].text
        _keep(run, start, looks[-1], (Name.FENCED, Why.FAR, new[-1]))
    run.gave_way = any(new) and not all(new)
    return run


def _texts(observation: Observation) -> tuple[str, ...]:
    return tuple(w.norm for w in _shown(observation))


def _shown(observation: Observation) -> list[Word]:
    return [w for w in matching(app_words(observation), _SHOWN, max_chars=_MAX_CHARS) if not is_headline(w)]


def _fences(observation: Observation) -> list[Word]:
    words = [w for w in app_words(observation) if not is_headline(w) and not OF_OTHERS.search(w.norm)]
    return list(matching(words, FENCED, max_chars=_MAX_CHARS))


def _keep(run: PlaceRun, start: Observation, seen: Observation, what: tuple[Name, Why, list[Word]]) -> None:
    name, why, words = what
    run.marks += marks_of(seen, [Sighting(word=w, why=why, sign="track") for w in words[:2]], role=Role.AFTER)
    at_s = round(seen.at.mono_s - start.at.mono_s, 1)
    run.measures.append(Measure(at_s=at_s, name=name, value=1.0, unit=WHETHER, observation=seen.id))
