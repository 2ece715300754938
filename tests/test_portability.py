"""What runs on one system only stands behind a guard, and no text depends on the machine it is read or written on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.layout import bundle_name, recording_member
from harness.evidence.verify import Soundness, verify
from harness.fleet.filed import read_filed_list
from harness.model import PackageName
from harness.session import report_on
from harness.virtual.file_names import host_name
from tests.evidence_walks import app, judge_study, start_of, walk_study
from tests.seal_fixtures import HostClock

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path
    for place in ("harness", "scenarios", "bootstrap.py", "conftest.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
# Not on Windows, or other there. A guard is a condition on the system in an `if`, `and` or `... if ... else` around it.
POSIX_NAMES = {
    "os": {"fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "killpg", "setsid", "setpgid"}
    | {"uname", "mkfifo", "nice", "chown", "fchmod", "fchown", "wait", "waitpid", "sysconf", "getloadavg"}
    | {"O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "openpty", "getpgrp", "pipe2", "posix_spawn", "statvfs"}
    | {"sched_getaffinity", "fdatasync", "pread", "pwrite", "sendfile", "WNOHANG", "symlink"},
    "signal": {"SIGKILL", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM", "alarm", "pause"}
    | {"SIGCONT", "SIGSTOP", "SIGTSTP", "SIGPIPE", "SIGWINCH", "setitimer", "sigwait", "pthread_kill"},
    "select": {"poll", "epoll", "kqueue"},
    "time": {"tzset"},
    "asyncio": {"open_unix_connection", "start_unix_server"},
    "loop": {"add_signal_handler", "add_reader", "add_writer"},
    "socket": {"AF_UNIX", "SO_REUSEPORT"},
}
WINDOWS_NAMES = {"os": {"startfile", "O_BINARY"}, "signal": {"CTRL_BREAK_EVENT", "CTRL_C_EVENT"}}
POSIX_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty", "readline", "curses"}
WINDOWS_MODULES = {"msvcrt", "winreg", "_winapi"}
POSIX_KEYWORDS = {"preexec_fn", "start_new_session", "pass_fds", "process_group"}
GUARDS = ("sys.platform", "os.name", "hasattr(os", "hasattr(signal")
LOCALE_DATES = ("%c", "%x", "%X", "%a", "%A", "%b", "%B", "%p", "%e", "%-")


def problems(path: Path) -> Iterator[str]:
    """Yield line and complaint of everything in a source that holds on some systems only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    of_the_device = "virtual" in path.parts  # its places are those of Android
    for node in ast.walk(tree):
        for complaint in _complaints(node):
            if of_the_device and complaint.endswith("place of one system"):
                continue
            if complaint.endswith("guard") and _guarded(node, parents):
                continue
            yield f"{getattr(node, 'lineno', 0)}: {complaint}"


