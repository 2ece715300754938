"""Hears what pages do and ask: requests, android.* calls, dialogs, crashes. Implements ``tabs.TabOwner``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from harness.errors import VirtualDeviceError
from harness.virtual import dialogs
from harness.virtual.activities import BROWSER, activity_at, owns
from harness.virtual.app_files import Reply
from harness.virtual.desktop import Desktop, Task
from harness.virtual.dialogs import Answer
from harness.virtual.phone import Packages
from harness.virtual.tabs import REFUSED, PageDialog, PageRequest, Tab

_PAGE_SCHEMES = ("http:", "https:", "about:", "data:", "blob:", "javascript:", "file:", "chrome")
_DYING_S = 0.25
_NO_ACTIVITY = "没有应用可执行此操作"

logger = logging.getLogger(__name__)


class Bridge:
    """The ears of one Chromium. ``desktop`` is set once the desktop exists."""

    def __init__(self, packages: Packages, log: Callable[[str, str], None], on_gone: Callable[[], None]) -> None:
        self.desktop: Desktop | None = None
        self.on_toast: Callable[[str], Coroutine[Any, Any, None]] | None = None
        self.on_clipboard: Callable[[str], None] | None = None
        self.on_wake: Callable[[Task], Coroutine[Any, Any, None]] | None = None
        self._packages = packages
        self._log = log
        self._on_gone = on_gone
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work beside the present call; what goes wrong is logged, since nobody waits for it."""
        task = asyncio.ensure_future(self._guarded(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VirtualDeviceError as error:
            self._log("ActivityTaskManager", str(error))
        except Exception:
            logger.exception("what a page set off went wrong")

    async def close(self) -> None:
        """End what still runs."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    # TabOwner

    async def serve(self, tab: Tab, request: PageRequest) -> Reply | None:
        """Answer a request; a page of another origin opens in the browser app instead."""
        desktop = self.desktop
        if desktop is None:
            return REFUSED
        task = desktop.task_of(tab)
        if task is not None and request.is_page and not owns(task.app, request.url):
            self.spawn(self._open_elsewhere(task, request.url))
            return REFUSED
        return await desktop.serve(tab, request)

    def navigated(self, tab: Tab, url: str) -> None:
        """Keep the task's activity in step with its page; an unmapped page keeps the last activity."""
        task = self.desktop.task_of(tab) if self.desktop else None
        if task is not None:
            task.activity = activity_at(task.app, url) or task.activity

    def wanted(self, tab: Tab, url: str) -> None:
        """Refuse addresses that are for other kinds of apps, as a phone without such an app does."""
        task = self.desktop.task_of(tab) if self.desktop else None
        if task is None or url.startswith(_PAGE_SCHEMES):
            return
        self._log("ActivityTaskManager", f"ActivityNotFoundException: no activity for {url:.200} from {task.package}")
        if self.on_toast is not None:
            self.spawn(self.on_toast(_NO_ACTIVITY))

    def said(self, tab: Tab, line: str) -> None:
        """Log what an app's page writes to its console, under the tag that Android's WebView uses."""
        if self.desktop is not None and self.desktop.task_of(tab) is not None:
            self._log("chromium", f'[INFO:CONSOLE] "{line}", source: {tab.url}')

    def crashed(self, tab: Tab) -> None:
        """Close a task whose page died."""
        task = self.desktop.task_of(tab) if self.desktop else None
        if task is not None:
            self.spawn(self.crash(task))

    def closed(self, tab: Tab) -> None:
        """End a task whose page closed itself; one that the device closed is no task any more."""
        task = self.desktop.task_of(tab) if self.desktop else None
        if task is not None:
            self.spawn(self._closed_itself(task))

    async def _closed_itself(self, task: Task) -> None:
        await asyncio.sleep(_DYING_S)  # the pages of a dying browser close first: then ``gone`` tells of them
        if self.desktop is not None and task in self.desktop.tasks:
            await self._finish(task)

    def dialog_opened(self, tab: Tab, dialog: PageDialog) -> None:
        """Show a page's own dialog as the system's."""
        self.spawn(self._script_dialog(tab, dialog))

    def gone(self) -> None:
        """End everything that waited for the browser."""
        if self.desktop is not None:
            for task in list(self.desktop.tasks):
                self._log("ActivityManager", f"Process {task.package} (pid {task.pid}) has died: the browser is gone")
                self.desktop.drop(task)
        self._on_gone()

    async def called(self, tab: Tab, method: str, argument: object) -> object:
        """Do what a page asked through ``android.*``; unknown requests give None."""
        desktop = self.desktop
        if desktop is None:
            return None
        if tab is desktop.system_tab:
            if method == "act" and isinstance(argument, Mapping):
                await self._act(desktop, argument)
            return None
        task = desktop.task_of(tab)
        if task is None:
            return None
        text = argument if isinstance(argument, str) else ""
        match method:
            case "toast" if self.on_toast is not None:
                await self.on_toast(text)
            case "setClipboard" if self.on_clipboard is not None:
                self.on_clipboard(text)
            case "requestPermission":
                return await self._request_permission(task, text)
            case "checkPermission":
                return self._holds(task, _full_name(text))
            case "returned":
                return desktop.setting_of_page(hidden=task.hidden)
            case "finish":
                self.spawn(self._finish(task))
            case "openPackage":
                return await self._open_package(task, text)
            case "openUrl":
                await self._open_url(tab, task, text)
            case "choose" if isinstance(argument, Mapping):
                return await self._choose(task, argument)
        return None

    # what the device's own screens ask

    async def _act(self, desktop: Desktop, wish: Mapping[str, object]) -> None:
        if isinstance(package := wish.get("launch"), str):
            app = self._packages.find(package)
            if app is not None:
                async with desktop.turn:
                    await desktop.launch(app, None, None)
        elif wish.get("clear"):
            async with desktop.turn:
                for task in list(desktop.tasks):
                    desktop.drop(task)
                    await task.tab.close()
                await desktop.home()
        elif desktop.dialog is not None and desktop.dialog.number == wish.get("dialog"):
            choice, text = wish.get("choice"), wish.get("text")
            desktop.dialog.settle(Answer(choice=choice if isinstance(choice, int) else 0, text=str(text or "")))

    # what apps ask

    def _holds(self, task: Task, permission: str) -> bool:
        return permission in task.one_time or self._packages.granted(task.package, permission)

    async def _request_permission(self, task: Task, name: str) -> bool:
        permission = _full_name(name)
        app = self._packages.find(task.package) or task.app
        if self._holds(task, permission):
            return True
        if permission not in app.permissions:
            self._log("PermissionController", f"{app.package} asks for {permission}, which it does not declare")
            return False
        if self._packages.decided(app.package, permission) is False or self.desktop is None:
            return False
        dialog = dialogs.permission_dialog(self.desktop.next_number(), app, permission)
        answer = await self.desktop.ask(task, dialog)
        granted = answer is not None and answer.choice < len(dialog.buttons) - 1
        if answer is not None and dialogs.is_one_time(dialog, answer):
            task.one_time.add(permission)
        elif answer is not None:
            self._packages.set_granted(app.package, permission, granted=granted)
        return granted

    async def _finish(self, task: Task) -> None:
        if self.desktop is not None:
            async with self.desktop.turn:
                await self.desktop.end(task)

    async def _open_package(self, task: Task, package: str) -> bool:
        app = self._packages.find(package)
        if app is None or not app.pages or self.desktop is None:
            self._log("ActivityTaskManager", f"{task.package} asks for {package}, which is not installed")
            return False
        async with self.desktop.turn:
            opened = await self.desktop.launch(app, None, None)
            opened.caller = task if opened is not task else None
        return True

    async def _open_url(self, tab: Tab, task: Task, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            self.wanted(tab, url)
        elif owns(task.app, url):
            await tab.goto(url)
        else:
            await self._open_elsewhere(task, url)

    async def _open_elsewhere(self, task: Task, url: str) -> None:
        browser = self._packages.find(BROWSER)
        if browser is None or self.desktop is None:
            self._log(
                "ActivityTaskManager", f"ActivityNotFoundException: no browser for {url:.200} from {task.package}"
            )
            return
        self._log("ActivityTaskManager", f"{task.package} opens {url:.200} in the browser")
        async with self.desktop.turn:
            opened = await self.desktop.launch(browser, None, url)
            opened.caller = task

    async def _choose(self, task: Task, argument: Mapping[str, object]) -> int | None:
        options, selected = argument.get("options"), argument.get("selected")
        if not isinstance(options, list) or self.desktop is None:
            return None
        shown = [
            (str(option.get("text", "")), bool(option.get("disabled")))
            for option in options
            if isinstance(option, Mapping)
        ]
        chosen = selected if isinstance(selected, int) else -1
        dialog = dialogs.choice_dialog(self.desktop.next_number(), task.package, shown, chosen)
        answer = await self.desktop.ask(task, dialog)
        return None if answer is None else answer.choice

    async def _script_dialog(self, tab: Tab, page_dialog: PageDialog) -> None:
        desktop = self.desktop
        task = desktop.task_of(tab) if desktop else None
        if desktop is None or task is None:
            await tab.answer(page_dialog, None)
            return
        words = (tab.url, page_dialog.message, page_dialog.default)
        dialog = dialogs.script_dialog(desktop.next_number(), task.package, page_dialog.kind, words)
        await desktop.put(task, dialog)
        answer = await dialog.answer
        accepted = answer is not None and (answer.choice == len(dialog.buttons) - 1)
        if not tab.closed:
            await tab.answer(page_dialog, answer.text if answer is not None and accepted else None)
        await desktop.take_away(task, dialog)
        if self.on_wake is not None:
            await self.on_wake(task)

    # what befalls apps

    async def show_anr(self, task: Task) -> None:
        """Show "app is not responding" and return; the person's answer is acted upon when it comes."""
        if self.desktop is None:
            return
        dialog = dialogs.anr_dialog(self.desktop.next_number(), task.app.label)
        self._log("ActivityManager", f"ANR in {task.package} (pid {task.pid})")
        await self.desktop.put(task, dialog)
        self.spawn(self._after_anr(self.desktop, task, dialog))

    async def _after_anr(self, desktop: Desktop, task: Task, dialog: dialogs.SystemDialog) -> None:
        answer = await dialog.answer
        if answer is None or answer.choice != 0:
            await desktop.take_away(task, dialog)
            return
        async with desktop.turn:
            await desktop.end(task, to_home=True)

    async def show_notice(self, task: Task) -> None:
        """Show a notice of the system over the task and return; it goes away when it is answered."""
        if self.desktop is None:
            return
        dialog = dialogs.notice_dialog(self.desktop.next_number())
        await self.desktop.put(task, dialog)
        self.spawn(self._after_notice(self.desktop, task, dialog))

    async def _after_notice(self, desktop: Desktop, task: Task, dialog: dialogs.SystemDialog) -> None:
        await dialog.answer
        await desktop.take_away(task, dialog)

    async def crash(self, task: Task) -> None:
        """Close the task as a crash does: the launcher is in front."""
        self._log("AndroidRuntime", f"FATAL EXCEPTION: main, Process: {task.package}, PID: {task.pid}")
        if self.desktop is not None:
            async with self.desktop.turn:
                await self.desktop.end(task, to_home=True)


def _full_name(permission: str) -> str:
    return permission if "." in permission else f"android.permission.{permission}"
