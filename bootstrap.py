#!/usr/bin/env python3
"""Sets everything up on a fresh machine, then runs the demo or the tests. Standard library only.

    python3 bootstrap.py demo  [arguments of `harness demo`]
    python3 bootstrap.py test  [arguments of pytest]
    python3 bootstrap.py setup

It asks nothing, prints one line per step and is safe to repeat: what is there already is left as it is. Python packages
go to ``.venv`` in this folder. Outside it, only Debian and Ubuntu packages are installed, and only where we are root or
sudo needs no password; on Ubuntu, whose chromium package is a snap, Playwright's own Chromium goes to the user's cache.
The exit status is that of the demo or the tests; 2 means that the setting-up itself failed.

This file must still parse on Pythons that are too old, so that it can say so or hand over to a newer one.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOG = VENV / "bootstrap.log"
STAMP = VENV / "bootstrap.stamp"
COMMANDS = {
    "demo": ("-m", "harness", "demo"),
    # Contiguous halves, so that tests of one file share their device; the idle worker takes over the tail.
    "test": ("-m", "pytest", "tests", "-n", "2", "--dist", "worksteal"),
    "setup": (),
}
# A person's pip settings of this kind would send packages elsewhere than to .venv.
HARMFUL_VARIABLES = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH")


class SetupFailed(Exception):
    """The setting-up cannot go on; the message is the line that says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Set up, run the task named by the first argument and return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if sys.version_info < OLDEST:
        return hand_over(arguments)
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    try:
        python, environ = set_up()
    except SetupFailed as failure:
        print(f"[bootstrap] {failure}", flush=True)
        return 2
    except KeyboardInterrupt:
        say("已中断，再次运行会接着做", "interrupted; the next run goes on from here")
        return 130
    task = arguments[0]
    if task == "setup":
        return 0
    return run_task([str(python), *COMMANDS[task], *arguments[1:]], environ)


def hand_over(arguments: Sequence[str]) -> int:
    """Run this file again under a newer Python on ``PATH``; return 2 with one line where there is none."""
    for name in NEWER_PYTHONS:
        newer = shutil.which(name)
        if newer:
            return subprocess.call([newer, __file__, *arguments])
    seen = ".".join(str(part) for part in sys.version_info[:3])
    say(
        f"Python {seen} 太旧，需要 3.11 或更新版本：apt-get install -y python3.11 python3.11-venv，"
        "winget install Python.Python.3.13，brew install python@3.13",
        f"Python {seen} is too old, 3.11 or newer is needed",
    )
    return 2


def set_up() -> tuple[Path, dict[str, str]]:
    """Bring the machine and ``.venv`` up to date; return the Python of ``.venv`` and the environment to use."""
    started_s = time.monotonic()
    environ = child_environment(os.environ)
    machine = load_machine()
    on = machine.system()
    install_system_parts(machine, on, environ)
    python = make_venv(machine, on, environ)
    if read_stamp() != stamp():
        install_packages(python, environ)
        STAMP.write_text(stamp(), encoding="utf-8", newline="\n")
    if on is machine.System.UBUNTU and machine.find_browser(environ) is None:
        install_ubuntu_browser(python, environ)
    for part in missing_parts(machine, environ):
        if part is machine.Part.ADB and any(VENV.glob("**/adbutils/binaries/adb*")):
            continue  # the adbutils package brought one
        say(
            f"缺少 {part.value}，请运行：{machine.mend(part, on, python=str(python))}",
            f"{part.value} is missing: run the command shown",
        )
    seconds = time.monotonic() - started_s
    say(f"就绪，用时 {seconds:.1f} 秒", f"ready in {seconds:.1f} s")
    return python, environ


def say(chinese: str, english: str) -> None:
    """Print one line at once, Chinese first."""
    print(f"[bootstrap] {chinese} | {english}", flush=True)


# --- environment ---------------------------------------------------------------------------------------------------