def _complaints(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            if name in POSIX_NAMES.get(module, ()) or name in WINDOWS_NAMES.get(module, ()):
                yield f"{module}.{name} without a guard"
        case ast.Import(names=names):
            for alias in names:
                if alias.name in POSIX_MODULES | WINDOWS_MODULES:
                    yield f"import {alias.name} without a guard"
        case ast.ImportFrom(module=str(module)) if module in POSIX_MODULES | WINDOWS_MODULES:
            yield f"import {module} without a guard"
        case ast.Constant(value=str(text)) if text == "/tmp" or text.startswith(("/tmp/", "/dev/null", "/var/tmp")):
            yield f"{text!r} is a place of one system"
        case ast.Call():
            yield from _call_complaints(node)
        case _:
            pass


def _call_complaints(call: ast.Call) -> Iterator[str]:
    given = {word.arg: word.value for word in call.keywords if word.arg}
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    for word in POSIX_KEYWORDS & given.keys():
        if not _asks(given[word]):
            yield f"{word}= without a guard"
    if name in ("read_text", "write_text"):
        at = 0 if name == "read_text" else 1
        if "encoding" not in given and len(call.args) <= at:
            yield f"{name} without an encoding"
        if name == "write_text" and "newline" not in given:
            yield "write_text without newline: Windows would write CRLF"
    if name == "open" and owner not in ("av", "Image", "webbrowser", "os", "zipfile", "tarfile"):
        at = 0 if owner else 1
        mode = _text(given.get("mode") or (call.args[at] if len(call.args) > at else None))
        is_path = set(mode) <= set("rwxab+t")  # else what is opened is no file: an archive's member, a link
        if is_path and "b" not in mode and (mode or not owner):
            if "encoding" not in given:
                yield "open without an encoding"
            if set("wax") & set(mode) and "newline" not in given:
                yield "a text opened for writing without newline: Windows would write CRLF"
    is_program = owner == "subprocess" and name in ("run", "Popen", "check_output", "check_call", "call")
    if is_program and {"text", "universal_newlines"} & given.keys() and "encoding" not in given:
        yield f"subprocess.{name}(text=True) without an encoding"
    if ("shell" in given and _is_true(given["shell"])) or (owner == "os" and name in ("system", "popen")):
        yield "a command for a shell, which every system has another of"
    if name == "strftime" and call.args and any(part in (_text(call.args[0]) or "") for part in LOCALE_DATES):
        yield "a date in words of the machine's language"
    if owner == "" and name == "str" and call.args and ".relative_to(" in ast.unparse(call.args[0]):
        yield "str() of a relative path has this system's separators: use as_posix()"
    if owner == "locale" or (owner == "sys" and name == "setdefaultencoding"):
        yield f"{owner}.{name} depends on the machine's language"


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_true(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _guarded(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether a condition on the system stands around or before: an early return in the same function counts."""
    while node in parents:
        parent = parents[node]
        if isinstance(parent, (ast.If, ast.IfExp)) and _asks(parent.test):
            return True
        if isinstance(parent, ast.BoolOp) and any(_asks(value) for value in parent.values):
            return True
        body = getattr(parent, "body", None)
        if isinstance(body, list) and node in body:
            for earlier in body[: body.index(node)]:
                if isinstance(earlier, ast.If) and _asks(earlier.test) and _leaves(earlier.body[-1]):
                    return True
        node = parent
    return False


def _asks(test: ast.AST) -> bool:
    return any(guard in ast.unparse(test) for guard in GUARDS)


def _leaves(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break))


@pytest.fixture
def far_away(tmp_path: Path) -> Path:
    """Return a folder whose path has Chinese, spaces and brackets in it and is long, as below a person's documents."""
    folder = tmp_path / "证据 与（附件） [2026]" / ("很长的目录名" * 8)
    folder.mkdir(parents=True)
    return folder


def test_a_bundle_in_a_long_chinese_path_with_spaces_is_sound_and_reported(far_away: Path) -> None:
    with BundleWriter(far_away, start_of(app()), clock=HostClock()) as writer:
        hands, _ = walk_study(writer)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as stored:
            judgement = judge_study(stored.walk)
        bundle = writer.finish(judgement)
    assert verify(bundle).soundness is Soundness.SOUND
    (page, *_) = report_on([bundle], far_away / "报告 一")
    assert page.is_file()


@pytest.mark.parametrize("package", ["con", "aux.b", "cn.gov." + "x" * 200, "政务.应用", "..", "a/b\\c:d*?", "end. "])
@pytest.mark.parametrize("case_id", ["", "nul", "案件 1/2", "."])
def test_a_bundle_has_a_name_that_every_file_system_takes(package: str, case_id: str) -> None:
    name = bundle_name(replace(app(), package=PackageName(package), case_id=case_id), "20261126T090000Z-ab12", 1)
    assert host_name(name) == name
    assert name.isascii()
    assert len(name) + len(recording_member("0" * 64)) < 180  # of the 260 that old Windows takes for a whole path


def test_a_filed_list_from_a_chinese_excel_reads_like_one_in_utf_8(tmp_path: Path) -> None:
    plain = (ROOT / "scenarios" / "demo" / "filed_apps.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "utf8.csv").write_bytes(plain.encode("utf-8"))
    (tmp_path / "excel.csv").write_bytes(plain.replace("\n", "\r\n").encode("gb18030"))
    (tmp_path / "bom.csv").write_bytes(plain.replace("\n", "\r\n").encode("utf-8-sig"))
    expected = read_filed_list(tmp_path / "utf8.csv").apps
    assert expected
    assert read_filed_list(tmp_path / "excel.csv").apps == expected
    assert read_filed_list(tmp_path / "bom.csv").apps == expected


def test_no_source_depends_on_one_system_or_one_language() -> None:
    assert len(SOURCES) > 200
    found = [f"{path.relative_to(ROOT).as_posix()}:{problem}" for path in SOURCES for problem in problems(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import os\nos.killpg", "os.killpg without a guard"),
        ("import signal\ndef kill(number=signal.SIGKILL): ...", "signal.SIGKILL without a guard"),
        ("str(path.relative_to(root))", "as_posix"),
        ("import fcntl", "import fcntl without a guard"),
        ("loop.add_signal_handler(2, stop)", "loop.add_signal_handler without a guard"),
        ("import subprocess\nsubprocess.Popen(['x'], start_new_session=True)", "start_new_session= without a guard"),
        ("import subprocess\nsubprocess.run(['x'], text=True)", "subprocess.run(text=True) without an encoding"),
        ("import subprocess\nsubprocess.run('x', shell=True)", "a command for a shell"),
        ("open('a')", "open without an encoding"),
        ("from pathlib import Path\nPath('a').open('w', encoding='utf-8')", "CRLF"),
        ("from pathlib import Path\nPath('a').read_text()", "read_text without an encoding"),
        ("from pathlib import Path\nPath('a').write_text('b', encoding='utf-8')", "CRLF"),
        ("place = '/tmp/x'", "is a place of one system"),
        ("now.strftime('%A')", "in words of the machine's language"),
    ],
)
def test_the_lint_sees_what_it_is_for(source: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "source.py").write_bytes(source.encode())
    (found,) = problems(tmp_path / "source.py")
    assert complaint in found


@pytest.mark.parametrize(
    "source",
    [
        "import os, sys\nif sys.platform != 'win32':\n    os.killpg(1, 9)",
        "import os\nroot = hasattr(os, 'geteuid') and os.geteuid() == 0",
        "import os, sys\ndef f():\n    if sys.platform == 'win32':\n        return\n    os.killpg(1, 9)",
        "open('a', 'rb')",
        "from pathlib import Path\nPath('a').open('rb')",
        "from pathlib import Path\nPath('a').read_text('utf-8', 'replace')",
        "import zipfile\nwith zipfile.ZipFile('a') as z:\n    z.open('name', 'r').read()",
    ],
)
def test_the_lint_lets_pass_what_is_guarded(source: str, tmp_path: Path) -> None:
    (tmp_path / "source.py").write_bytes(source.encode())
    assert list(problems(tmp_path / "source.py")) == []
