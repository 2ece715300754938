"""What the guides and both READMEs tell can be typed, and every link in them leads somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from harness.cli import group
from harness.pytest_plugin.options import OPTIONS

ROOT = Path(__file__).resolve().parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted((ROOT / "docs").rglob("*.md")))
GUIDES = tuple(page for page in PAGES if page.parent.name in ("zh", "en"))
BOOTSTRAP_VERBS = {"demo", "test", "setup"}
_SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s]+)\)")
_FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]*)")


def shell_lines(page: Path) -> Iterator[str]:
    """Yield every command of the page's shell blocks, without the remark behind it; a whole script is no command."""
    for block in _SHELL_BLOCK.findall(page.read_text(encoding="utf-8")):
        if block.startswith("#!"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if command := line.partition(" #")[0].strip():
                yield command


def inline_commands(page: Path) -> Iterator[str]:
    """Yield every `harness ...` that stands within a sentence or a table, as it is written there."""
    prose = _SHELL_BLOCK.sub("", page.read_text(encoding="utf-8"))
    for span in _INLINE.findall(prose.replace("\\|", "|")):
        if re.match(r"harness [a-z]", span):
            yield span


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words name, and the words that are left for it."""
    command: click.Command = group
    while isinstance(command, click.Group) and words:
        name, *words = words
        found = command.commands.get(name)
        assert found is not None, f"harness has no {name!r}"
        command = found
    return command, words


def refusal(line: str) -> str:
    """Return why a command line would be refused before it did anything, empty where it would not."""
    words = shlex.split(line)
    if words[0] == "harness":
        command, rest = command_of(words[1:])
        context = click.Context(command)
        try:
            given, left, _ = command.make_parser(context).parse_args(rest)
        except click.UsageError as error:
            return error.format_message()
        arguments = [one for one in command.params if isinstance(one, click.Argument) and one.required]
        missing = [
            one.human_readable_name for one in arguments if not isinstance(given.get(one.name or ""), str | tuple)
        ]
        return " ".join([*(f"unexpected {word}" for word in left), *(f"missing {name}" for name in missing)])
    if words[0] == "pytest":
        known = {option.flag for option in OPTIONS}
        return ", ".join(set(_FLAG.findall(line)) - known)
    if words[:2] == ["python3", "bootstrap.py"]:
        return "" if words[2] in BOOTSTRAP_VERBS else f"bootstrap.py has no {words[2]}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_line_of_a_page_is_one_that_the_harness_takes(page: Path) -> None:
    wrong = [f"{line}: {why}" for line in shell_lines(page) if (why := refusal(line))]
    assert wrong == []
    for span in inline_commands(page):
        words = [word for word in re.split(r"[\s\[\]]+", span.partition("`")[0]) if word]
        names = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
        if names == ["case"]:  # `case attach|status|…`
            continue
        command, _ = command_of(names if names[0] in ("case", "keys", "virtual") else names[:1])
        known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {"--help"}
        assert set(_FLAG.findall(span)) <= known, span


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8"))]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


def test_every_guide_is_there_in_both_languages_with_the_same_commands_and_pictures() -> None:
    by_name: dict[str, dict[str, Path]] = {}
    for page in GUIDES:
        by_name.setdefault(page.name, {})[page.parent.name] = page
    assert len(by_name) >= 6
    for name, pages in by_name.items():
        assert set(pages) == {"zh", "en"}, name
        commands = {language: [shlex.split(line)[:2] for line in shell_lines(page)] for language, page in pages.items()}
        assert commands["zh"] == commands["en"], name
        pictures = [re.findall(r"[\w-]+\.png", page.read_text(encoding="utf-8")) for page in pages.values()]
        assert pictures[0] == pictures[1], name
        contents = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
        assert f"zh/{name}" in contents
        assert f"en/{name}" in contents


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("harness night filed.csv --resume", ""),
        ("harness night filed.csv --resum-e", "No such option"),
        ("harness case attach one two three", "unexpected three"),
        ("harness keys new", "missing FILE"),
        ("pytest scenarios --harness-seriell x", "--harness-seriell"),
    ],
)
def test_a_command_line_that_would_be_refused_is_seen(line: str, why: str) -> None:
    assert (why in refusal(line)) if why else refusal(line) == ""


def test_pictures_are_small_and_all_are_shown() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in pictures:
        assert picture.stat().st_size < 200_000, picture.name
        assert picture.name in text
