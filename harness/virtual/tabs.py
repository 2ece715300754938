"""The tabs of a Chromium, spoken to through Playwright and the DevTools protocol; ``chromium`` opens them.

Every call has a deadline and ends in ``VirtualDeviceError``: Playwright's own errors leave neither module.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from playwright.async_api import (
    CDPSession,
    ConsoleMessage,
    Dialog,
    Error,
    Frame,
    Page,
)

from harness.errors import VirtualDeviceError
from harness.virtual.app_files import Reply
from harness.virtual.phone import Display

REFUSED = Reply(status=0)  # the request is dropped and the page stays where it is
SHORT_S = 5.0
_PLACE_ACCURACY_M = 5.0
_T = TypeVar("_T")


class TabBlocked(VirtualDeviceError):
    """The page waits in an alert, confirm or prompt and runs nothing."""


class TabBusy(VirtualDeviceError):
    """The page did not answer within the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One request of a page; ``is_page`` for the main document of a tab."""

    url: str
    wanted_range: str | None
    is_page: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDialog:
    """An alert, confirm, prompt or beforeunload that blocks its page until answered."""

    kind: str
    message: str
    default: str
    native: Dialog


class TabOwner(Protocol):
    """Whoever holds the tabs: serves their requests and hears what happens to them."""

    async def serve(self, tab: Tab, request: PageRequest) -> Reply | None:
        """Return the answer, ``REFUSED``, or None to let the network answer."""
        ...

    async def called(self, tab: Tab, method: str, argument: object) -> object: ...
    def navigated(self, tab: Tab, url: str) -> None: ...
    def wanted(self, tab: Tab, url: str) -> None:
        """Hear that the page asked to go to ``url``; the page may not get there."""
        ...

    def said(self, tab: Tab, line: str) -> None:
        """Hear what the page wrote to its console."""
        ...

    def crashed(self, tab: Tab) -> None: ...
    def closed(self, tab: Tab) -> None: ...
    def dialog_opened(self, tab: Tab, dialog: PageDialog) -> None: ...
    def gone(self) -> None:
        """Hear that the browser process ended without being asked to."""
        ...


async def within(action: Awaitable[_T], seconds: float, what: str) -> _T:
    """Return the action's result. Raises ``TabBusy`` past the deadline, ``VirtualDeviceError`` without a browser."""
    try:
        async with asyncio.timeout(seconds):
            return await action
    except TimeoutError as error:
        raise TabBusy(f"{what}: no answer from the page within {seconds:g} s") from error
    except Error as error:
        raise VirtualDeviceError(f"{what}: {error.message.splitlines()[0]}") from error


_ZOOM = "[visualViewport.scale || 1, document.readyState === 'complete']"


