"""Where an app of the filed list begins and ends: the way in, and whether a screen is inside. Pure.

An app fills its package. A mini-program is a part of its host, an H5 one site in a browser: what lies beside them in
the same package is neither walked nor judged as theirs.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from urllib.parse import urlsplit

from harness.model import (
    Action,
    Actor,
    Box,
    EntryKind,
    FiledApp,
    Launch,
    Observation,
    ObservationId,
    OpenLink,
    ProbeRun,
    ScreenKey,
    Step,
    Swipe,
    Tap,
    Type,
    Walk,
    Word,
)
from harness.wording import normalise

ENTERED = "enter-open"  # why the step was taken that opens the sub-app; a message key, as are the next two
NOT_FOUND = "entry-not-found"
NOT_REACHED = "entry-not-reached"

# Where hosts keep their mini-programs, in the order in which they are tried.
_HALLS = ("工作台", "应用", "小程序", "应用中心", "全部应用", "更多应用", "服务", "办事", "发现")
_SEARCH = re.compile(r"搜索|搜一搜|search|请输入.{0,6}(?:应用|小程序)名称?", re.IGNORECASE)
_SEARCH_ID = re.compile(r"(?:^|_)search(?:_|$)|search(?:bar|view|box|icon|btn)?$", re.IGNORECASE)
_FIELDS = ("EditText", "AutoCompleteTextView", "MultiAutoCompleteTextView")
_ADDRESS_ID = re.compile(
    r"^(?:url|url_bar|url_field|url_edit_text|location_bar_edit_text|address|address_bar|addressbar|search_url"
    r"|mozac_browser_toolbar_url_view|editor_title_url)$"
)
_HOST = re.compile(r"(?:https?://)?([\w.-]+(?::\d+)?)(?:[/?#].*)?", re.ASCII)
_SCROLLS = 3  # how far down a hall is looked through for the name
_FOOT_RATIO = 0.9  # tabs stand below this share of the screen
_TAB_CHARS = 5
_RESULT_MORE_CHARS = 8  # a search result may say a little more than the name: 考勤助手 小程序

Way = Generator[tuple[Action, str], Observation, str]


def way_in(app: FiledApp, why: str) -> Way:
    """Yield each action of the way into an app and why, receive what was seen after it; return what failed, or nothing.

    ``why`` is of the start itself, a message key.
    """
    if app.entry_kind is EntryKind.APP:
        yield Launch(package=app.package), why
        return ""
    if app.entry_kind is EntryKind.H5 or "://" in app.entry:
        seen = yield OpenLink(url=app.entry, package=app.package), ENTERED
        return "" if seen.page is None or seen.page.package == app.package else NOT_REACHED
    seen = yield Launch(package=app.package), why
    return (yield from _by_name(normalise(app.entry), seen))


def _by_name(name: str, seen: Observation) -> Way:
    """Look for a mini-program by its name: where the host opens, in its halls, and at last by its search."""
    tried: set[str] = set()
    while True:
        for _ in range(_SCROLLS):
            box = _scrollable(seen)
            if _named(seen, name) is not None or box is None or not tried:
                break
            seen = yield _swipe_up(box), "enter-scroll"
        found = _named(seen, name)
        if found is not None:
            return (yield from _open(found, seen))
        hall = next((word for hall in _HALLS if hall not in tried and (word := _named(seen, hall)) is not None), None)
        if hall is None:
            break
        tried.add(hall.norm)
        seen = yield _tap(hall.box, hall.text), "enter-hall"
    return (yield from _by_search(name, seen))


def _by_search(name: str, seen: Observation) -> Way:
    for _ in range(2):  # a search icon opens a page with a field, on others the field is there at once
        field = next((element.box for element in seen.elements if _is_field(element.class_name)), None)
        if field is not None:
            yield _tap(field, "搜索"), "enter-search"
            seen = yield Type(text=name), "enter-type"
            found = _named(seen, name) or _named(seen, name, more_chars=_RESULT_MORE_CHARS)
            if found is not None:
                return (yield from _open(found, seen))
            return NOT_FOUND
        icon = _search_icon(seen)
        if icon is None:
            return NOT_FOUND
        seen = yield _tap(icon, "搜索"), "enter-search"
    return NOT_FOUND


def _open(word: Word, before: Observation) -> Way:
    seen = yield _tap(word.box, word.text), ENTERED
    return "" if seen.screen != before.screen else NOT_REACHED


def _named(seen: Observation, name: str, *, more_chars: int = 0) -> Word | None:
    """Return the word that is the name, pressable ones first; what stands in a field is what was typed there."""
    fields = [element.box for element in seen.elements if _is_field(element.class_name)]
    words = [
        word
        for word in seen.words
        if (
            word.norm == name
            or (more_chars and word.norm.startswith(name) and len(word.norm) <= len(name) + more_chars)
        )
        and not any(box.holds(*word.box.centre_px) for box in fields)
    ]
    return min(words, key=lambda word: not word.clickable, default=None)


def _search_icon(seen: Observation) -> Box | None:
    for element in seen.elements:
        said = element.text or element.desc or element.hint
        named = _SEARCH_ID.search(element.resource_id.rpartition("/")[2])
        if element.clickable and element.box.area_px and (named or (_SEARCH.search(said) and len(said) <= 12)):
            return element.box
    return None


def _is_field(class_name: str) -> bool:
    return class_name.rpartition(".")[2] in _FIELDS


def _scrollable(seen: Observation) -> Box | None:
    boxes = [element.box for element in seen.elements if element.scrollable and element.box.height_px > 200]
    return max(boxes, key=lambda box: box.area_px, default=None)


def _swipe_up(box: Box) -> Swipe:
    x_px = (box.left + box.right) // 2
    top_px, bottom_px = box.top + box.height_px // 5, box.top + box.height_px * 4 // 5
    return Swipe(x1_px=x_px, y1_px=bottom_px, x2_px=x_px, y2_px=top_px, duration_s=0.4)


def _tap(box: Box, label: str) -> Tap:
    x_px, y_px = box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=label)


# --- inside and outside


class Whereabouts:
    """Tells of each screen of one walk, in order, whether it is inside the app. Used by one walk or one reading of it.

    A mini-program is the activity that it was entered in: another one is the host's, or another mini-program. In a host
    that draws everything in one activity, what was seen on the way in is the host's, and so is whatever has its bar of
    tabs. An H5 ends where the browser shows the address of another site; where it shows none, a page is where the page
    before it was.
    """

    def __init__(self, app: FiledApp) -> None:
        self._app = app
        self._site = _host(app.entry) if app.entry_kind is EntryKind.H5 else ""
        self._halls: set[str] = set()
        self._hall_screens: set[ScreenKey] = set()
        self._bars: set[tuple[str, ...]] = set()
        self._own = ""  # the mini-program's activity, empty where it is the host's too
        self._entering = app.entry_kind is not EntryKind.APP
        self._inside = not self._entering

    def after(self, step: Step, seen: Observation) -> bool:
        """Return whether what was seen after a step is inside the app."""
        if seen.companion:
            return False
        if self._app.entry_kind is EntryKind.APP:
            return self._in_package(seen)
        if step.actor is Actor.START:
            self._entering = step.why != ENTERED or step.gap is not None
            self._inside = not self._entering
            if not self._entering:
                activity = _activity(seen)
                self._own = "" if activity in self._halls else activity
        if self._entering:
            self._remember_hall(seen)
            return False
        self._inside = self._in_package(seen) and (
            self._on_site(seen) if self._app.entry_kind is EntryKind.H5 else not self._in_host(seen)
        )
        return self._inside

    def _in_package(self, seen: Observation) -> bool:
        return seen.page is None or seen.page.package == self._app.package

    def _remember_hall(self, seen: Observation) -> None:
        if seen.page is not None and seen.page.package == self._app.package:
            self._halls.add(seen.page.activity)
            self._hall_screens.add(seen.screen)
            self._bars.add(_bar(seen))

    def _in_host(self, seen: Observation) -> bool:
        activity = _activity(seen)
        if self._own and activity and activity != self._own:
            return True
        bar = _bar(seen)
        return seen.screen in self._hall_screens or (bool(bar) and bar in self._bars)

    def _on_site(self, seen: Observation) -> bool:
        host = _address(seen)
        if not host:
            return self._inside
        return host == self._site or host.endswith(f".{self._site}") or self._site.endswith(f".{host}")


def inside(walk: Walk) -> frozenset[ObservationId]:
    """Return which of a walk's observations show the app itself; an unknown foreground counts as the app.

    What a probe saw on the second device is in its run only: the app there may be in another account's hands.
    """
    if walk.app.entry_kind is EntryKind.APP:
        package = walk.app.package
        return frozenset(
            o.id for o in walk.observations if not o.companion and (o.page is None or o.page.package == package)
        )
    by_id = {o.id: o for o in walk.observations}
    whereabouts = Whereabouts(walk.app)
    return frozenset(_inside_after(whereabouts, walk.steps, by_id))


def _inside_after(
    whereabouts: Whereabouts, steps: Iterable[Step], by_id: dict[ObservationId, Observation]
) -> Iterable[ObservationId]:
    for step in steps:
        seen = by_id.get(step.after) if step.after is not None else None
        if seen is not None and whereabouts.after(step, seen):
            yield seen.id


def lost_its_way(run: ProbeRun, shown: frozenset[ObservationId]) -> bool:
    """Return whether a launch in a probe of a part of a host ended in the host: what follows is not about the part."""
    return any(isinstance(action, Launch) and after not in shown for action, after in run.exchanges)


def is_web_address(entry: str) -> bool:
    """Return whether an entry can be opened in a browser."""
    return entry.startswith(("http://", "https://")) and bool(_host(entry))


def _activity(seen: Observation) -> str:
    return "" if seen.page is None else seen.page.activity


def _bar(seen: Observation) -> tuple[str, ...]:
    """Return the labels of the bar of tabs at the foot of the screen, left to right; nothing where there is none."""
    foot = [word for word in seen.words if word.box.top >= _FOOT_RATIO * seen.size_px[1] and word.norm]
    labels = tuple(word.norm for word in sorted(foot, key=lambda word: word.box.left))
    return labels if len(labels) > 1 and all(len(label) <= _TAB_CHARS for label in labels) else ()


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _address(seen: Observation) -> str:
    """Return the host that the browser's own address field shows, empty where it shows none."""
    for element in seen.elements:
        if _ADDRESS_ID.match(element.resource_id.rpartition("/")[2]):
            found = _HOST.fullmatch((element.text or element.desc).strip())
            if found is not None:
                return found[1].lower()
    return ""
