"""Which page is in front, read from ``dumpsys`` as Android 4.4 to 15 print it. Pure.

``uiautomator2.app_current`` falls through to the last activity of a list on Android 13 and later
(openatx/uiautomator2#952), and several displays print several ``mCurrentFocus=null`` lines. Sources for the shapes:
AOSP ``WindowManagerService``/``DisplayContent`` and ``ActivityTaskManagerService`` dumps.
"""

from __future__ import annotations

import re

from harness.model import PackageName, Page

_COMPONENT = r"(?P<package>[A-Za-z][\w.]*)/(?P<activity>[\w.$]+)"
_FOCUS = re.compile(r"mCurrentFocus=Window\{\S+ (?:u\d+ )?" + _COMPONENT)
_FOCUSED_APP = re.compile(r"mFocusedApp=.*?ActivityRecord\{\S+ (?:u\d+ )?" + _COMPONENT)
_RESUMED = re.compile(
    r"(?:mResumedActivity|topResumedActivity|ResumedActivity)[:=]\s*ActivityRecord\{\S+ (?:u\d+ )?" + _COMPONENT
)
_NEXT_ACTION_OR_END = re.compile(r"^ *[\w.]+:$|^$", re.MULTILINE)
_FLAGS = re.compile(r"\bfl=(?:#(?P<bits>[0-9a-fA-F]+)|(?P<names>[^\n]*))")
_FLAG_SECURE = 0x2000  # android.view.WindowManager.LayoutParams; printed as a number before Android 8


def window_commands(sdk: int) -> tuple[str, ...]:
    """Return the commands that tell the foreground page, most telling first, for an API level."""
    window = ("dumpsys window displays", "dumpsys window windows")
    if sdk < 29:  # before Android 10 the focus is printed with the windows
        window = (window[1], window[0])
    return (*window, "dumpsys activity activities")


def foreground(dump: str) -> Page | None:
    """Return the foreground page named in a dump, or ``None`` where it names none."""
    for pattern in (_FOCUS, _FOCUSED_APP, _RESUMED):
        found = pattern.search(dump)
        if found:
            return _page(found["package"], found["activity"])
    return None


def resolved_activity(output: str, package: str) -> str:
    """Return the full activity class that ``cmd package resolve-activity --brief`` names, or an empty string.

    An app with several launcher activities is answered with the system's chooser, which is none of the app's.
    """
    for line in reversed(output.splitlines()):
        found = re.fullmatch(_COMPONENT, line.strip())
        if found and found["package"] == package:
            return _page(package, found["activity"]).activity
    return ""


def main_activity(dump: str, package: str) -> str:
    """Return the first launcher activity that ``dumpsys package`` lists, or an empty string.

    Where the dump tells no categories (Android before 5) that is the first of the main activities.
    """
    _, _, listed = dump.partition("android.intent.action.MAIN:\n")
    listed = _NEXT_ACTION_OR_END.split(listed, maxsplit=1)[0]
    parts = re.split(re.escape(package) + r"/([\w.$]+)", listed)
    mains = tuple(zip(parts[1::2], parts[2::2], strict=True))  # each with what is told of its filter
    launchers = [activity for activity, told in mains if '"android.intent.category.LAUNCHER"' in told]
    if not launchers and "Category:" not in listed:
        launchers = [activity for activity, _ in mains]
    return _page(package, launchers[0]).activity if launchers else ""


def _page(package: str, activity: str) -> Page:
    if activity.startswith("."):
        activity = package + activity
    return Page(package=PackageName(package), activity=activity)


def process_id(said: str, package: str) -> int | None:
    """Return the process id that ``pidof`` or ``ps`` tells for a package, ``None`` where it tells none."""
    rows = [line.split() for line in said.splitlines()]
    told = [row[1] for row in rows if len(row) > 1 and row[-1] == package] or rows[0][:1] if rows else []
    return int(told[0]) if told and told[0].isdigit() else None


def crash_told(log: str, package: str, since: str) -> str:
    """Return the exception of a package's last crash in a log, empty where there is none at ``since`` or later.

    ``since`` is month, day and time of the device as a log's lines begin: an app that crashed before and is starting
    again has not crashed as it started.
    """
    before, found, told = log.rpartition(f"Process: {package}, PID: ")
    lines = [line.partition("AndroidRuntime: ")[2].strip() for line in told.splitlines()[1:2]]
    return lines[0] if found and lines and before.rpartition("\n")[2] >= since else ""


def is_secure(window_dump: str, page: Page) -> bool:
    """Return whether the dump says that the page's window carries FLAG_SECURE."""
    for block in re.split(r"\n(?=\s*Window #\d+ Window\{)", window_dump):
        if f"{page.package}/" not in block.split("\n", 1)[0]:
            continue
        flags = _FLAGS.search(block)
        if flags and (int(flags["bits"] or "0", 16) & _FLAG_SECURE or re.search(r"\bSECURE\b", flags["names"] or "")):
            return True
    return False
