"""Reads a command line of ``sh``: quoting, ``;`` ``&&`` ``||`` ``|`` ``!`` ``( )``, redirections, ``$``; pure.

What the device's shell does not have (loops, functions, here-documents, background jobs) is a ``SyntaxFault``
that says so, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")
_REDIRECT = re.compile(r"(\d?)(>>|>&|>\||>|<<-?|<&|<)")
_OPERATORS = ("&&", "||", ";", "|", "&", "(", ")", "\n")
_UNSUPPORTED_WORDS = frozenset(
    ("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "{", "}")
)


class SyntaxFault(Exception):
    """The line cannot be read; the message is what the shell prints after its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a word: ``kind`` is ``text``, ``variable`` or ``command`` (for ``$( )``)."""

    kind: str
    value: str
    quoted: bool


Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """``2>&1`` is descriptor 2, operator ``>&``, target the word ``1``."""

    descriptor: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """Assignments, then a command with its arguments; either may be empty."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands in parentheses: variables and folder changes stay inside."""

    body: Script
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Commands joined by ``|``; ``negated`` turns the exit code round."""

    commands: tuple[Simple | Group, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pipeline and when it runs: ``;`` always, ``&&`` after success, ``||`` after failure."""

    condition: str
    pipeline: Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Steps in order."""

    steps: tuple[Step, ...]


def parse(line: str) -> Script:
    """Return what ``line`` asks for. Raises ``SyntaxFault``."""
    reader = _Reader(line.replace("\r\n", "\n"))
    script = reader.script()
    if not reader.at_end():
        raise SyntaxFault(f"syntax error: unexpected '{reader.here()}'")
    return script


class _Reader:
    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0

    # the line, command by command

    def at_end(self) -> bool:
        self._skip_blanks()
        return self._at >= len(self._line)

    def here(self) -> str:
        return self._operator() or self._line[self._at : self._at + 1] or "newline"

    def script(self) -> Script:
        steps: list[Step] = []
        condition = ";"
        while not self.at_end() and self._operator() != ")":
            if self._operator() in (";", "\n"):
                if condition != ";":
                    raise SyntaxFault(f"syntax error: unexpected '{self._operator()}'")
                self._at += 1
                continue
            steps.append(Step(condition=condition, pipeline=self._pipeline()))
            condition = self._condition()
        if condition != ";":
            raise SyntaxFault("syntax error: unexpected EOF")
        return Script(steps=tuple(steps))

    def _condition(self) -> str:
        self._skip_blanks()
        operator = self._operator()
        if operator == "&":
            raise SyntaxFault("background jobs are not supported")
        if operator in ("&&", "||", ";", "\n"):
            self._at += len(operator)
            if operator in ("&&", "||"):
                self._skip_blanks(lines=True)
        return operator if operator in ("&&", "||") else ";"

    def _pipeline(self) -> Pipeline:
        self._skip_blanks()
        negated = re.match(r"!\s", self._line[self._at :]) is not None
        self._at += negated
        commands = [self._command()]
        while True:
            self._skip_blanks()
            if self._operator() != "|":
                break
            self._at += 1
            self._skip_blanks(lines=True)
            commands.append(self._command())
        return Pipeline(commands=tuple(commands), negated=negated)

    def _command(self) -> Simple | Group:
        self._skip_blanks()
        if self._operator() == "(":
            self._at += 1
            body = self.script()
            if self._operator() != ")":
                raise SyntaxFault("syntax error: unmatched '('")
            self._at += 1
            return Group(body=body, redirects=self._redirects())
        return self._simple()

    def _redirects(self) -> tuple[Redirect, ...]:
        found = []
        while redirect := self._redirect():
            found.append(redirect)
        return tuple(found)

    def _simple(self) -> Simple:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while not self.at_end() and not self._operator():
            if redirect := self._redirect():
                redirects.append(redirect)
                continue
            match = _ASSIGNMENT.match(self._line, self._at)
            if match and not words:
                self._at = match.end()
                assignments.append((match[1], self._word()))
            else:
                words.append(self._word())
        if not (assignments or words or redirects):
            raise SyntaxFault(f"syntax error: unexpected '{self.here()}'")
        if words and len(words[0]) == 1 and words[0][0].kind == "text" and not words[0][0].quoted:
            name = words[0][0].value
            if name in _UNSUPPORTED_WORDS:
                raise SyntaxFault(f"syntax error: '{name}' is not supported by the virtual device's shell")
        return Simple(assignments=tuple(assignments), words=tuple(words), redirects=tuple(redirects))

    def _redirect(self) -> Redirect | None:
        self._skip_blanks()
        match = _REDIRECT.match(self._line, self._at)
        if match is None:
            return None
        if match[2].startswith("<<") or match[2] == "<&":
            raise SyntaxFault(f"syntax error: '{match[2]}' is not supported by the virtual device's shell")
        self._at = match.end()
        self._skip_blanks()
        default = 0 if match[2] == "<" else 1
        target = self._word()
        if not target:
            raise SyntaxFault(f"syntax error: unexpected '{self.here()}'")
        return Redirect(
            descriptor=int(match[1]) if match[1] else default,
            operator=">" if match[2] == ">|" else match[2],
            target=target,
        )

    def _skip_blanks(self, *, lines: bool = False) -> None:
        while self._at < len(self._line):
            char = self._line[self._at]
            if char == "#":
                end = self._line.find("\n", self._at)
                self._at = len(self._line) if end < 0 else end
            elif self._line.startswith("\\\n", self._at):
                self._at += 2
            elif char in " \t" or (lines and char == "\n"):
                self._at += 1
            else:
                return

    def _operator(self) -> str:
        for operator in _OPERATORS:
            if self._line.startswith(operator, self._at):
                return operator
        return ""

    # one word, part by part

    def _word(self) -> Word:
        parts: list[Part] = []
        while self._at < len(self._line):
            char = self._line[self._at]
            if char in " \t\n;|&()<>":
                break
            if char == "'":
                parts.append(Part(kind="text", value=self._until("'"), quoted=True))
            elif char == '"':
                parts.extend(self._double_quoted())
            elif char == "\\":
                parts.append(self._escaped())
            elif char in "$`":
                parts.append(self._dollar(quoted=False))
            else:
                parts.append(Part(kind="text", value=self._plain(), quoted=False))
        return tuple(parts)

    def _plain(self) -> str:
        start = self._at
        while self._at < len(self._line) and self._line[self._at] not in " \t\n;|&()<>'\"\\$`":
            self._at += 1
        return self._line[start : self._at]

    def _escaped(self) -> Part:
        char = self._line[self._at + 1 : self._at + 2]
        self._at += 2
        return Part(kind="text", value="" if char == "\n" else char or "\\", quoted=True)

    def _until(self, quote: str) -> str:
        end = self._line.find(quote, self._at + 1)
        if end < 0:
            raise SyntaxFault("syntax error: no closing quote")
        text = self._line[self._at + 1 : end]
        self._at = end + 1
        return text

    def _double_quoted(self) -> list[Part]:
        parts = [Part(kind="text", value="", quoted=True)]
        self._at += 1
        while True:
            char = self._line[self._at : self._at + 1]
            if not char:
                raise SyntaxFault("syntax error: no closing quote")
            if char == '"':
                self._at += 1
                return parts
            if char in "$`":
                parts.append(self._dollar(quoted=True))
                continue
            after = self._line[self._at + 1 : self._at + 2]
            if char == "\\" and after and after in '"\\$`\n':
                char = "" if after == "\n" else after
                self._at += 1
            parts.append(Part(kind="text", value=char, quoted=True))
            self._at += 1

    def _dollar(self, *, quoted: bool) -> Part:
        if self._line[self._at] == "`":
            return Part(kind="command", value=self._until("`"), quoted=quoted)
        rest = self._line[self._at + 1 :]
        if rest.startswith("(("):
            raise SyntaxFault("syntax error: '$((' is not supported by the virtual device's shell")
        if rest.startswith("("):
            return Part(kind="command", value=self._parenthesised(), quoted=quoted)
        if rest.startswith("{"):
            end = rest.find("}")
            name = rest[1:end] if end > 0 else ""
            if not (_NAME.fullmatch(name) or name in ("?", "$", "#", "@", "*", "0")):
                raise SyntaxFault("${%s}: bad substitution" % name)  # noqa: UP031  # braces
            self._at += end + 2
            return Part(kind="variable", value=name, quoted=quoted)
        match = _NAME.match(rest)
        name = match[0] if match else rest[:1] if rest[:1] in ("?", "$", "#", "@", "*", "0") else ""
        self._at += 1 + len(name)
        if not name:
            return Part(kind="text", value="$", quoted=True)
        return Part(kind="variable", value=name, quoted=quoted)

    def _parenthesised(self) -> str:
        inner = _Reader(self._line)
        inner._at = self._at + 2
        inner.script()
        if inner._operator() != ")":
            raise SyntaxFault("syntax error: unmatched '('")
        text = self._line[self._at + 2 : inner._at]
        self._at = inner._at + 1
        return text