def load_machine() -> ModuleType:
    """Return the module ``harness/machine.py``, loaded by path because its package cannot be imported yet."""
    spec = importlib.util.spec_from_file_location("bootstrap_machine", ROOT / "harness" / "machine.py")
    if spec is None or spec.loader is None:
        raise SetupFailed("harness/machine.py 不见了，请重新克隆 | harness/machine.py is gone, clone again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for everything we start: ``.venv`` first on ``PATH`` and a home that adb can write to.

    adb stops with "Cannot mkdir" where ``$HOME/.android`` cannot be made, which is so in many containers.
    """
    result = {name: value for name, value in environ.items() if name not in HARMFUL_VARIABLES}
    result["VIRTUAL_ENV"] = str(VENV)
    result["PATH"] = str(venv_python().parent) + os.pathsep + environ.get("PATH", os.defpath)
    if sys.platform == "win32":
        result["PYTHONUTF8"] = "1"
    else:
        result["HOME"] = str(writable_home(environ))
    return result


def writable_home(environ: Mapping[str, str]) -> Path:
    """Return ``$HOME``, or the account's home, or a folder inside ``.venv``: the first that can be written to."""
    candidates = [environ.get("HOME", "")]
    if sys.platform != "win32":
        import pwd

        with contextlib.suppress(KeyError):  # a container may run us under a number without an account
            candidates.append(pwd.getpwuid(os.getuid()).pw_dir)
    for candidate in candidates:
        if candidate and Path(candidate).is_dir() and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate)
    home = VENV / "home"
    home.mkdir(parents=True, exist_ok=True)
    return home


def venv_python() -> Path:
    """Return where the Python of ``.venv`` is or will be."""
    return VENV / "Scripts" / "python.exe" if sys.platform == "win32" else VENV / "bin" / "python"


def stamp() -> str:
    """Return this folder's path and, on a second line, a digest of everything that decides what is installed."""
    digest = hashlib.sha256()
    for file in (*sorted((ROOT / "constraints").glob("*.txt")), ROOT / "pyproject.toml", VENV / "pyvenv.cfg"):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{ROOT}\n{digest.hexdigest()}\n"


def read_stamp() -> str:
    """Return what the last complete installation left, or nothing."""
    return STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""


# --- parts of the system -------------------------------------------------------------------------------------------


def missing_parts(machine: ModuleType, environ: Mapping[str, str]) -> list[Any]:
    """Return the parts of the machine that cannot be found."""
    missing = []
    tesseract = machine.find_tesseract(environ)
    if tesseract is None:
        missing.append(machine.Part.TESSERACT)
    elif "chi_sim" not in (machine.ocr_languages(tesseract, environ) or ()):
        missing.append(machine.Part.CHI_SIM)
    if not machine.find_all("adb", environ):
        missing.append(machine.Part.ADB)
    if machine.find_browser(environ) is None:
        missing.append(machine.Part.BROWSER)
    if machine.find_cjk_font(environ) is None:
        missing.append(machine.Part.FONT)
    if machine.missing_libraries():
        missing.append(machine.Part.LIBRARIES)
    return missing


def install_system_parts(machine: ModuleType, on: object, environ: Mapping[str, str]) -> None:
    """Install what is missing with apt, where this is Debian or Ubuntu and we may; else do nothing."""
    prefix = apt_prefix(environ)
    if on not in {machine.System.DEBIAN, machine.System.UBUNTU} or prefix is None:
        return
    parts = missing_parts(machine, environ)
    if on is machine.System.UBUNTU:
        parts = [part for part in parts if part is not machine.Part.BROWSER]
    packages = [package for part in parts for package in machine.apt_packages(part)]
    if not has_working_venv() and not can_make_venv(environ) and sys.base_prefix == "/usr":
        packages.append(f"python3.{sys.version_info.minor}-venv")
    if not packages:
        return
    say(f"安装系统软件包：{' '.join(packages)}", "installing system packages with apt")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    run_logged([*apt, "update"], environ)
    install = [*apt, "install", "-y", "--no-install-recommends"]
    if run_logged([*install, *packages], environ) == 0:
        return
    for package in packages:  # one that cannot be had must not keep the others away
        if run_logged([*install, package], environ) != 0:
            say(f"apt 未能安装 {package}：{last_log_line()}", f"apt could not install {package}")


def apt_prefix(environ: Mapping[str, str]) -> list[str] | None:
    """Return what to put before apt-get (nothing for root, sudo for others), or None where we may not use it."""
    if sys.platform == "win32" or shutil.which("apt-get", path=environ["PATH"]) is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo", path=environ["PATH"]) is None:
        return None
    return ["sudo", "-n"] if works(["sudo", "-n", "true"], environ) else None


def install_ubuntu_browser(python: Path, environ: Mapping[str, str]) -> None:
    """Fetch Playwright's Chromium, with the libraries it needs where apt may be used."""
    say(
        "下载 Chromium（Ubuntu 的 chromium 软件包是 snap，不能用）",
        "fetching Chromium by Playwright: Ubuntu's is a snap",
    )
    options = ["--with-deps"] if apt_prefix(environ) is not None else []
    if run_logged([str(python), "-m", "playwright", "install", *options, "chromium"], environ) != 0:
        say(f"未能下载 Chromium：{last_log_line()}", "could not fetch Chromium")


# --- Python packages -----------------------------------------------------------------------------------------------


