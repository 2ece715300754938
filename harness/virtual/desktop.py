"""What is in front: the tasks, the launcher, the recent tasks and the dialogs over them, each shown in its tab.

One desktop lives as long as one Chromium. Transitions take turns; looking does not wait for them.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from urllib.parse import urlsplit

from harness.errors import VirtualDeviceError
from harness.virtual import activities
from harness.virtual.activities import BROWSER, LAUNCHER
from harness.virtual.app_files import Reply, file_reply
from harness.virtual.chromium import Chromium
from harness.virtual.dialogs import Answer, SystemDialog
from harness.virtual.personality import Personality
from harness.virtual.phone import Display, Foreground, InstalledApp, Packages
from harness.virtual.tabs import REFUSED, PageRequest, Tab, TabBlocked, js, within

_CHINA = timezone(timedelta(hours=8))
_LAUNCHER_PID = 1804
_FIRST_PID = 4211
_MAX_PICTURES = 24
_PICTURE_S = 2.0  # a dialog does not wait longer for the picture behind it than a dump waits for the dialog
_SYSTEM_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}


class Task:
    """One running app: its tab and what is over it."""

    def __init__(self, app: InstalledApp, number: int, tab: Tab) -> None:
        self.app = app
        self.number = number
        self.tab = tab
        self.activity = app.launcher_activity
        self.pid = _FIRST_PID + 13 * number
        self.dialogs: list[SystemDialog] = []
        self.caller: Task | None = None
        self.picture: str | None = None
        self.hidden = False  # as the page was last told
        self.missed_s = 0.0  # device time that passed while the page stood still in a dialog
        self.one_time: set[str] = set()  # permissions given for this run

    @property
    def package(self) -> str:
        return self.app.package


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a desktop needs to know of the device around it; ``epoch_offset_ms`` is device time minus host time."""

    packages: Packages
    display: Callable[[], Display]
    awake: Callable[[], bool]
    epoch_offset_ms: Callable[[], float]
    now: Callable[[], float]
    place: Callable[[], tuple[float, float] | None]
    log: Callable[[str, str], None]
    user_agent: str = Personality().user_agent
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))  # go on where a browser died


