"""下一节 of a video: looked for under the player too, pressed before the end, and what the page made of it."""

from __future__ import annotations

from typing import Final

from harness.model import Back, Box, Observation, Swipe
from harness.rules.player import Player, next_button, read_player
from harness.rules.video_run import (
    ProbeEnd,
    Run,
    Steps,
    Stopped,
    Why,
    act,
    hear,
    mark,
    new_refusals,
    player_on,
    read_position,
    said_by,
    same_video,
    tap_on,
)
from harness.rules.wording import Sighting, marks_of

_LOW: Final = 0.8  # of the page's height: where the player's times stand as low, it fills the page
_SWIPE_S: Final = 0.8


def press_next(run: Run) -> Steps:
    """Press 下一节 before the end; a page that stays the same refused, one that changes let go.

    Under a player that fills its page, as on a screen held wide, it is scrolled to and back from.
    """
    player = player_on(run)
    page = _filled_page(run.now, player) if player.next is None else None
    if page is not None:
        yield from act(run, _lowered(page))
        run.below = run.now
    button, title, before = player.next or next_button(run.now), player.title, player.position
    if button is None or before is None:
        if page is not None:
            yield from act(run, _raised(page))
        return
    run.next_seen = True
    run.next_disabled = not button.enabled
    words_before = said_by(run.now)
    yield from act(run, tap_on(button))
    at_once = run.now
    if page is not None:
        yield from act(run, _raised(page))
    position = read_position(run, "press-next")
    after = read_player(run.now)
    said = new_refusals(at_once, words_before)
    told = hear(run, at_once)
    same = after is not None and position is not None and after.title == title and same_video(before, position)
    if said:
        run.next_refused = True
        run.next_refusal = said[0].text
        run.marks.extend(marks_of(at_once, [Sighting(word=said[0], why=Why.REFUSAL, sign="video")]))
    elif same and told:
        run.next_refused, run.next_refusal = True, told
    elif not same and after is not None:
        run.next_open = True
        mark(run, after.next or button, Why.NEXT_OPEN)
    if same and (said or told or run.next_disabled):
        run.marks.extend(marks_of(at_once, [Sighting(word=button, why=Why.NEXT_LOCKED, sign="video")]))
    if after is None:
        yield from _find_back(run)


def _filled_page(observation: Observation, player: Player) -> Box | None:
    """Return the box that scrolls and is filled by the player, ``None`` where the player is but a part of it."""
    times = player.position.word if player.position is not None else None
    boxes = [element.box for element in observation.elements if element.scrollable]
    page = max(boxes, key=lambda box: box.area_px, default=None)
    if page is None or times is None or times.box.bottom < page.top + _LOW * page.height_px:
        return None
    return page


def _lowered(page: Box) -> Swipe:
    x_px = (page.left + page.right) // 2
    high_px, low_px = page.top + page.height_px // 5, page.top + page.height_px * 4 // 5
    return Swipe(x1_px=x_px, y1_px=low_px, x2_px=x_px, y2_px=high_px, duration_s=_SWIPE_S)


def _raised(page: Box) -> Swipe:
    down = _lowered(page)
    return Swipe(x1_px=down.x2_px, y1_px=down.y2_px, x2_px=down.x1_px, y2_px=down.y1_px, duration_s=_SWIPE_S)


def _find_back(run: Run) -> Steps:
    """Dismiss what covers the player with Back, once."""
    yield from act(run, Back())
    if read_player(run.now) is None:
        raise ProbeEnd(Stopped.LOST)
