"""Look-alikes of our own icon templates, drawn for this benchmark: path data on a 24 x 24 grid."""

from __future__ import annotations

from collections.abc import Mapping

from harness.perceive.pictures.outline import Outline, read_outline

_CALENDAR = "M7 2h2v2h6V2h2v2h2a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h2z M5 9v11h14V9z"
_LOCK_BODY = "M18 9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2z"
_CROSS = "M9.4 11L8 12.4l2.6 2.6L8 17.6 9.4 19l2.6-2.6 2.6 2.6 1.4-1.4-2.6-2.6 2.6-2.6-1.4-1.4-2.6 2.6z"
_KEYHOLE = "M12 13.5a2 2 0 1 0 0 4 2 2 0 1 0 0-4z"
_CROWN = "M2 6l5 5 5-8 5 8 5-5-2 11H4z M4 19h16v2H4z"
_CUP = (
    "M6 2h12v2h4v4c0 3-2 5-4.5 5.4C16.7 15.6 15 17 13 17.4V20h4v2H7v-2h4v-2.6C9 17 7.3 15.6 6.5 13.4 4 13 2 11 2 8V4h4z"
    " M4 6v2c0 1.6.8 2.7 2 3.2V6z M18 6v5.2c1.2-.5 2-1.6 2-3.2V6z"
)
_CROSSED = "M8 9.4L9.4 8l2.6 2.6L14.6 8 16 9.4 13.4 12l2.6 2.6-1.4 1.4-2.6-2.6L9.4 16 8 14.6l2.6-2.6z"
_DISC = "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20z"

ALIKE: Mapping[str, Mapping[str, str]] = {
    "calendar-check": {
        "calendar-blank": _CALENDAR,
        "calendar-cross": f"{_CALENDAR} {_CROSS}",
        "calendar-day": f"{_CALENDAR} M7 11h5v5H7z",
    },
    "lock": {
        "lock-open": f"{_LOCK_BODY} {_KEYHOLE} M7 8V6.5a5 5 0 0 1 9.8-1.3l-1.9.6A3 3 0 0 0 9 6.5V8z",
        "lock-hollow": f"{_LOCK_BODY} M6 11v9h12v-9z M7 9V6.5a5 5 0 0 1 10 0V9h-2V6.5a3 3 0 0 0-6 0V9z",
    },
    "play": {"play-hollow": "M7 4v16l13-8z M9 7.6l7.2 4.4L9 16.4z", "skip": "M5 5v14l10-7z M16 5h3v14h-3z"},
    "crown": {
        "crown-hollow": f"{_CROWN} M5.6 15h12.8l.8-4.4-2.6 2.6L12 6.6l-4.6 6.6-2.6-2.6z",
        "queen": "M3 8l4 4 1-8 4 7 4-7 1 8 4-4-3 9H6z M6 19h12v3H6z",
    },
    "trophy": {
        "cup-hollow": f"{_CUP} M8 4v7c0 2.5 1.6 4.4 4 4.4s4-1.9 4-4.4V4z",
        "glass": "M6 2h12v7c0 4-2 7-5 8.4V20h4v2H7v-2h4v-2.6C8 16 6 13 6 9z",
    },
    "medal": {
        "medal-full": "M5 1h5l2 3.6L14 1h5l-3.6 6.6a8 8 0 0 0-6.8 0z M12 8.4a7 7 0 1 0 0 14 7 7 0 1 0 0-14z",
        "ring": "M12 8.4a7 7 0 1 0 0 14 7 7 0 1 0 0-14z M12 11.4a4 4 0 1 1 0 8 4 4 0 1 1 0-8z",
    },
    "tick": {"arrow": "M4 8l2-2 6 6 6-6 2 2-8 8z", "cross": "M5 7l2-2 5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5z"},
    "tick-disc": {"disc-cross": f"{_DISC} {_CROSSED}", "disc-full": _DISC, "disc-minus": f"{_DISC} M7 11h10v2H7z"},
    "coin": {"disc": _DISC, "disc-plus": f"{_DISC} M11 7h2v4h4v2h-4v4h-2v-4H7v-2h4z"},
}
OTHERS: Mapping[str, str] = {
    "house": "M12 3l9 8h-3v9h-4v-6h-4v6H6v-9H3z",
    "flag": "M5 3h14l-3 4.5 3 4.5H7v9H5z",
    "bookmark": "M6 3h12v18l-6-4-6 4z",
    "plus": "M10 4h4v6h6v4h-6v6h-4v-6H4v-4h6z",
}


def outline_of(path: str) -> Outline:
    """Return the shape of path data on a 24 x 24 grid."""
    return read_outline(f'<svg viewBox="0 0 24 24"><path d="{path}"/></svg>'.encode())
