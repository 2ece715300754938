"""What the uiautomator2 server's methods share: the device, kept objects, watchers, waiting."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.virtual.automator_rpc import NOT_FOUND, JavaException
from harness.virtual.keys import PRESS_KEYS
from harness.virtual.phone import Bounds, Node, Shell, Window
from harness.virtual.selectors import Placed, Query, Selector, find, first
from harness.virtual.userland import Userland

POLL_S = 0.1
_SETTLE_TIMEOUT_S = 1.5

Target = Query | str


@dataclass(slots=True, kw_only=True)
class Watcher:
    """When every condition is on screen: click ``click``, or press ``keys``."""

    conditions: tuple[Selector, ...]
    click: Selector | None = None
    keys: tuple[str, ...] = ()
    triggered: bool = False


@dataclass(slots=True, kw_only=True)
class Configurator:
    """The server's time-outs in ms, which clients may read and set; only stored."""

    values: dict[str, int] = field(
        default_factory=lambda: {
            "actionAcknowledgmentTimeout": 500,
            "keyInjectionDelay": 0,
            "scrollAcknowledgmentTimeout": 200,
            "uiAutomationFlags": 0,
            "waitForIdleTimeout": 0,
            "waitForSelectorTimeout": 0,
        }
    )


@dataclass(slots=True, kw_only=True)
class World:
    """One run of the server; gone with it, as on a phone."""

    device: Userland
    shell: Shell
    kept: dict[str, Query] = field(default_factory=dict)
    watchers: dict[str, Watcher] = field(default_factory=dict)
    configurator: Configurator = field(default_factory=Configurator)
    compressed: bool = False
    rotation_frozen: bool = False
    dumps: int = 0

    async def windows(self) -> tuple[Window, ...]:
        """Return the trees of the visible windows."""
        return await self.device.screen.windows()

    def query(self, target: Target) -> Query:
        """Return what a target means. Raises ``JavaException`` for a name that the server does not keep."""
        if isinstance(target, Query):
            return target
        try:
            return self.kept[target]
        except KeyError as e:
            raise JavaException(NOT_FOUND, f"no object is kept as {target}") from e

    def keep(self, query: Query) -> str:
        """Keep a query and return its name."""
        name = str(uuid.uuid4())
        self.kept[name] = query
        return name

    async def find(self, target: Target) -> Placed | None:
        """Return the first node that a target means, or None."""
        return first(await self.windows(), self.query(target))

    async def find_all(self, target: Target) -> list[Placed]:
        """Return every node that a target means."""
        return list(find(await self.windows(), self.query(target)))

    async def must_find(self, target: Target) -> Placed:
        """Return the first node. Raises the server's ``UiObjectNotFoundException``."""
        found = await self.find(target)
        if found is None:
            raise JavaException(NOT_FOUND, str(self.query(target)))
        return found

    async def poll(self, holds: Callable[[], Awaitable[bool]], timeout_ms: int) -> bool:
        """Wait until ``holds`` gives True; return False after ``timeout_ms``. Watchers run in between."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_ms / 1000
        while not await holds():
            left_s = end_s - loop.time()
            if left_s <= 0:
                return False
            await self.run_watchers()
            await asyncio.sleep(min(POLL_S, left_s))
        return True

    async def run_watchers(self) -> None:
        """Run every watcher whose conditions are met."""
        if not self.watchers:
            return
        windows = await self.windows()
        for watcher in self.watchers.values():
            if not all(first(windows, Query(selector=wanted)) for wanted in watcher.conditions):
                continue
            watcher.triggered = True
            clicked = first(windows, Query(selector=watcher.click)) if watcher.click else None
            if clicked is not None:
                await self.device.screen.tap(*center(clicked.node.bounds))
            for name in watcher.keys:
                if name in PRESS_KEYS:
                    await self.device.screen.key(PRESS_KEYS[name])

    async def settled(self) -> tuple[Window, ...]:
        """Return the windows once two looks in a row agree, or the last look after a bounded time."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + _SETTLE_TIMEOUT_S
        before = await self.windows()
        while loop.time() < end_s:
            await asyncio.sleep(POLL_S / 2)
            after = await self.windows()
            if after == before:
                break
            before = after
        return before


def center(bounds: Bounds) -> tuple[int, int]:
    """Return the middle of a box, rounded down as Android does."""
    left, top, right, bottom = bounds
    return (left + right) // 2, (top + bottom) // 2


def rectangle(bounds: Bounds) -> dict[str, int]:
    """Return a box as the server's ``Rect``."""
    left, top, right, bottom = bounds
    return {"bottom": bottom, "left": left, "right": right, "top": top}


def object_info(node: Node) -> dict[str, object]:
    """Return a node as the server's ``ObjInfo``."""
    return {
        "bounds": rectangle(node.bounds),
        "checkable": node.checkable,
        "checked": node.checked,
        "childCount": len(node.children),
        "className": node.class_name,
        "clickable": node.clickable,
        "contentDescription": node.content_desc,
        "enabled": node.enabled,
        "focusable": node.focusable,
        "focused": node.focused,
        "longClickable": node.long_clickable,
        "packageName": node.package,
        "resourceName": node.resource_id,
        "scrollable": node.scrollable,
        "selected": node.selected,
        "text": node.text,
        "visibleBounds": rectangle(node.bounds),
    }


def nodes(windows: Sequence[Window]) -> Iterator[Node]:
    """Yield every node of the windows, in document order."""
    todo = [window.root for window in reversed(windows)]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))
