"""One Chromium: its process, the tabs opened in it and what they ask for; with ``tabs`` the importer of Playwright."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import BrowserContext, Error, Page, Playwright, Request, Route, async_playwright

from harness import machine
from harness.errors import VirtualDeviceError
from harness.virtual.app_files import Reply
from harness.virtual.phone import Display
from harness.virtual.tabs import REFUSED, SHORT_S, PageRequest, Tab, TabBusy, TabOwner, within

VARIABLE = machine.BROWSER_VARIABLE
_LOAD_S = 15.0
_START_S = 40.0
_GONE_S = 5.0

logger = logging.getLogger(__name__)

# Chromium keeps the last list of each that it is given: Playwright's own are said again.
_DISABLED_FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "OverscrollHistoryNavigation",  # a swipe sideways moves no WebView through its history
)
_ENABLED_FEATURES = (
    "CDPScreenshotNewSurface",
    "SkipListAccountsWithoutGaiaCookies",
    "BackForwardCacheSize:cache_size/40/foreground_cache_size/40",  # as deep as a walk goes
)
_ARGUMENTS = (
    f"--disable-features={','.join(_DISABLED_FEATURES)}",
    f"--enable-features={','.join(_ENABLED_FEATURES)}",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-site-isolation-trials",  # frames of other origins stay reachable, as in a WebView's one renderer
    "--autoplay-policy=user-gesture-required",  # what a WebView does unless its app says otherwise
)


def find_browser(option: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the browser to use: the option, then ``HARNESS_BROWSER``, then an installed one; None without any.

    A named browser that does not exist gives None: an explicit wish is never silently replaced.
    """
    found = option if option is not None else machine.find_browser(environment)
    return found if found is not None and found.is_file() else None