def has_working_venv() -> bool:
    """Return whether ``.venv`` holds a Python that still exists, in the folder it was made for.

    A folder that was moved or copied would run the old folder's code: scripts in ``.venv`` hold absolute paths.
    """
    moved = read_stamp() != "" and read_stamp().splitlines()[0] != str(ROOT)
    return venv_python().exists() and (VENV / "pyvenv.cfg").is_file() and not moved


def can_make_venv(environ: Mapping[str, str]) -> bool:
    """Return whether this Python can make a virtual environment with pip in it; Debian ships that separately."""
    return works([sys.executable, "-c", "import ensurepip, venv"], environ)


def make_venv(machine: ModuleType, on: object, environ: Mapping[str, str]) -> Path:
    """Make ``.venv`` unless it works, and return its Python.

    Where Python cannot put pip into it (Debian without python3-venv, and no leave to install that), the environment
    is made without, and the pip of this Python installs into it from outside.
    """
    if has_working_venv():
        return venv_python()
    say("建立虚拟环境 .venv", "making .venv")
    command = [sys.executable, "-m", "venv"]
    if (VENV / "pyvenv.cfg").is_file():
        command.append("--clear")  # its Python is gone (an upgrade of the system), or the folder was moved
    if not can_make_venv(environ):
        if not works([sys.executable, "-m", "pip", "--version"], environ):
            hint = machine.mend(machine.Part.VENV, on)
            raise SetupFailed(f"缺少 venv 与 pip，请运行：{hint} | neither venv nor pip: run the command shown")
        command.append("--without-pip")
    made = subprocess.run(
        [*command, str(VENV)], env=dict(environ), capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if made.returncode != 0 or not has_working_venv():
        raise SetupFailed(f"未能建立 .venv | could not make .venv: {(made.stderr or made.stdout).strip()[-300:]}")
    if "HOME" in environ:
        Path(environ["HOME"]).mkdir(parents=True, exist_ok=True)  # it may lie in .venv, which was just cleared
    return venv_python()


def install_packages(python: Path, environ: Mapping[str, str]) -> None:
    """Install the pinned packages and the project itself; a package whose hash differs stops everything."""
    pip = [str(python), "-m", "pip"]
    if not works([*pip, "--version"], environ):
        # Made without pip, or broken off while pip was being put in.
        if works([str(python), "-c", "import ensurepip"], environ):
            run_logged([str(python), "-m", "ensurepip", "--default-pip"], environ)
        else:
            pip = [sys.executable, "-m", "pip", "--python", str(python)]
    install = [*pip, "install", "--disable-pip-version-check", "--no-input"]
    pinned = [*install, "--require-hashes", "--no-build-isolation", "-r"]
    # Without what they depend on: that would put a second cv2 over ours.
    models = [*install, "--require-hashes", "--no-deps", "-r"]
    steps = (
        ("安装构建工具", "installing build tools", [*pinned, str(ROOT / "constraints" / "build.txt")]),
        ("安装 Python 包（约 110 个）", "installing pinned packages", [*pinned, str(ROOT / "constraints" / "all.txt")]),
        ("安装文字识别模型", "installing OCR models", [*models, str(ROOT / "constraints" / "ocr-models.txt")]),
        ("安装本项目", "installing the harness", [*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]),
    )
    for chinese, english, command in steps:
        say(chinese, english)
        if run_logged(command, environ) != 0:
            raise SetupFailed(f"{chinese}失败，详见 {LOG} | {english} failed: {last_log_line()}")


# --- running things ------------------------------------------------------------------------------------------------


def works(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Return whether a command runs and succeeds; its output is nobody's business."""
    done = subprocess.run(list(command), stdin=subprocess.DEVNULL, capture_output=True, env=dict(environ), check=False)
    return done.returncode == 0


def run_logged(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command with its output appended to the log and return its exit status."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        log.write(("\n$ " + " ".join(command) + "\n").encode())
        log.flush()
        return subprocess.call(
            list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=dict(environ)
        )


def last_log_line() -> str:
    """Return the line of the last command's log that names the error, else its last line."""
    text = LOG.read_text(encoding="utf-8", errors="replace").rpartition("\n$ ")[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "E:")) or "Error: " in line]
    return (errors or lines or [""])[-1]


def run_task(command: Sequence[str], environ: Mapping[str, str]) -> int:  # noqa: RET503 (execve never returns)
    """Run the task in this folder: in our place where the system can do that, else as a child."""
    os.chdir(ROOT)
    if sys.platform == "win32":
        return subprocess.call(list(command), env=dict(environ))
    os.execve(command[0], list(command), dict(environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
