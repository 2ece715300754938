"""The probe of an offer or an advertisement: press it, see whether a checkout comes, and go back. Pays nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Launch, Mark, Measure, Observation, Role, Tap, Word
from harness.rules.commerce_words import ADVERTISER, BUY, GOODS, NO_TRADE, ORDER, PRESSABLE_BUY, PRICE
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole

MAX_PRESSES: Final = 2  # a sheet for size and number may come first
MAX_BACKS: Final = 3


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    CHECKOUT = "commercial-activity-mark-checkout"
    LEFT = "commercial-activity-mark-left"
    AFTER = "commercial-activity-mark-after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of a press: a checkout, another app, a page that sells; nothing of these where it gave way."""

    checkout: bool
    left_app: bool
    sells: bool
    marks: tuple[Mark, ...]
    measure: Measure


def checkout(observation: Observation) -> tuple[Word, ...]:
    """Return the words that make a page the last one before paying: an order and what it costs; empty elsewhere."""
    words = app_words(observation)
    order, price = whole(words, ORDER), [w for w in words if PRICE.search(w.norm) and len(w.norm) <= 24]
    if not order or not price or any(NO_TRADE.search(w.norm) for w in words if len(w.norm) <= 24):
        return ()
    return (*order[:2], price[0])


def of_goods(observation: Observation) -> bool:
    """Return whether the page speaks of goods that are sent or counted, as the checkout of a shop does."""
    return bool(whole(app_words(observation), GOODS))


def follow(start: Observation, target: Word) -> Generator[Action, Observation, Followed]:
    """Yield a press of ``target``, once more where a choice comes first, and Back until the page is there again."""
    now = yield _tap(target)
    for _ in range(MAX_PRESSES - 1):
        again = button(now)
        if checkout(now) or again is None or not _in_app(start, now) or target.norm not in PRESSABLE_BUY:
            break
        now = yield _tap(again)
    reached, left = checkout(now), not _in_app(start, now)
    shown = app_words(now)
    sells = bool(matching(shown, ADVERTISER, max_chars=40) or whole(shown, BUY)) and now.screen != start.screen
    seen = [Sighting(word=w, why=Why.CHECKOUT, sign="checkout") for w in reached]
    if not seen:
        seen = [Sighting(word=w, why=Why.LEFT if left else Why.AFTER, sign="after") for w in shown[:2]]
    followed = Followed(
        checkout=bool(reached),
        left_app=left,
        sells=sells,
        marks=marks_of(now, seen, role=Role.AFTER),
        measure=Measure(
            at_s=round(now.at.mono_s - start.at.mono_s, 1),
            name="commercial-activity-reached-checkout",
            value=float(bool(reached)),
            unit=WHETHER,
            observation=now.id,
        ),
    )
    for _ in range(MAX_BACKS):
        if now.screen == start.screen:
            break
        now = yield Back()
    if start.page is not None and not _in_app(start, now):
        yield Launch(package=start.page.package)
    return followed


def button(observation: Observation) -> Word | None:
    """Return the button that buys and that the probe may press, ``None`` where there is none."""
    found = (w for w in app_words(observation) if w.norm in PRESSABLE_BUY and w.clickable and w.enabled)
    return next(found, None)


def _in_app(start: Observation, now: Observation) -> bool:
    return start.page is None or now.page is None or start.page.package == now.page.package


def _tap(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)
