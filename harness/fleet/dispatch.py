"""Spreads a night's work over devices with Dask; the only module that knows it.

The ledger holds the truth, the dispatcher holds nothing: it asks each device, one task at a time, to look at the next
app, until none is left. One task in flight per device, because Dask blames every task that is assigned to a worker for
its death; results are released at once, because Dask runs a finished task again whose worker dies while somebody still
holds its result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Final, Protocol

import dask
from distributed import Client, LocalCluster, Security
from distributed.client import Future
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from harness.errors import DispatchError, LedgerError
from harness.fleet.attempt import Order

WORKER_TTL: Final = "60s"
WORKER_BACK_S: Final = 120.0  # a nanny starts a worker again within seconds, a host within minutes
_LOOK_S: Final = 5.0
_RESOURCE: Final = "device-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One task ended: the device, the package it looked at (empty: nothing was left), or why it died.

    ``died`` and ``given_up`` (why the device gets no other task) are message keys, ``detail`` is what was raised.
    """

    device: str
    package: str
    died: str = ""
    detail: str = ""
    given_up: str = ""


Work = Callable[[Order, str], str]


class Dispatcher(Protocol):
    """Keeps every device busy until nothing is left."""

    def run(self, orders: Sequence[Order], work: Work) -> Iterator[Done]:
        """Yield what ends as it ends; ``orders`` is one per device."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The files of mutual TLS between hosts: whoever reaches a scheduler's port runs code on every worker."""

    ca: str
    certificate: str
    key: str


class DaskDispatcher:
    """Runs tasks on the scheduler at ``address``, without one on a cluster of threads in this process."""

    def __init__(
        self, address: str = "", *, tls: Tls | None = None, most_deaths: int = 3, worker_back_s: float = WORKER_BACK_S
    ) -> None:
        self._address = address
        self._tls = tls
        self._most_deaths = most_deaths
        self._worker_back_s = worker_back_s

    def run(self, orders: Sequence[Order], work: Work) -> Iterator[Done]:
        """Yield what ends as it ends. A device whose task died this often in a row, or has no worker, is given up.

        Raises ``DispatchError`` where the scheduler is lost, ``LedgerError`` where the ledger is: how far the night
        was is in the ledger, and nothing may be closed that can be gone on with.
        """
        settings = {"distributed.scheduler.worker-ttl": WORKER_TTL, "distributed.scheduler.allowed-failures": 0}
        with dask.config.set(settings), self._client(orders) as client:
            yield from self._fed(client, {order.device: order for order in orders}, work)

    def _fed(self, client: Client, orders: dict[str, Order], work: Work) -> Iterator[Done]:
        running: dict[Future, str] = {}
        ending: SimpleQueue[Future] = SimpleQueue()  # each tells once, so that a thousand others are not asked again
        deaths = dict.fromkeys(orders, 0)
        without_worker = dict.fromkeys(orders, 0)

        def submit(device: str) -> None:
            offered = {resource_of(device): 1}
            task = client.submit(work, orders[device], device, pure=False, retries=0, resources=offered)
            running[task] = device
            task.add_done_callback(ending.put)

        try:
            for device in orders:
                submit(device)
            while running:
                ended = _ended(ending, running)
                for task in ended:
                    device = running.pop(task)
                    done = _outcome(task, device)
                    task.release()
                    deaths[device] = deaths[device] + 1 if done.died else 0
                    given_up = "sick-work-died" if deaths[device] >= self._most_deaths else ""
                    yield replace(done, given_up=given_up)
                    if (done.package or done.died) and not given_up:
                        submit(device)
                if not ended:
                    yield from self._given_up(client, running, without_worker)
        except (CommClosedError, TimeoutError, OSError) as error:
            raise DispatchError(f"the scheduler is lost: {error}; run the same command with --resume") from error

    def _given_up(self, client: Client, running: dict[Future, str], without_worker: dict[str, int]) -> Iterator[Done]:
        """Give up devices whose worker has been gone for a while: their tasks would be waited for without end."""
        offered = _offered(client)
        for task, device in list(running.items()):
            without_worker[device] = 0 if device in offered else without_worker[device] + 1
            if without_worker[device] * _LOOK_S >= self._worker_back_s:
                del running[task]
                task.cancel(force=True)
                yield Done(device=device, package="", died="night-no-worker", given_up="night-no-worker")

    def devices(self) -> tuple[str, ...]:
        """Return the devices that the workers of the scheduler offer. Raises ``DispatchError`` without a scheduler."""
        with self._remote() as client:
            return _offered(client)

    def _remote(self) -> Client:
        try:
            return Client(self._address, security=self._security(), timeout="20s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            mend = "start one with `dask scheduler`, and a worker beside each device"
            raise DispatchError(f"{self._address}: no scheduler answers: {error}; {mend}") from error

    @contextlib.contextmanager
    def _client(self, orders: Sequence[Order]) -> Iterator[Client]:
        if self._address:
            with self._remote() as client:
                # What no worker offers would be waited for without an end.
                nobody = sorted({order.device for order in orders} - {*_offered(client)})
                if nobody:
                    raise DispatchError(f"{self._address}: no worker offers {', '.join(nobody)}")
                yield client
            return
        resources = {resource_of(order.device): 1 for order in orders}
        cluster = LocalCluster(
            n_workers=1,
            threads_per_worker=max(1, len(orders)),
            processes=False,
            dashboard_address="127.0.0.1:0",  # its HTTP server: loopback, and not the port another night has
            resources=resources,
        )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client

    def _security(self) -> Security | None:
        if self._tls is None:
            return None
        return Security(
            tls_ca_file=self._tls.ca,
            tls_client_cert=self._tls.certificate,
            tls_client_key=self._tls.key,
            require_encryption=True,
        )


def resource_of(device: str) -> str:
    """Return the name of the resource that a worker beside this device offers once."""
    return f"{_RESOURCE}{device}"


def _offered(client: Client) -> tuple[str, ...]:
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    names = {name for worker in workers for name in worker["resources"] if name.startswith(_RESOURCE)}
    return tuple(sorted(name.removeprefix(_RESOURCE) for name in names))


def _ended(ending: SimpleQueue[Future], running: Collection[Future]) -> list[Future]:
    """Return the running tasks that have ended, none where nothing ends for a while. Raises ``OSError`` without a
    scheduler.
    """
    ended = []
    with contextlib.suppress(Empty):
        ended.append(ending.get(timeout=_LOOK_S))
        while True:
            ended.append(ending.get_nowait())
    if any(task.status in {"cancelled", "lost"} for task in running):
        raise OSError("it does not answer any more")
    return [task for task in ended if task in running]


def _outcome(task: Future, device: str) -> Done:
    """Return how a task ended. Raises ``LedgerError``: without the ledger nothing goes on."""
    try:
        return Done(device=device, package=str(task.result()))
    except LedgerError:
        raise
    except KilledWorker:
        return Done(device=device, package="", died="night-worker-lost")
    except Exception as error:  # noqa: BLE001 - whatever a task raised ends that task alone, and is told
        return Done(device=device, package="", died="night-work-raised", detail=f"{type(error).__name__}: {error}")
