"""Prints what a hierarchy dump costs through our adapter and through the stock client, beside the device's own time.

``python -m benchmarks.dump``; what is measured how is told in the README beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import adbutils

from harness.clock import SystemClock
from harness.device import frames
from harness.device.adb_server import private_server
from harness.device.android import AndroidDevice
from harness.model import Launch, PackageName
from harness.virtual.adbd import Stream
from harness.virtual.app_archive import pack_app
from harness.virtual.device import DeviceOptions, VirtualDevice

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own imports warn
    import uiautomator2

_T = TypeVar("_T")

GOAL = 5.0
_APP = Path(__file__).resolve().parent.parent / "scenarios" / "demo" / "apps" / "cn.gov.demo.service"
_WARM_UP = 5
_LOAD_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds of every round, in turns: the device's own time, our adapter, the stock client."""

    floor: tuple[float, ...]
    ours: tuple[float, ...]
    stock: tuple[float, ...]
    nodes: int

    def overhead_ms(self, taken: Sequence[float]) -> float:
        """Return the median of ``taken`` above the device's own."""
        return statistics.median(taken) - statistics.median(self.floor)

    @property
    def ratio(self) -> float:
        """How many times our overhead the stock client's is."""
        return self.overhead_ms(self.stock) / max(self.overhead_ms(self.ours), 0.001)


class _Request:
    """One HTTP request as a stream in memory; what is answered is kept."""

    def __init__(self, content: bytes) -> None:
        self._left = content
        self.answer = b""

    async def read(self) -> bytes:
        content, self._left = self._left, b""
        return content

    async def write(self, data: bytes) -> None:
        self.answer += data

    async def close(self) -> None:
        return


class _Loop:
    """An event loop in a thread of its own, as the device has in production."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LOAD_S)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def measure(app: Path, rounds: int) -> Timings:
    """Return the times of ``rounds`` dumps of the app's first page, taken in turns."""
    with ExitStack() as stack:
        adb = stack.enter_context(private_server(SystemClock()))
        loop, device = stack.enter_context(_device(app))
        ours = AndroidDevice(device.address, adb=adb, clock=SystemClock())
        stack.callback(ours.close)
        ours.perform(Launch(package=PackageName(app.name)))
        nodes = _loaded(ours)
        stock = uiautomator2.Device(adbutils.AdbClient(host=adb[0], port=adb[1]).device(device.address))
        ways: dict[str, Callable[[], float]] = {
            "floor": lambda: loop.call(_floor_ms(device)),
            "ours": lambda: _taken_ms(ours.dump),
            "stock": lambda: _taken_ms(stock.dump_hierarchy),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(_WARM_UP + rounds):
            for name, once in ways.items():
                taken_ms = once()
                if number >= _WARM_UP:
                    times[name].append(taken_ms)
    return Timings(**{name: tuple(taken) for name, taken in times.items()}, nodes=nodes)


@contextmanager
def _device(app: Path) -> Iterator[tuple[_Loop, VirtualDevice]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        loop = _Loop()

        async def start() -> VirtualDevice:
            device = VirtualDevice(DeviceOptions(data_dir=Path(folder)))
            await device.start()
            await device.userland.install(pack_app(app))
            return device

        try:
            device = loop.call(start())
            try:
                yield loop, device
            finally:
                loop.call(device.stop())
        finally:
            loop.close()


def _loaded(device: AndroidDevice) -> int:
    """Return the number of nodes once the page stands still."""
    deadline_s = time.monotonic() + _LOAD_S
    before, now = b"", device.dump()
    while before != now or frames.node_count(now) < 3:
        if time.monotonic() > deadline_s:
            raise TimeoutError("the page does not come to rest")
        time.sleep(0.5)
        before, now = now, device.dump()
    return frames.node_count(now)


async def _floor_ms(device: VirtualDevice) -> float:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "dumpWindowHierarchy", "params": [False, 50]}).encode()
    head = f"POST /jsonrpc/0 HTTP/1.1\r\nHost: localhost:9008\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    request = _Request(head + body)
    began_s = time.perf_counter()
    await device.automator.serve_http(cast("Stream", request))
    taken_ms = (time.perf_counter() - began_s) * 1000
    assert b"</hierarchy>" in request.answer
    return taken_ms


def _taken_ms(once: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    once()
    return (time.perf_counter() - began_s) * 1000


def _spread(taken: Sequence[float]) -> str:
    first, _, third = statistics.quantiles(taken, n=4)
    return f"{statistics.median(taken):7.1f} ms   (quartiles {first:.1f} to {third:.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dump", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="dumps of each kind (default %(default)s)")
    parser.add_argument("--app", type=Path, default=_APP, help="an app's folder, named by its package")
    given = parser.parse_args()
    times = measure(given.app.absolute(), given.rounds)
    print(f"{given.app.name}: {times.nodes} nodes, {given.rounds} rounds, medians")
    print(f"device itself (floor) {_spread(times.floor)}")
    print(f"our adapter           {_spread(times.ours)}   overhead {times.overhead_ms(times.ours):6.1f} ms")
    print(f"stock client          {_spread(times.stock)}   overhead {times.overhead_ms(times.stock):6.1f} ms")
    print(
        f"ratio of overheads    {times.ratio:7.1f}      (goal {GOAL:g}: {'met' if times.ratio >= GOAL else 'missed'})"
    )


if __name__ == "__main__":
    main()
