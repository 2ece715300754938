"""The trail of a walk that is still going on, for a scenario to look back on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from harness.model import Step

if TYPE_CHECKING:
    from harness.walk import Walker


class Trail(Sequence[Step]):
    """The steps a walker has taken so far: a view that grows with the walk."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker

    def __len__(self) -> int:
        return len(self._walker.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return self._walker.steps[index]

    def __repr__(self) -> str:
        return f"Trail({len(self)} steps)"
