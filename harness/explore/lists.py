"""What rows of lists have led to, app-wide: most lists of an app lead to one and the same page. Pure."""

from __future__ import annotations

from collections import Counter

from harness.model import ScreenKey

_ALL_ALIKE, _MOSTLY = 3, 0.6  # rows of lists of one shape that led to one place: the others do, too
_USUAL = 5  # rows of any lists that led to one place: of lists of another shape one row is enough to tell


class Lists:
    """Where the rows of lists led, by the activity they stand in and their shape."""

    def __init__(self) -> None:
        self._led: dict[tuple[str, str], list[ScreenKey]] = {}
        self._usual: Counter[ScreenKey] = Counter()

    def note(self, origin: ScreenKey, group: str, led_to: ScreenKey) -> None:
        """Note where a row of a list on a screen led."""
        self._led.setdefault((activity(origin), group), []).append(led_to)
        self._usual[led_to] += 1

    def all_alike(self, screen: ScreenKey, group: str) -> bool:
        """Return whether rows of lists of this shape have led to one place so often that all will."""
        led = self._led.get((activity(screen), group), [])
        most = max((led.count(key) for key in set(led)), default=0)
        usual = next((key for key, count in self._usual.most_common(1) if count > _USUAL), None)
        sure = most >= _ALL_ALIKE or (usual is not None and led.count(usual) == most > 0)
        return sure and most >= _MOSTLY * len(led)


def activity(key: ScreenKey) -> str:
    """Return the activity that a screen's key begins with."""
    return key.rpartition("-")[0]
