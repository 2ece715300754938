"""Values in words: actions, times, places. Pure; texts come from the message files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from harness.messages import text
from harness.model import (
    AcrossFinding,
    Action,
    Back,
    Clause,
    Datum,
    DenyPermission,
    Finding,
    Gap,
    Home,
    Launch,
    LogIn,
    LongPress,
    MockPlace,
    Moment,
    NextDay,
    OnCompanion,
    OpenLink,
    Outcome,
    RealPlace,
    Recents,
    RestorePermission,
    Stop,
    Swipe,
    Tap,
    Type,
    TypeSecret,
    Wait,
)
from harness.rules.concluding import CUT_PAGES

# Data of a reason that are message keys of their own. Everything else is text from the app and is never looked up.
_KEYS_IN_DATA = frozenset({"why", "stopped_by", "accepts", "tracks", "reviews"})
_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Turns values into the words of one language."""

    language: str = "zh_CN"

    def say(self, key: str, **data: object) -> str:
        """Return the text of ``key``; the key itself where there is none."""
        return text(key, data.items(), self.language)

    def statement(self, finding: Finding | Outcome | AcrossFinding) -> str:
        """Return the one sentence of a finding or outcome: what was seen, or why nothing can be said."""
        data = {"screens": 1, **{name: self._datum(name, value) for name, value in finding.data}}  # one, unless told
        said = self.say(finding.reason, **data)
        return said + self.say("report-cut-pages", **data) if CUT_PAGES in data else said

    def checkpoint(self, checkpoint: str) -> str:
        """Return the name of a place that has to be looked at."""
        key = f"checkpoint-{checkpoint}"
        name = self.say(key)
        return checkpoint if name == key else name

    def _datum(self, name: str, value: Datum) -> Datum:
        """Return a datum in words where it is itself a key: a place, a channel, a reason."""
        if not isinstance(value, str):
            return value
        if name == "checkpoint":
            return self.checkpoint(value)
        if name == "channel":
            return self.say(f"report-channel-{value}")
        return self.say(value) if name in _KEYS_IN_DATA else value

    def action(self, action: Action) -> str:
        """Return what was done, as a person would note it."""
        match action:
            case Tap(label=label) | LongPress(label=label) if label:
                key = "report-did-tap" if isinstance(action, Tap) else "report-did-long-press"
                return self.say(key, what=label)
            case Tap(x_px=x, y_px=y) | LongPress(x_px=x, y_px=y):
                key = "report-did-tap-at" if isinstance(action, Tap) else "report-did-long-press-at"
                return self.say(key, x=x, y=y)
            case Swipe(label=label) if label:
                return self.say("report-did-swipe", what=label)
            case Swipe():
                return self.say(
                    "report-did-swipe-at", x1=action.x1_px, y1=action.y1_px, x2=action.x2_px, y2=action.y2_px
                )
            case Type(text=typed):
                return self.say("report-did-type", what=typed)
            case TypeSecret(what=what):
                return self.say("report-did-type-secret", what=self.say(f"secret-{what}"))
            case Wait(seconds=seconds):
                return self.say("report-did-wait", seconds=f"{seconds:g}")
            case Launch(package=package):
                return self.say("report-did-launch", what=package)
            case OpenLink(url=url):
                return self.say("report-did-open-link", what=url)
            case Stop(package=package):
                return self.say("report-did-stop", what=package)
            case DenyPermission(permission=permission):
                return self.say("report-did-deny", what=self.say(permission))
            case RestorePermission(permission=permission):
                return self.say("report-did-restore", what=self.say(permission))
            case MockPlace(latitude_deg=latitude, longitude_deg=longitude):
                return self.say("report-did-mock-place", latitude=f"{latitude:.4f}", longitude=f"{longitude:.4f}")
            case RealPlace():
                return self.say("report-did-real-place")
            case NextDay():
                return self.say("report-did-next-day")
            case LogIn():
                return self.say("report-did-log-in")
            case OnCompanion(action=inner):
                return self.say("report-did-on-companion", what=self.action(inner))
            case Back():
                return self.say("report-did-back")
            case Home():
                return self.say("report-did-home")
            case Recents():
                return self.say("report-did-recents")

    def why(self, why: str) -> str:
        """Return a step's reason; ``probe:<rule>`` is a key with the rule's id behind it."""
        head, _, tail = why.partition(":")
        return self.say(f"report-why-{head}", what=tail) if tail else self.say(head)

    def gap(self, gap: Gap) -> str:
        """Return which channel could not be read, why, and what the machine said."""
        said = f"{self.say(f'report-channel-{gap.channel}')}：{self.say(gap.reason)}"
        return f"{said}（{gap.detail}）" if gap.detail else said

    def clause_source(self, clause: Clause) -> str:
        """Return document, number and date of a clause in one line."""
        parts = [clause.document, clause.number, clause.date, clause.item]
        return " ".join(part for part in parts if part)

    def confidence(self, clause: Clause) -> str:
        """Return how far the wording and the article number are confirmed."""
        words = self.say(f"report-confidence-{clause.confidence}")
        if clause.article_no:
            return f"{self.say('report-article', number=clause.article_no)} · {words}"
        return f"{self.say('report-article-unconfirmed')} · {words}"


def at_host(moment: Moment) -> str:
    """Return the host's time in Beijing time, to the second."""
    return stamp(moment.wall)


def at_device(moment: Moment) -> str:
    """Return the device's own time, empty where it did not tell."""
    return "" if moment.device_wall is None else stamp(moment.device_wall)


def apart_s(moment: Moment) -> float | None:
    """Return by how many seconds the device's clock is ahead of the host's."""
    return None if moment.device_wall is None else (moment.device_wall - moment.wall).total_seconds()


def clock_s(seconds: float) -> str:
    """Return ``m:ss``, with tenths where there are any."""
    minutes, tenths = divmod(round(max(0.0, seconds) * 10), 600)
    whole, tenth = divmod(tenths, 10)
    return f"{minutes}:{whole:02d}.{tenth}" if tenth else f"{minutes}:{whole:02d}"


def stamp(moment: datetime) -> str:
    """Return a time in Beijing time, to the second."""
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")