class Tab:
    """One page: an app's task, or the device's own screens."""

    def __init__(
        self, page: Page, session: CDPSession, owner: TabOwner, on_lost: Callable[[], Awaitable[None]]
    ) -> None:
        self.page = page
        self._cdp = session
        self._owner = owner
        self._on_lost = on_lost
        self._script: str | None = None
        self._blocked = asyncio.Event()
        self._scale = 1.0
        self._zoom = 1.0
        self._display = Display()
        self._is_measured = False  # whether DevTools was told the panel's size since the page was shown
        self._first_entry = 0
        self._secure = False
        self._last_said_ms = 0.0
        self._contexts: dict[str, int] = {}  # of frames, where scripts run
        self._busy = False  # the last call found the page too busy to answer

    @property
    def url(self) -> str:
        """The address in the tab now."""
        return self.page.url

    @property
    def blocked(self) -> bool:
        """Whether the page waits in a dialog of its own."""
        return self._blocked.is_set()

    @property
    def closed(self) -> bool:
        """Whether the tab is no more."""
        return self.page.is_closed()

    async def watch(self) -> None:
        """Start telling the owner what happens here."""
        # Playwright knows no frames of a page to which Back returns.
        self._cdp.on("Runtime.executionContextCreated", self._on_context)
        self._cdp.on("Runtime.executionContextsCleared", lambda _: self._contexts.clear())
        await self.send("Runtime.enable")
        self.page.on("framenavigated", self._on_navigated)
        self.page.on("crash", lambda _: self._owner.crashed(self))
        self.page.on("dialog", self._on_dialog)
        self.page.on("console", self._on_console)
        self._cdp.on("Page.frameRequestedNavigation", lambda event: self._owner.wanted(self, str(event.get("url"))))

    def _on_navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self._is_measured = False
            self._owner.navigated(self, frame.url)

    def _on_context(self, event: dict[str, Any]) -> None:
        context = event["context"]
        of = context.get("auxData", {})
        if of.get("isDefault"):
            self._contexts[str(of["frameId"])] = int(context["id"])

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.timestamp > self._last_said_ms:  # DevTools tells again what a page said to which Back returns
            self._last_said_ms = message.timestamp
            self._owner.said(self, message.text)

    def _on_dialog(self, dialog: Dialog) -> None:
        self._blocked.set()
        shown = PageDialog(kind=dialog.type, message=dialog.message, default=dialog.default_value, native=dialog)
        self._owner.dialog_opened(self, shown)

    async def answer(self, dialog: PageDialog, text: str | None) -> None:
        """End the page's dialog: accepted with ``text``, or dismissed where it is None."""
        self._blocked.clear()
        native = dialog.native
        if text is None:
            await within(native.dismiss(), SHORT_S, "dialog")
        else:
            await within(native.accept(text), SHORT_S, "dialog")

    async def send(self, method: str, seconds: float = SHORT_S, **parameters: Any) -> dict[str, Any]:
        """Return the DevTools answer; a dialog opening meanwhile ends the wait with ``TabBlocked``."""
        call = asyncio.ensure_future(within(self._sent(method, parameters), seconds, method))
        blocked = asyncio.ensure_future(self._blocked.wait())
        try:
            await asyncio.wait({call, blocked}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise TabBlocked(f"{method}: the page waits in a dialog of its own")
            self._busy = isinstance(call.exception(), TabBusy)
            return call.result()
        finally:
            blocked.cancel()
            if not call.done():
                call.cancel()
                with contextlib.suppress(asyncio.CancelledError, VirtualDeviceError):
                    await call

    async def _sent(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Send, waiting out the moment in which one document replaces another and nobody is there to answer."""
        while True:
            try:
                return await self._cdp.send(method, parameters) or {}
            except Error as error:
                if "has been closed" in error.message and not self.closed:
                    await self._on_lost()
                if "Not attached to an active page" not in error.message:
                    raise
            await asyncio.sleep(0.02)

    async def evaluate(self, expression: str, seconds: float = SHORT_S) -> Any:
        """Return the JSON value of the expression in the page, awaited where it is a promise."""
        answer = await self.send(
            "Runtime.evaluate", seconds, expression=expression, returnByValue=True, awaitPromise=True, userGesture=False
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details.get("text")
            raise VirtualDeviceError(f"the page could not answer: {said!s:.300}")
        return answer.get("result", {}).get("value")

    async def evaluate_in_frames(self, expression: str, seconds: float) -> None:
        """Run the expression in every frame at the same time; frames that go away meanwhile are passed over."""
        tree = (await self.send("Page.getFrameTree"))["frameTree"]
        children = [self._contexts[name] for name in _frames_below(tree) if name in self._contexts]
        calls: list[Coroutine[Any, Any, object]] = [self.evaluate(expression, seconds)]
        calls += [self._in_context(context, expression, seconds) for context in children]
        results = await asyncio.gather(*calls, return_exceptions=True)
        if isinstance(results[0], BaseException):
            raise results[0]

    async def _in_context(self, context: int, expression: str, seconds: float) -> object:
        call = self._cdp.send(
            "Runtime.evaluate", {"expression": expression, "contextId": context, "awaitPromise": True}
        )
        return await within(call, seconds, "frame")

    async def install(self, script: str) -> None:
        """Run ``script`` before every later document of this tab; replaces the one installed before."""
        answer = await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        if self._script is not None:
            await self.send("Page.removeScriptToEvaluateOnNewDocument", identifier=self._script)
        self._script = str(answer["identifier"])

    async def also_run(self, script: str) -> None:
        """Run ``script``, too, before every later document of this tab."""
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def resize(self, display: Display) -> None:
        """Give the page the panel's size, density, rotation and theme."""
        self._display = display
        await self._measure()
        theme = {"name": "prefers-color-scheme", "value": "dark" if display.dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[theme])
        await self.send("Emulation.setAutoDarkModeOverride", enabled=display.dark)

    async def _measure(self) -> None:
        display = self._display
        width, height = display.size_px
        self._scale = display.scale
        size = {"width": math.ceil(width / display.scale), "height": math.ceil(height / display.scale)}
        turned = width > height
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            **size,
            screenWidth=size["width"],
            screenHeight=size["height"],
            deviceScaleFactor=display.scale,
            mobile=True,
            screenOrientation={
                "type": "landscapePrimary" if turned else "portraitPrimary",
                "angle": 90 * display.rotation,
            },
        )

    async def set_place(self, place: tuple[float, float] | None) -> None:
        """Let the page's geolocation tell a place, in degrees; ``None`` tells none."""
        if place is None:
            await self.send("Emulation.setGeolocationOverride")  # a place without numbers is one that nobody knows
        else:
            await self.send(
                "Emulation.setGeolocationOverride", latitude=place[0], longitude=place[1], accuracy=_PLACE_ACCURACY_M
            )

    async def goto(self, url: str) -> str | None:
        """Load the address; return None once its document is there, or why it is not yet."""
        try:
            await within(self.page.goto(url, wait_until="domcontentloaded"), SHORT_S, "load")
        except VirtualDeviceError as error:
            if self.closed:
                raise
            return str(error)
        return None

    async def forget_history(self) -> None:
        """Make the present page the first one: Back leaves from here."""
        self._first_entry = int((await self.send("Page.getNavigationHistory"))["currentIndex"])

    async def history_back(self) -> bool:
        """Go to the previous page of the history; return False at its start."""
        history = await self.send("Page.getNavigationHistory")
        index = int(history["currentIndex"])
        if index <= self._first_entry:
            return False
        await self.send("Page.navigateToHistoryEntry", entryId=history["entries"][index - 1]["id"])
        return True

    async def screenshot(self) -> bytes:
        """Return the tab as PNG; a page that cannot draw now gives what it showed last."""
        if self._busy or self.blocked:
            return await self._composited()
        try:
            answer = await self.send("Page.captureScreenshot", 4.0, format="png", optimizeForSpeed=True)
        except (TabBlocked, TabBusy):
            return await self._composited()
        return base64.b64decode(answer["data"])

    async def _composited(self) -> bytes:
        """Return the compositor's last frame, which needs no answer from a page that is stuck."""
        frame: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def arrived(event: dict[str, Any]) -> None:
            if not frame.done():
                frame.set_result(event["data"])

        self._cdp.on("Page.screencastFrame", arrived)
        try:
            await within(self._cdp.send("Page.startScreencast", {"format": "png"}), SHORT_S, "screen")
            return base64.b64decode(await within(frame, SHORT_S, "screen"))
        finally:
            self._cdp.remove_listener("Page.screencastFrame", arrived)
            with contextlib.suppress(VirtualDeviceError):
                await within(self._cdp.send("Page.stopScreencast"), 1.0, "screen")

    async def is_secure(self) -> bool:
        """Return whether the page forbids pictures of itself; a page that is stuck is taken at its last word."""
        if self._busy or self.blocked:
            return self._secure
        try:
            secure = "typeof __androidDevice !== 'undefined' && __androidDevice.isSecure()"
            self._secure = bool(await self.evaluate(secure, 1.5))
        except (TabBlocked, TabBusy):
            return self._secure
        return self._secure

    async def touch(self, kind: Literal["touchStart", "touchMove", "touchEnd"], *fingers: tuple[float, float]) -> None:
        """Dispatch one touch event; each of ``fingers`` is where one is, in device pixels, none when all are lifted."""
        if kind == "touchStart":
            await self._learn_zoom()
        await self._send_touch(kind, *fingers)

    async def tap(self, finger: tuple[float, float]) -> None:
        """Touch and lift without waiting between: a page that is busy with the touch must not find it a long one."""
        await self._learn_zoom()
        down, up = self._send_touch("touchStart", finger), self._send_touch("touchEnd")
        for result in await asyncio.gather(down, up, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _send_touch(self, kind: str, *fingers: tuple[float, float]) -> None:
        pixels = self._scale * self._zoom
        points = [{"x": x / pixels, "y": y / pixels, "id": number} for number, (x, y) in enumerate(fingers)]
        await self.send("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    async def _learn_zoom(self) -> None:
        """Ask how far the page is zoomed, since DevTools takes touches in the page's own pixels."""
        if self._busy or self.blocked:
            return
        with contextlib.suppress(TabBlocked, TabBusy):  # a stuck page keeps the zoom it had
            zoom, is_loaded = await self.evaluate(_ZOOM, 1.0)
            self._zoom = float(zoom)
            if not self._is_measured:
                # After Back on a busy machine DevTools may take the page for one of another scale and put every touch
                # at a third of where it belongs, until it is told the panel's size again.
                await self._measure()
                self._is_measured = bool(is_loaded)

    async def front(self) -> None:
        """Make this the tab that Chromium draws."""
        await self.send("Page.bringToFront")

    async def close(self) -> None:
        """Close the tab, whatever its page does; a page stuck in a dialog or a loop cannot prevent it."""
        with contextlib.suppress(VirtualDeviceError):
            await within(self.page.close(run_before_unload=False), SHORT_S, "close")


def _frames_below(tree: dict[str, Any]) -> Iterator[str]:
    for child in tree.get("childFrames", ()):
        yield str(child["frame"]["id"])
        yield from _frames_below(child)


def js(value: object) -> str:
    """Return the value as a JavaScript literal."""
    return json.dumps(value, ensure_ascii=True)
