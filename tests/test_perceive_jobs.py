"""Tasks that lead to tasks: everything is done, and an error is neither lost nor does it leave work behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.perceive.jobs import Jobs


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as workers:
        yield workers


def test_what_a_result_starts_is_done_too_and_follows_in_the_callers_thread(pool: ThreadPoolExecutor) -> None:
    jobs, seen = Jobs(pool), list[tuple[int, str]]()

    def then(number: int) -> None:
        seen.append((number, threading.current_thread().name))
        if number > 0:
            jobs.start(partial(int, number - 1), then)

    for number in (3, 2):
        jobs.start(partial(int, number), then)
    jobs.run()
    assert sorted(number for number, _ in seen) == [0, 0, 1, 1, 2, 2, 3]
    assert {name for _, name in seen} == {threading.current_thread().name}


def test_an_error_is_raised_and_nothing_is_left_running(pool: ThreadPoolExecutor) -> None:
    jobs, begun = Jobs(pool), list[int]()
    gate = threading.Event()

    def slow(number: int) -> None:
        gate.wait(timeout=60)
        begun.append(number)

    def fail() -> None:
        gate.set()
        raise ValueError("no such model")

    jobs.start(fail, lambda _: None)
    for number in range(50):
        jobs.start(partial(slow, number), lambda _: None)
    with pytest.raises(ValueError, match="no such model"):
        jobs.run()
    count = len(begun)
    jobs.run()
    assert len(begun) == count


def test_a_task_alone_runs_in_the_callers_thread_and_two_do_not(pool: ThreadPoolExecutor) -> None:
    jobs, alone, together = Jobs(pool), list[str](), list[str]()

    def where() -> str:
        return threading.current_thread().name

    def then(name: str) -> None:
        alone.append(name)
        jobs.start(where, alone.append)

    jobs.start(where, then)
    jobs.run()
    assert alone == [threading.current_thread().name] * 2
    for _ in range(2):
        jobs.start(where, together.append)
    jobs.run()
    assert threading.current_thread().name not in together
    assert len(together) == 2


def test_a_task_alone_that_fails_is_not_tried_again(pool: ThreadPoolExecutor) -> None:
    jobs, tried = Jobs(pool), list[int]()

    def fail() -> None:
        tried.append(1)
        raise ValueError("no such model")

    jobs.start(fail, lambda _: None)
    with pytest.raises(ValueError, match="no such model"):
        jobs.run()
    jobs.run()
    assert tried == [1]