class Chromium:
    """The browser process; ``Chromium.start`` makes one."""

    def __init__(self, playwright: Playwright, context: BrowserContext, owner: TabOwner) -> None:
        self._playwright = playwright
        self._context = context
        self._owner = owner
        self.version = context.browser.version if context.browser else ""
        self._tabs: dict[Page, Tab] = {}
        self._popups: set[asyncio.Task[None]] = set()
        self._closing = False
        self.alive = True

    @classmethod
    async def start(cls, *, executable: Path, profile: Path, owner: TabOwner) -> Chromium:
        """Return a running browser on the profile. Raises ``VirtualDeviceError`` where it does not start."""
        await asyncio.to_thread(profile.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(_end_holder, profile)
        playwright = await within(async_playwright().start(), _START_S, "start of Playwright")
        try:
            context = await within(_launch(playwright, executable, profile), _START_S, f"start of {executable}")
        except VirtualDeviceError:
            await _stop(playwright)
            raise
        self = cls(playwright, context, owner)
        try:
            await self._listen()
        except VirtualDeviceError:
            await self.close()
            raise
        return self

    async def _listen(self) -> None:
        self._context.on("close", lambda _: self._on_close())
        self._context.on("page", self._on_page)
        await within(self._context.route("**/*", self._route), SHORT_S, "start")
        await within(self._context.expose_binding("__androidCall", self._called), SHORT_S, "start")
        # Whether a page may know the place is its app's permission, which ``bridge.js`` asks for. A WebView reaches
        # the loopback (``adb reverse``) unasked; browsers that do not ask know no such permission.
        await within(self._context.grant_permissions(["geolocation"]), SHORT_S, "start")
        with contextlib.suppress(VirtualDeviceError):
            await within(self._context.grant_permissions(["geolocation", "local-network-access"]), SHORT_S, "start")

    def _on_close(self) -> None:
        if not self.alive:
            return
        self.alive = False
        if not self._closing:
            self._owner.gone()

    async def _on_lost(self) -> None:
        """Find out why a page does not answer: Playwright's own process may be gone, and then no event tells of it."""
        try:
            await within(self._context.cookies(), SHORT_S, "browser")
        except TabBusy:
            return
        except VirtualDeviceError:
            self._on_close()

    def _on_page(self, page: Page) -> None:
        task = asyncio.ensure_future(self._close_popup(page))
        self._popups.add(task)
        task.add_done_callback(self._popups.discard)

    async def _close_popup(self, page: Page) -> None:
        """Close a window that a page opened past our ``window.open``: apps have one."""
        with contextlib.suppress(Error):  # it closed by itself
            opener = await page.opener()
            if opener is None or opener not in self._tabs:
                return
            self._owner.wanted(self._tabs[opener], page.url)
            await page.close()

    async def pid(self) -> int:
        """Return the browser's process id on the host."""
        if self._context.browser is None:
            raise VirtualDeviceError("the browser hides its process")
        session = await within(self._context.browser.new_browser_cdp_session(), SHORT_S, "pid")
        answer = await within(session.send("SystemInfo.getProcessInfo"), SHORT_S, "pid")
        await within(session.detach(), SHORT_S, "pid")
        return next(int(process["id"]) for process in answer["processInfo"] if process["type"] == "browser")

    async def open(self, *, display: Display, script: str, user_agent: str) -> Tab:
        """Return a new blank tab with the panel's size, touch and the script of the device."""
        page = await within(self._context.new_page(), _LOAD_S, "new tab")
        session = await within(self._context.new_cdp_session(page), SHORT_S, "new tab")
        tab = Tab(page, session, self._owner, self._on_lost)
        self._tabs[page] = tab
        page.on("close", self._forget)
        await tab.send("Page.enable")
        await tab.send("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
        await tab.send(
            "Emulation.setUserAgentOverride",
            userAgent=user_agent,
            acceptLanguage="zh-CN,zh;q=0.9",
            platform="Linux aarch64",
        )
        await tab.resize(display)
        await tab.install(script)
        await tab.watch()
        return tab

    def _forget(self, page: Page) -> None:
        tab = self._tabs.pop(page, None)
        if tab is not None and not self._closing:
            self._owner.closed(tab)

    async def close(self) -> None:
        """End the browser; storage is written before it goes."""
        self._closing = True
        with contextlib.suppress(VirtualDeviceError):
            await within(self._context.close(), _LOAD_S, "close")
        await _stop(self._playwright)

    async def _called(self, source: dict[str, Any], method: str, argument: object = None) -> object:
        tab = self._tabs.get(source["page"])
        return None if tab is None else await self._owner.called(tab, method, argument)

    async def _route(self, route: Route) -> None:
        try:
            reply = await self._reply(route.request)
        except Exception:
            # Playwright raises what leaves a listener in whichever call comes next: a page could stop its device.
            logger.exception("a page's file could not be served", extra={"url": route.request.url[:200]})
            reply = REFUSED
        with contextlib.suppress(Error):  # the page went away while we were reading: nobody waits for the answer
            if reply is REFUSED:
                await route.abort("aborted")
            elif reply is None:
                await route.continue_()
            else:
                await route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.body)

    async def _reply(self, request: Request) -> Reply | None:
        try:
            frame = request.frame
            tab = self._tabs.get(frame.page)
        except Error:  # a request without a frame: a worker's, or of a page not yet known
            return REFUSED
        if tab is None:
            return REFUSED
        is_page = request.is_navigation_request() and frame.parent_frame is None
        asked = PageRequest(url=request.url, wanted_range=request.headers.get("range"), is_page=is_page)
        return await self._owner.serve(tab, asked)


def _end_holder(profile: Path) -> None:
    """End the browser that a start or a stop given up for its deadline left on the profile: one at a time may use it.

    Chromium names the holder in a link, where the system has links; elsewhere it tells a stale lock by itself.
    """
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        holder = psutil.Process(int(os.readlink(profile / "SingletonLock").rsplit("-", 1)[1]))
        if any(str(profile) in word for word in holder.cmdline()):  # the number may be another process's by now
            logger.warning("a browser left on the profile was ended", extra={"pid": holder.pid})
            holder.kill()
            holder.wait(_GONE_S)


async def _launch(playwright: Playwright, executable: Path, profile: Path) -> BrowserContext:
    return await playwright.chromium.launch_persistent_context(
        profile,
        executable_path=executable,
        headless=True,
        no_viewport=True,
        args=list(_ARGUMENTS),
        # Playwright leaves it out of caution; an activity that Back returns to stands as it was left, scrolled and all.
        ignore_default_args=["--disable-back-forward-cache"],
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        service_workers="block",
        accept_downloads=False,
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
    )


async def _stop(playwright: Playwright) -> None:
    with contextlib.suppress(VirtualDeviceError):
        await within(playwright.stop(), _LOAD_S, "stop of Playwright")
