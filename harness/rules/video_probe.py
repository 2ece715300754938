"""The probe of a video: what happens to the position when one seeks, goes on, leaves, returns, lets it end.

Yields actions and receives what was seen after each; performs nothing. Every reading becomes a ``Measure``. A question
that pops up is recorded and never answered: the probe ends there and says so.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from harness.model import Action, Back, Home, Launch, Measure, Observation, Role, Tap, Wait, Word
from harness.rules.concluding import ProbeCut
from harness.rules.film_entry import MIN_ENTRY_CHARS, way_back
from harness.rules.layout import row_of
from harness.rules.player import Player, Position, read_player
from harness.rules.video_next import press_next
from harness.rules.video_run import (
    AWAY_S,
    BACK_FROM_S,
    BACK_TO_RATIO,
    LOOK_S,
    MAX_BACK,
    MAX_ENTRY_CHARS,
    MAX_TIME_S,
    SEEK_SETTLE_S,
    Name,
    ProbeEnd,
    Run,
    Seek,
    Steps,
    Stopped,
    Why,
    act,
    first_containing,
    first_counter,
    first_whole,
    gesture_to,
    hear,
    judge_seek,
    mark,
    mark_toast,
    moved,
    near,
    new_refusals,
    player_on,
    read_position,
    said_by,
    seek_target,
    stalled,
    tap_on,
    watch_for_interruptions,
    without_digits,
)
from harness.rules.video_words import (
    CREDIT_COUNTER,
    CREDIT_EARNED,
    FASTER,
    FINISHED_TAG,
    LEAVE_DIALOG,
    LOADING,
    NO_SPEED,
    RESUME_DIALOG,
    SPEED,
    STAY,
)
from harness.rules.wording import Sighting, app_words, marks_of, matching
from harness.wording import normalise

LOADING_S: Final = 10.0  # for a film that has to load first where it was dragged to
FASTER_RATIO: Final = 1.2  # slower than this the video runs as before, whatever the button says


def measure_video(start: Observation) -> Generator[Action, Observation, Run]:
    """Yield the steps of the probe, return everything measured; ends early on a question, a prompt or the budget."""
    run = Run(start=start, now=start)
    try:
        yield from _measure(run)
    except ProbeEnd as end:
        run.stopped = end.reason
    except ProbeCut:
        run.cut = True
        return run
    if run.forward is Seek.REFUSED and run.control_free is None:
        try:
            yield from _seek_in_a_finished_video(run)
        except ProbeEnd as end:
            # The comparison is an extra: without it the run stands as it was measured.
            run.stopped = run.stopped or end.reason
        except ProbeCut:
            run.cut = True
    return run


def _measure(run: Run) -> Steps:
    watch_for_interruptions(run)
    yield from _make_it_play(run)
    player = player_on(run)
    run.finished_before = bool(player.finished_before or player.ended)
    run.speed_seen = first_whole(run.now, SPEED) is not None
    yield from _seek_forward(run)
    if run.forward is Seek.FREE and not (player.next and not player.next.enabled):
        yield from press_next(run)
        return
    yield from press_next(run)
    yield from _seek_backward(run)
    yield from _ask_for_speed(run)
    yield from _go_home_and_return(run)
    yield from _leave_and_return(run)
    yield from _let_it_end(run)


# --- the steps -------------------------------------------------------------------------------------------------


def _make_it_play(run: Run) -> Steps:
    """Bring the position on screen and the video to play; the first reading and the length are recorded here."""
    player = player_on(run)
    if player.position is None and player.surface is not None:
        x_px, y_px = player.surface.centre_px
        yield from act(run, Tap(x_px=x_px, y_px=y_px, label=""))
        player = player_on(run)
    first = read_position(run, "start")
    if first is None:
        raise ProbeEnd(Stopped.NO_POSITION)
    run.measures.append(
        Measure(at_s=run.at_s(), name=str(Name.LENGTH), value=first.length, unit=first.unit, observation=run.now.id)
    )
    mark(run, first.word, Why.POSITION, Role.BEFORE)
    for _ in range(2):
        began_s, before = run.at_s(), first.value
        yield from act(run, Wait(seconds=LOOK_S))
        after = read_position(run, "play")
        if after is not None and moved(before, after, run.at_s() - began_s):
            run.plays = True
            return
        player = read_player(run.now) or player
        if player.ended is not None or player.finished_before is not None:
            return
        yield from _press_play(run, player)
        first = read_position(run, "press-play") or first
    raise ProbeEnd(Stopped.NOT_PLAYING)


def _press_play(run: Run, player: Player) -> Steps:
    if player.play is not None:
        yield from act(run, tap_on(player.play))
    elif player.surface is not None:
        x_px, y_px = player.surface.centre_px
        yield from act(run, Tap(x_px=x_px, y_px=y_px, label=""))


def _seek_forward(run: Run) -> Steps:
    """Drag the bar to nine tenths, then tap there: a bar that ignores drags may still follow a tap."""
    player = player_on(run)
    if player.position is None:
        return
    run.bar_seen = player.bar is not None
    run.bar_disabled = player.bar is not None and not player.bar_enabled
    for by_tap in (False, True):
        yield from _seek(run, seek_target(player.position), by_tap=by_tap)
        if run.forward in (Seek.FREE, None):
            return


def _seek(run: Run, target: float, *, by_tap: bool) -> Steps:
    player = player_on(run)
    position = player.position
    if player.bar is None or position is None or target <= position.value:
        return
    words_before = said_by(run.now)
    began_s = run.at_s()
    yield from act(run, gesture_to(player, position, target, by_tap=by_tap))
    shown = read_position(run, "seek-forward-at-once")
    at_once = run.now
    yield from act(run, Wait(seconds=SEEK_SETTLE_S))
    after = read_position(run, "seek-forward")
    if stalled(run.now, position, after):
        yield from act(run, Wait(seconds=LOADING_S))
        after = read_position(run, "seek-forward-later")
    result = judge_seek(position, target, after, run.at_s() - began_s)
    if result is Seek.REFUSED and matching(app_words(run.now), LOADING, max_chars=16):
        result = Seek.UNREADABLE
    if result is Seek.FREE or run.forward is None:
        run.forward, run.forward_from, run.forward_target = result, position.value, target
        run.forward_after = after.value if after else None
    if shown and after and near(shown.value, target, position.length) and result is Seek.REFUSED:
        run.undone = True
    for seen in (at_once, run.now):
        run.refusal = run.refusal or hear(run, seen)
        refusals = new_refusals(seen, words_before)
        if refusals and not run.refusal:
            run.refusal = refusals[0].text
            run.marks.extend(marks_of(seen, [Sighting(word=refusals[0], why=Why.REFUSAL, sign="video")]))
    if after is not None:
        mark(run, after.word, Why.AFTER_SEEK)


def _ask_for_speed(run: Run) -> Steps:
    """Ask for a faster speed where the player offers one, and measure how fast the video then runs."""
    offered = first_whole(run.now, SPEED)
    if offered is None or not offered.clickable:
        return
    words_before = said_by(run.now)
    yield from act(run, tap_on(offered))
    faster = first_whole(run.now, FASTER)
    if faster is not None and faster.box != offered.box:  # a list of speeds
        yield from act(run, tap_on(faster))
    words = matching(app_words(run.now), NO_SPEED, max_chars=40)
    refused = [word for word in words if without_digits(word) not in words_before]
    told = next((toast for toast in run.now.toasts if NO_SPEED.search(normalise(toast))), "")
    if refused:
        mark(run, refused[0], Why.REFUSAL)
    elif told:
        mark_toast(run, run.now, told)
    before, began_s = read_position(run, "speed"), run.at_s()
    yield from act(run, Wait(seconds=LOOK_S))
    after, passed_s = read_position(run, "speed-wait"), run.at_s() - began_s
    if before is not None and after is not None and passed_s > 0:
        run.speed_ratio = round((after.value - before.value) / passed_s, 1)
        run.speed_refused = bool(refused or told) and run.speed_ratio < FASTER_RATIO


def _seek_backward(run: Run) -> Steps:
    """Drag back some way: where that works, the bar and the gesture do, and only the way forward is closed."""
    player = player_on(run)
    if player.bar is None or player.position is None or run.forward is not Seek.REFUSED:
        return
    if player.position.unit == "s" and player.position.value < BACK_FROM_S:
        yield from act(run, Wait(seconds=round(BACK_FROM_S - player.position.value + 1, 1)))
        read_position(run, "play")
        player = player_on(run)
    position = player.position
    if position is None or player.bar is None:
        return
    began_s = run.at_s()
    yield from act(run, gesture_to(player, position, BACK_TO_RATIO * position.value, by_tap=False))
    after = read_position(run, "seek-backward")
    if after is None:
        run.backward = Seek.UNREADABLE
        return
    elapsed = run.at_s() - began_s if position.unit == "s" else 0.0
    went_back = after.value < position.value + elapsed - max(2.0, 0.4 * position.value)
    run.backward = Seek.FREE if went_back else Seek.REFUSED


def _go_home_and_return(run: Run) -> Steps:
    if run.start.page is None:
        return
    before_counter = first_counter(run.now)
    before = read_position(run, "before-home")
    yield from act(run, Home())
    yield from act(run, Wait(seconds=AWAY_S))
    yield from act(run, Launch(package=run.start.page.package))
    after = read_position(run, "after-home")
    if after is None or before is None:
        if read_player(run.now) is None:
            yield from _press_entry(run, before_words=run.start)
        return
    run.home_position_stopped = after.value - before.value < AWAY_S / 2 and after.unit == "s"
    run.home_lost = after.value < before.value - 3
    after_counter = first_counter(run.now)
    if before_counter is not None and after_counter is not None:
        grown = after_counter[1] - before_counter[1]
        run.home_counter_stopped = after_counter[2] == "s" and grown < AWAY_S / 2
        run.counts_credit = bool(CREDIT_COUNTER.search(after_counter[0].norm))
        mark(run, after_counter[0], Why.AFTER_HOME)
    mark(run, after.word, Why.AFTER_HOME)
    player = player_on(run)
    began_s = run.at_s()
    yield from act(run, Wait(seconds=LOOK_S))
    again = read_position(run, "after-home-wait")
    if again is not None and not moved(after.value, again, run.at_s() - began_s):
        yield from _press_play(run, read_player(run.now) or player)


def _leave_and_return(run: Run) -> Steps:
    """Press Back, find the entry again by its words, go in: does the position stand where it was."""
    before = read_position(run, "before-back")
    inside = run.now
    yield from act(run, Back())
    stay = first_whole(run.now, STAY)
    if first_containing(run.now, LEAVE_DIALOG) is not None and stay is not None:
        yield from act(run, tap_on(stay))
        read_position(run, "leave-dialog")
        return
    if read_player(run.now) is not None and read_position(run, "back-swallowed") is not None:
        return
    yield from _press_entry(run, before_words=inside)
    resume = first_whole(run.now, RESUME_DIALOG)
    if resume is not None:
        yield from act(run, tap_on(resume))
    after = read_position(run, "re-enter")
    if after is None:
        player = read_player(run.now)
        if player is None:
            raise ProbeEnd(Stopped.LOST)
        yield from _press_play(run, player)
        after = read_position(run, "re-enter")
    if after is not None and before is not None:
        run.reentry_reset = after.value < before.value - max(5.0, 0.3 * before.value)
        mark(run, after.word, Why.AFTER_RETURN)


def _press_entry(run: Run, *, before_words: Observation) -> Steps:
    """Press what leads back to the film that was left."""
    player = read_player(before_words)
    position = player.position if player is not None else None
    left = [before_words, *([run.below] if run.below is not None else [])]
    entry = way_back(run.now, left, position.length if position is not None and position.unit == "s" else None)
    if entry is None:
        raise ProbeEnd(Stopped.LOST)
    yield from act(run, tap_on(entry))
    if read_player(run.now) is None:
        yield from act(run, Wait(seconds=SEEK_SETTLE_S))


def _let_it_end(run: Run) -> Steps:
    """Wait in slices until the end; then look for credit and the opened next lesson, and seek once more."""
    position = read_position(run, "play")
    if position is None or position.unit != "s":
        return
    stood = 0
    while not _at_end(run, position):
        left_s = position.length - position.value
        if run.at_s() + left_s > MAX_TIME_S:
            raise ProbeEnd(Stopped.BUDGET)
        before, began_s = position.value, run.at_s()
        yield from act(run, Wait(seconds=round(min(max(position.length / 8, 5.0), left_s + 1, 300.0), 1)))
        position = read_position(run, "play")
        if position is None:
            break
        stood = 0 if moved(before, position, run.at_s() - began_s) or position.value < before else stood + 1
        if stood == 2:
            yield from _press_play(run, player_on(run))
        if stood > 3:
            raise ProbeEnd(Stopped.NOT_PLAYING)
    yield from _look_after_the_end(run)


def _at_end(run: Run, position: Position) -> bool:
    player = read_player(run.now)
    return position.value >= position.length - 1.5 or bool(player and player.ended)


def _look_after_the_end(run: Run) -> Steps:
    yield from act(run, Wait(seconds=SEEK_SETTLE_S))
    run.ended = True
    player = player_on(run)
    earned = matching(app_words(run.now), CREDIT_EARNED, max_chars=40)
    before = {w.norm for w in app_words(run.start)}
    new = [w for w in earned if w.norm not in before]
    run.credit = bool(new)
    mark(run, new[0] if new else None, Why.CREDIT)
    mark(run, player.ended or player.finished_before, Why.ENDED)
    run.next_opened_at_end = run.next_disabled and player.next is not None and player.next.enabled
    if player.bar is None or player.position is None or run.forward is not Seek.REFUSED:
        return
    yield from act(run, gesture_to(player, player.position, 0.1 * player.position.length, by_tap=False))
    read_position(run, "control-back")
    again = read_player(run.now)
    if again is not None and again.position is not None and again.bar is not None:
        yield from _control_seek(run, again)


def _seek_in_a_finished_video(run: Run) -> Steps:
    """Go back until a list shows a video marked as finished, and seek there: the control run on another video."""
    for _ in range(MAX_BACK):
        yield from act(run, Back())
        if run.now.page is None or run.start.page is None or run.now.page.package != run.start.page.package:
            return
        entry = _finished_entry(run.now) if read_player(run.now) is None else None
        if entry is not None:
            yield from act(run, tap_on(entry))
            player = read_player(run.now)
            if player is not None and player.position is not None:
                yield from _control_seek(run, player)
                yield from act(run, Back())  # no other probe shall begin on a film that is finished
            return


def _finished_entry(observation: Observation) -> Word | None:
    """Return what can be pressed to open a video that is marked as finished, ``None`` where there is none."""
    for tag in app_words(observation):
        if len(tag.norm) > MAX_ENTRY_CHARS or not FINISHED_TAG.search(tag.norm):
            continue
        if tag.clickable:
            return tag
        line = [w for w in row_of(observation, tag) if w is not tag and len(w.norm) >= MIN_ENTRY_CHARS]
        if line:
            return max(line, key=lambda w: (w.clickable, len(w.norm)))
    return None


def _control_seek(run: Run, player: Player) -> Steps:
    position = player.position
    if position is None or player.bar is None:
        return
    target = seek_target(position)
    if target <= position.value:
        return
    began_s = run.at_s()
    yield from act(run, gesture_to(player, position, target, by_tap=False))
    yield from act(run, Wait(seconds=SEEK_SETTLE_S))
    after = read_position(run, "control-seek")
    result = judge_seek(position, target, after, run.at_s() - began_s)
    run.control_free = result is Seek.FREE
    mark(run, after.word if after else None, Why.CONTROL_RUN)