class Desktop:
    """The tasks of one Chromium. ``open`` first."""

    def __init__(self, chromium: Chromium, setting: Setting) -> None:
        self.chromium = chromium
        self.tasks: list[Task] = []  # most recent first
        self.front: Task | None = None  # None: the launcher
        self.in_recents = False
        self.advanced_ms = 0.0  # what time was made up since the browser started
        self.turn = asyncio.Lock()
        self._setting = setting
        self._system: Tab | None = None
        self._pictures: dict[str, bytes] = {}
        self._script = _page_script()
        self._shown_apps: tuple[tuple[str, str], ...] = ()

    # looking

    @property
    def system_tab(self) -> Tab:
        """The tab of launcher, recents and dialogs."""
        if self._system is None:
            raise VirtualDeviceError("the desktop is not open")
        return self._system

    @property
    def dialog(self) -> SystemDialog | None:
        """The dialog in front, if any."""
        task = None if self.in_recents else self.front
        return task.dialogs[-1] if task and task.dialogs else None

    @property
    def surface(self) -> Tab:
        """The tab that is on screen."""
        if self.in_recents or self.front is None or self.front.dialogs:
            return self.system_tab
        return self.front.tab

    def task_of(self, tab: Tab) -> Task | None:
        """Return the task that lives in the tab."""
        return next((task for task in self.tasks if task.tab is tab), None)

    def find(self, package: str) -> Task | None:
        """Return the app's task."""
        return next((task for task in self.tasks if task.package == package), None)

    def foreground(self) -> Foreground:
        """Return the activity in front; a permission question is one of its own, other dialogs are not."""
        if self.in_recents:
            return Foreground(package=LAUNCHER, activity=activities.RECENTS_ACTIVITY, pid=_LAUNCHER_PID)
        if self.front is None:
            return Foreground(package=LAUNCHER, activity=activities.LAUNCHER_ACTIVITY, pid=_LAUNCHER_PID)
        dialog = self.dialog
        if dialog is not None and dialog.package == activities.PERMISSION_CONTROLLER:
            return Foreground(package=dialog.package, activity=activities.GRANT_ACTIVITY, pid=_LAUNCHER_PID + 210)
        return Foreground(package=self.front.package, activity=self.front.activity, pid=self.front.pid)

    def all_tasks(self) -> tuple[Foreground, ...]:
        """Return every task, most recent first; the launcher comes first while it is in front."""
        apps = [Foreground(package=task.package, activity=task.activity, pid=task.pid) for task in self.tasks]
        home = Foreground(package=LAUNCHER, activity=activities.LAUNCHER_ACTIVITY, pid=_LAUNCHER_PID)
        return (home, *apps) if self.front is None else (*apps, home)

    # the tabs

    async def open(self) -> None:
        """Open the device's own tab with the launcher in front."""
        self._system = await self._new_tab()
        problem = await self._system.goto(activities.SYSTEM_PAGE)
        if problem:
            raise VirtualDeviceError(f"the launcher does not load: {problem}")
        await self.present()

    async def _new_tab(self) -> Tab:
        agent = self._setting.user_agent.format(major=self.chromium.version.partition(".")[0] or "120")
        tab = await self.chromium.open(
            display=self._setting.display(), script=self.script(hidden=False), user_agent=agent
        )
        await tab.set_place(self._setting.place())
        return tab

    def script(self, *, hidden: bool) -> str:
        """Return what runs before every document: the device's clock, bridge and hierarchy."""
        config = self.setting_of_page(hidden=hidden) | {"fontScale": self._setting.display().font_scale}
        return self._script.replace("__CONFIG__", js(config), 1)

    def setting_of_page(self, *, hidden: bool) -> dict[str, object]:
        """Return what a page must know of the time and of itself, whenever it is shown."""
        return {
            "dateOffsetMs": self._setting.epoch_offset_ms(),
            "advancedMs": self.advanced_ms,
            "hidden": hidden,
        }

    def next_number(self) -> int:
        """Return a number not used before, for tasks and dialogs."""
        return next(self._setting.numbers)

    # showing

    async def present(self) -> None:
        """Show what is in front now, and tell the pages whether they are seen."""
        for task in self.tasks:
            await self.tell_hidden(task)
        spec = self._spec()
        if spec is not None:
            await self.system_tab.evaluate(f"show({js(spec)})")
        await self.surface.front()

    async def tell_hidden(self, task: Task) -> None:
        """Tell a page whether it is seen, where that changed and the page can hear."""
        in_front = task is self.front and not self.in_recents and self._setting.awake()
        hidden = not in_front or any(dialog.hides_page for dialog in task.dialogs)
        if hidden == task.hidden or task.tab.blocked or task.tab.closed:
            return
        task.hidden = hidden
        try:
            await task.tab.install(self.script(hidden=hidden))
            await task.tab.evaluate(
                f"typeof __androidDevice === 'undefined' || __androidDevice.setHidden({js(hidden)})", 2.0
            )
        except VirtualDeviceError as error:
            self._setting.log("ActivityTaskManager", f"{task.package} did not hear of its visibility: {error}")

    async def refresh_launcher(self) -> None:
        """Draw the launcher again where apps came or went."""
        if self.front is None and not self.in_recents and self._apps() != self._shown_apps:
            async with self.turn:
                await self.present()

    def _apps(self) -> tuple[tuple[str, str], ...]:
        found = self._setting.packages.installed()
        return tuple(
            (app.package, app.label)
            for app in found
            if app.package == BROWSER or (app.pages and app.package != LAUNCHER)
        )

    def _spec(self) -> dict[str, object] | None:
        if self.in_recents:
            width, height = self._setting.display().size_px
            cards = [{"package": task.package, "label": task.app.label, "picture": task.picture} for task in self.tasks]
            return {"screen": "recents", "tasks": cards, "shape": f"{width} / {height}"}
        dialog = self.dialog
        if dialog is not None:
            return dialog.spec()
        if self.front is not None:
            return None
        self._shown_apps = self._apps()
        day = datetime.fromtimestamp(self._setting.now(), _CHINA)
        date = f"{day.month}月{day.day}日 星期{'一二三四五六日'[day.weekday()]}"
        apps = [{"package": package, "label": label} for package, label in self._shown_apps]
        return {"screen": "launcher", "date": date, "apps": apps}

    async def picture_of(self, task: Task) -> str | None:
        """Return the address of a fresh picture of the task's page; None for a secure page or where there is none."""
        try:
            if await task.tab.is_secure():
                return None
            png = await within(task.tab.screenshot(), _PICTURE_S, "picture")
        except VirtualDeviceError as error:
            self._setting.log("WindowManager", f"no picture of {task.package}: {error}")
            return None
        name = f"/picture/{self.next_number()}.png"
        self._pictures[name] = png
        while len(self._pictures) > _MAX_PICTURES:
            self._pictures.pop(next(iter(self._pictures)))
        return name

    # transitions; callers hold ``turn``

    async def home(self) -> None:
        """Put the launcher in front."""
        self.in_recents = False
        self.front = None
        await self.present()

    async def recents(self) -> None:
        """Show the recent tasks; a second press goes to the one before."""
        if self.in_recents:
            self.in_recents = False
            self.front = self.tasks[min(1, len(self.tasks) - 1)] if self.tasks else None
            if self.front is not None:
                self.bring(self.front)
        else:
            if self.front is not None and not self.front.dialogs:
                self.front.picture = await self.picture_of(self.front)
            self.in_recents = True
        await self.present()

    def bring(self, task: Task) -> None:
        """Make the task the most recent one and the one in front; ``present`` shows it."""
        self.tasks.remove(task)
        self.tasks.insert(0, task)
        self.front = task
        self.in_recents = False

    async def launch(self, app: InstalledApp, activity: str | None, url: str | None) -> Task:
        """Bring the app to front, starting it where needed. Raises ``KeyError`` for an unknown activity."""
        task = self.find(app.package)
        address = url or activities.page_url(app, activity)
        if task is not None and task.tab.closed:
            self.drop(task)
            task = None
        if task is None:
            return await self._start(app, activity, address)
        task.app = app
        is_entry = activity in (None, app.launcher_activity, task.activity)
        if url is not None or not is_entry:
            self._note(await task.tab.goto(address))
            task.activity = activity or task.activity
        self.bring(task)
        await self.present()
        return task

    async def _start(self, app: InstalledApp, activity: str | None, address: str) -> Task:
        task = Task(app, self.next_number(), await self._new_tab())
        task.activity = activity or app.launcher_activity
        if app.package == BROWSER:
            await task.tab.also_run(_page_script_file("address_bar.js"))
        self.tasks.insert(0, task)
        self._setting.log("ActivityTaskManager", f"START u0 {{cmp={app.package}/{task.activity}}} pid {task.pid}")
        self._note(await task.tab.goto(address))
        await task.tab.forget_history()
        if task in self.tasks:
            self.bring(task)
        await self.present()
        return task

    def _note(self, problem: str | None) -> None:
        if problem:
            self._setting.log("chromium", problem)

    def drop(self, task: Task) -> None:
        """Forget a task; what was before it is in front, the launcher by default. Its dialogs end unanswered."""
        if task not in self.tasks:
            return
        self.tasks.remove(task)
        for dialog in task.dialogs:
            dialog.settle(None)
        task.dialogs.clear()
        if self.front is task:
            caller = task.caller
            self.front = caller if caller in self.tasks else None

    async def end(self, task: Task, *, to_home: bool = False) -> None:
        """Close the task's page and show what is in front then."""
        was_front = self.front is task
        self.drop(task)
        if to_home and was_front:
            self.front = None
        await task.tab.close()
        await self.present()

    async def back(self) -> None:
        """Do what Back does: close a dialog, ask the page, go back in its history, or leave the app."""
        if self.in_recents:
            self.in_recents = False
            await self.present()
            return
        task, dialog = self.front, self.dialog
        if task is None:
            return
        if dialog is not None:
            if dialog.back_closes:
                dialog.settle(None)
            return
        try:
            if await task.tab.evaluate("__androidDevice.back()", 3.0) is True:
                return
        except TabBlocked:  # lastBack asks the person something: that is its answer
            return
        except VirtualDeviceError as error:
            self._setting.log("chromium", f"android.lastBack of {task.package}: {error}")
        if not await task.tab.history_back():
            await self.end(task)

    async def put(self, task: Task, dialog: SystemDialog) -> None:
        """Show the dialog over the task; its ``answer`` tells how it ended."""
        async with self.turn:
            if task not in self.tasks:
                dialog.settle(None)
                return
            if task is self.front and not self.in_recents:
                beneath = task.dialogs[-1].pictures[-1:] if task.dialogs else [await self.picture_of(task)]
                dialog.pictures.extend(address for address in beneath if address)
            task.dialogs.append(dialog)
            await self.present()

    async def ask(self, task: Task, dialog: SystemDialog) -> Answer | None:
        """Show the dialog, and return the person's answer once the app is in front again; None where it went away."""
        await self.put(task, dialog)
        answer = await dialog.answer
        await self.take_away(task, dialog)
        return answer

    async def take_away(self, task: Task, dialog: SystemDialog) -> None:
        """Show what was below the dialog."""
        async with self.turn:
            if dialog in task.dialogs:
                task.dialogs.remove(dialog)
            await self.present()

    # serving

    async def serve(self, tab: Tab, request: PageRequest) -> Reply | None:
        """Answer the requests of a tab for files of its app or of the device's own pages."""
        part = urlsplit(request.url)
        host = (part.hostname or "").lower()
        if tab is self._system:
            return await asyncio.to_thread(self._system_reply, part.path) if host == activities.SYSTEM_HOST else REFUSED
        if host == activities.SYSTEM_HOST:
            return Reply(status=404)
        if not activities.is_app_host(host):
            return None
        task = self.task_of(tab)
        if task is None or host != activities.app_host(task.package):
            return Reply(status=403)
        return await asyncio.to_thread(file_reply, task.app.root, part.path, request.wanted_range)

    def _system_reply(self, path: str) -> Reply:
        if path in self._pictures:
            return Reply(headers={"content-type": "image/png"}, body=self._pictures[path])
        name = path.strip("/") or "system.html"
        kind = _SYSTEM_TYPES.get(name.rpartition(".")[2])
        source = files("harness.virtual").joinpath("system_pages", name)
        if kind is None or "/" in name or not source.is_file():
            return Reply(status=404)
        return Reply(headers={"content-type": kind}, body=source.read_bytes())


def _page_script_file(name: str) -> str:
    return files("harness.virtual").joinpath("page_scripts", name).read_text("utf-8")


def _page_script() -> str:
    parts = [_page_script_file(name) for name in ("clock.js", "bridge.js", "hierarchy.js")]
    return "(config => {'use strict'; if (window.__androidDevice) return;\n" + "\n".join(parts) + "\n})(__CONFIG__);"
