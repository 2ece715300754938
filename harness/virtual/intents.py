"""Reads the intent of an ``am`` command line and prints it as Android does; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.virtual.app_archive import full_class
from harness.virtual.command import UsageFault

MAIN = "android.intent.action.MAIN"
VIEW = "android.intent.action.VIEW"
HOME = "android.intent.category.HOME"

_EXTRAS = {
    "--es": "text",
    "-e": "text",
    "--ei": "whole",
    "--el": "whole",
    "--ef": "decimal",
    "--ez": "boolean",
    "--eu": "text",
    "--ecn": "text",
    "--eia": "text",
    "--ela": "text",
    "--esa": "text",
}
_IGNORED_WITH_VALUE = frozenset(
    ("--user", "--display", "--windowingMode", "--activityType", "-P", "--receiver-permission", "--task", "-R", "-f")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is asked for; ``component`` is ``(package, full activity class)``."""

    action: str = ""
    categories: tuple[str, ...] = ()
    data: str = ""
    package: str = ""
    component: tuple[str, str] | None = None
    extras: tuple[tuple[str, str], ...] = ()
    switches: frozenset[str] = frozenset()

    def extra(self, name: str) -> str | None:
        """Return the extra of that name, as text, or None."""
        return dict(self.extras).get(name)

    def __str__(self) -> str:
        """Return the intent as ``am`` prints it."""
        parts = []
        if self.action:
            parts.append(f"act={self.action}")
        if self.categories:
            parts.append(f"cat=[{','.join(self.categories)}]")
        if self.data:
            scheme, colon, rest = self.data.partition(":")
            # Android leaves addresses out of its log lines.
            parts.append(
                f"dat={scheme}:{rest if not rest.startswith('//') else '//' + _host(rest) + '/...'}"
                if colon
                else f"dat={self.data}"
            )
        if self.package:
            parts.append(f"pkg={self.package}")
        if self.component:
            parts.append(f"cmp={short_component(*self.component)}")
        if self.extras:
            parts.append("(has extras)")
        return f"Intent {{ {' '.join(parts)} }}"


def short_component(package: str, activity: str) -> str:
    """Return ``cn.example/.Main`` for a class in the app's own package, else the full class."""
    short = activity.removeprefix(package) if activity.startswith(package + ".") else activity
    return f"{package}/{short}"


def parse_intent(args: Sequence[str]) -> Intent:
    """Return the intent of the words after ``am start`` or ``am broadcast``. Raises ``UsageFault``."""
    fields: dict[str, str] = {}
    categories: list[str] = []
    extras: list[tuple[str, str]] = []
    switches: set[str] = set()
    names = {"-a": "action", "-d": "data", "-p": "package", "-n": "component", "-t": "type"}
    todo = list(args)

    def value(option: str) -> str:
        if not todo:
            raise UsageFault(f'Error: Argument expected after "{option}"', 255)
        return todo.pop(0)

    while todo:
        word = todo.pop(0)
        if word in names:
            fields[names[word]] = value(word)
        elif word == "-c":
            categories.append(value(word))
        elif word in _EXTRAS:
            name = value(word)
            extras.append((name, value(word)))
        elif word == "--esn":
            extras.append((value(word), ""))
        elif word in _IGNORED_WITH_VALUE:
            value(word)
        elif word.startswith("-"):
            switches.add(word)
        elif ":" in word:
            fields["data"] = word
        else:
            fields["component" if "/" in word else "package"] = word
    return Intent(
        action=fields.get("action", ""),
        categories=tuple(categories),
        data=fields.get("data", ""),
        package=fields.get("package", ""),
        component=_component(fields["component"]) if "component" in fields else None,
        extras=tuple(extras),
        switches=frozenset(switches),
    )


def _component(text: str) -> tuple[str, str]:
    package, slash, activity = text.partition("/")
    if not (slash and package and activity):
        raise UsageFault(f"Error: Bad component name: {text}", 255)
    return package, full_class(package, activity)


def _host(rest: str) -> str:
    return rest.removeprefix("//").partition("/")[0]
