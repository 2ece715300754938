"""Runs tasks on a pool of threads where results lead to more tasks, so that no worker waits for the others.

A task that has no other beside it runs in the caller's thread: handing it to a worker costs more than it gains.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Any, TypeVar

_R = TypeVar("_R")


class Jobs:
    """Tasks on a pool. What follows from a result runs in the caller's thread, one at a time, and may start more."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._alone: tuple[Callable[[], Any], Callable[[Any], None]] | None = None  # while nothing else is queued
        self._running: dict[Future[Any], Callable[[Any], None]] = {}
        # ``wait`` for the first of many looks at all of them each time.
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    def start(self, task: Callable[[], _R], then: Callable[[_R], None]) -> None:
        """Queue ``task``; ``then`` gets its result inside ``run``."""
        if self._alone is None and not self._running:
            self._alone = (task, then)
            return
        if self._alone is not None:
            self._submit(*self._alone)
            self._alone = None
        self._submit(task, then)

    def _submit(self, task: Callable[[], _R], then: Callable[[_R], None]) -> None:
        future = self._pool.submit(task)
        self._running[future] = then
        future.add_done_callback(self._done.put)

    def run(self) -> None:
        """Return when nothing is left. The first error ends what has not begun, waits for the rest and is raised."""
        try:
            while self._running or self._alone is not None:
                if self._alone is not None:
                    (task, then), self._alone = self._alone, None
                    then(task())
                else:
                    future = self._done.get()
                    then = self._running.pop(future)
                    then(future.result())
        finally:
            self._alone = None
            for future in self._running:
                future.cancel()
            wait(self._running)
            self._running.clear()
            self._done = SimpleQueue()
