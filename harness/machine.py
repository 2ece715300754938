"""Looks at this machine: browser, adb, OCR languages, fonts, libraries, and the command that mends each lack.

Standard library only and none of our own imports, because ``bootstrap.py`` loads this file by its path before
anything is installed. Nothing here changes the machine, and nothing waits longer than ``LOOK_TIMEOUT_S``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

LOOK_TIMEOUT_S = 20.0
BROWSER_VARIABLE = "HARNESS_BROWSER"
ADB_PORT_VARIABLE = "ANDROID_ADB_SERVER_PORT"
DEFAULT_ADB_PORT = 5037

# Debian's and Google's names first; Edge is Chromium too and present on every Windows.
BROWSER_COMMANDS = (
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
FONT_NAMES = ("notosanscjk", "notoserifcjk", "sourcehansans", "wqy", "msyh", "simsun", "pingfang", "stheiti", "uming")
# Shared libraries that the Python packages are linked against but do not carry, and Debian's package of each: the first
# two are cv2's (the build with a GUI), the third is that of the Node.js inside Playwright.
LIBRARIES = {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0", "libatomic.so.1": "libatomic1"}


class System(Enum):
    """The kind of operating system, as far as the mending commands differ."""

    DEBIAN = "debian"
    UBUNTU = "ubuntu"
    ARCH = "arch"
    LINUX = "linux"  # Fedora and its kin; of others only the package manager's name differs
    MACOS = "macos"
    WINDOWS = "windows"


class Part(Enum):
    """A part of the machine that pip cannot install."""

    ADB = "adb"
    BROWSER = "browser"
    TESSERACT = "tesseract"
    CHI_SIM = "chi_sim"
    FONT = "font"
    LIBRARIES = "libraries"
    VENV = "venv"


_APT = {
    Part.ADB: "adb",
    Part.BROWSER: "chromium",
    Part.TESSERACT: "tesseract-ocr tesseract-ocr-chi-sim",
    Part.CHI_SIM: "tesseract-ocr-chi-sim",
    Part.FONT: "fonts-noto-cjk fontconfig",
    Part.LIBRARIES: " ".join(LIBRARIES.values()),
    Part.VENV: "python3-venv",
}
_MEND = {
    (System.LINUX, Part.ADB): "sudo dnf install -y android-tools",
    (System.LINUX, Part.BROWSER): "sudo dnf install -y chromium",
    (System.LINUX, Part.TESSERACT): "sudo dnf install -y tesseract tesseract-langpack-chi_sim",
    (System.LINUX, Part.CHI_SIM): "sudo dnf install -y tesseract-langpack-chi_sim",
    (System.LINUX, Part.FONT): "sudo dnf install -y google-noto-sans-cjk-fonts",
    (System.LINUX, Part.LIBRARIES): "sudo dnf install -y mesa-libGL glib2 libatomic",
    (System.LINUX, Part.VENV): "sudo dnf install -y python3-pip",
    (System.ARCH, Part.ADB): "sudo pacman -S --needed android-tools",
    (System.ARCH, Part.BROWSER): "sudo pacman -S --needed chromium",
    (System.ARCH, Part.TESSERACT): "sudo pacman -S --needed tesseract tesseract-data-chi_sim",
    (System.ARCH, Part.CHI_SIM): "sudo pacman -S --needed tesseract-data-chi_sim",
    (System.ARCH, Part.FONT): "sudo pacman -S --needed noto-fonts-cjk",
    (System.ARCH, Part.LIBRARIES): "sudo pacman -S --needed libglvnd glib2 gcc-libs",
    (System.ARCH, Part.VENV): "sudo pacman -S --needed python",
    (System.MACOS, Part.ADB): "brew install --cask android-platform-tools",
    (System.MACOS, Part.BROWSER): "brew install --cask google-chrome",
    (System.MACOS, Part.TESSERACT): "brew install tesseract tesseract-lang",
    (System.MACOS, Part.CHI_SIM): "brew install tesseract-lang",
    (System.MACOS, Part.FONT): "brew install --cask font-noto-sans-cjk-sc",
    (System.WINDOWS, Part.ADB): "winget install Google.PlatformTools",
    (System.WINDOWS, Part.BROWSER): "winget install Google.Chrome",
    (System.WINDOWS, Part.TESSERACT): "winget install UB-Mannheim.TesseractOCR",
    # The installer's languages are ticked by hand; the file alone is enough. Both need an administrator's PowerShell.
    (System.WINDOWS, Part.CHI_SIM): (
        'curl.exe -L -o "$env:ProgramFiles\\Tesseract-OCR\\tessdata\\chi_sim.traineddata"'
        " https://github.com/tesseract-ocr/tessdata_fast/raw/main/chi_sim.traineddata"
    ),
    (System.WINDOWS, Part.FONT): (
        "dism.exe /Online /Add-Capability /CapabilityName:Language.Fonts.Hans~~~und-HANS~0.0.1.0"
    ),
}


def system() -> System:
    """Return which kind of system this is; Debian's and Ubuntu's derivatives count as their parent."""
    if sys.platform == "win32":
        return System.WINDOWS
    if sys.platform == "darwin":
        return System.MACOS
    words = _os_release_words()
    if "ubuntu" in words:
        return System.UBUNTU
    if "arch" in words:
        return System.ARCH
    return System.DEBIAN if "debian" in words else System.LINUX


def _os_release_words() -> set[str]:
    words: set[str] = set()
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return words
    for line in lines:
        name, _, value = line.partition("=")
        if name in {"ID", "ID_LIKE"}:
            words.update(value.strip().strip('"').split())
    return words


def apt_packages(part: Part) -> tuple[str, ...]:
    """Return the Debian packages that provide ``part``."""
    return tuple(_APT[part].split())


def mend(part: Part, on: System, *, python: str = sys.executable) -> str:
    """Return the one command that provides ``part``; ``python`` is the one with our packages."""
    if on is System.UBUNTU and part is Part.BROWSER:
        # Ubuntu's chromium package only installs a snap, whose sandbox hides /tmp and dot folders.
        return f"{command_of(python, on)} -m playwright install --with-deps chromium"
    if on in {System.DEBIAN, System.UBUNTU}:
        geteuid = getattr(os, "geteuid", None)
        sudo = "" if geteuid is not None and geteuid() == 0 else "sudo "
        return f"{sudo}apt-get install -y {_APT[part]}"
    return _MEND.get((on, part), "")


# Commands for people are for the shell of their system: PowerShell on Windows, a POSIX shell elsewhere. Each can be
# copied whole: what else is to be said stands in the text beside it, for no shell takes a remark.


def command_of(program: str | Path, on: System) -> str:
    """Return how a program's path is written at the head of a command."""
    if on is not System.WINDOWS:
        return shlex.quote(str(program))
    return f'& "{program}"' if " " in str(program) else str(program)


def set_variable(name: str, value: str, on: System) -> str:
    """Return the command that sets an environment variable for what the shell starts from then on."""
    return f'$env:{name} = "{value}"' if on is System.WINDOWS else f"export {name}={shlex.quote(value)}"


def unset_variable(name: str, on: System) -> str:
    """Return the command that takes an environment variable away."""
    return f"Remove-Item Env:{name}" if on is System.WINDOWS else f"unset {name}"


# --- browser ---------------------------------------------------------------------------------------------------


def find_browser(environ: Mapping[str, str]) -> Path | None:
    """Return an installed Chromium, Chrome or Edge, or None.

    ``HARNESS_BROWSER`` wins and is returned unseen, so that a wrong path is reported rather than replaced. Then
    come the commands on ``PATH``, the usual folders, and Playwright's own download. A snap is passed over: its
    sandbox hides ``/tmp`` and dot folders, and it does not start without the snap service.
    """
    named = environ.get(BROWSER_VARIABLE)
    if named:
        return Path(named)
    for command in BROWSER_COMMANDS:
        found = shutil.which(command, path=environ.get("PATH"))
        if found and not is_snap(Path(found)):
            return Path(found)
    return next((path for path in _browser_places(environ) if path.is_file()), None)


def is_snap(path: Path) -> bool:
    """Return whether the command is a snap, or the script by which Ubuntu's package leads to one."""
    resolved = path.resolve()
    if resolved.parts[1:2] == ("snap",) or path.parts[1:2] == ("snap",) or resolved.name == "snap":
        return True
    try:
        with resolved.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return head.startswith(b"#!") and b"/snap/bin/" in head


def _browser_places(environ: Mapping[str, str]) -> Iterable[Path]:
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path("/"))
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if root := environ.get(variable):
                yield Path(root, "Google", "Chrome", "Application", "chrome.exe")
                yield Path(root, "Microsoft", "Edge", "Application", "msedge.exe")
                yield Path(root, "Chromium", "Application", "chrome.exe")
        downloads = Path(environ.get("LOCALAPPDATA", str(home)), "ms-playwright")
    elif sys.platform == "darwin":
        for name in ("Google Chrome", "Microsoft Edge", "Chromium"):
            for root in (Path("/"), home):
                yield root / "Applications" / f"{name}.app" / "Contents" / "MacOS" / name
        downloads = home / "Library" / "Caches" / "ms-playwright"
    else:
        yield Path("/opt/google/chrome/chrome")
        yield Path("/opt/microsoft/msedge/msedge")
        downloads = home / ".cache" / "ms-playwright"
    downloads = Path(environ.get("PLAYWRIGHT_BROWSERS_PATH") or downloads)
    for pattern in ("chrome-linux*/chrome", "chrome-win*/chrome.exe", "chrome-mac*/*.app/Contents/MacOS/*"):
        yield from sorted(downloads.glob(f"chromium-*/{pattern}"), reverse=True)


# --- adb, OCR, fonts, libraries ----------------------------------------------------------------------------------


def find_all(command: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return every different file called ``command`` on ``PATH``, in the order of ``PATH``."""
    found: dict[Path, Path] = {}
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        hit = shutil.which(command, path=folder) if folder else None
        if hit:
            found.setdefault(Path(hit).resolve(), Path(hit))
    return tuple(found.values())


def adb_server_address(environ: Mapping[str, str]) -> tuple[str, int]:
    """Return host and port of the adb server that the clients on this machine use."""
    match = re.fullmatch(r"tcp:(?:(.+):)?(\d+)", environ.get("ADB_SERVER_SOCKET", ""))
    if match:
        return match[1] or "127.0.0.1", int(match[2])
    host = environ.get("ANDROID_ADB_SERVER_HOST") or environ.get("ANDROID_ADB_SERVER_ADDRESS") or "127.0.0.1"
    port = environ.get(ADB_PORT_VARIABLE, "")
    return host, int(port) if port.isdigit() else DEFAULT_ADB_PORT


def find_tesseract(environ: Mapping[str, str]) -> Path | None:
    """Return the ``tesseract`` on ``PATH``, or the one the Windows installer leaves beside it, or None."""
    found = shutil.which("tesseract", path=environ.get("PATH"))
    if found:
        return Path(found)
    for variable in ("PROGRAMFILES", "LOCALAPPDATA"):
        place = Path(environ.get(variable, ""), "Tesseract-OCR", "tesseract.exe")
        if environ.get(variable) and place.is_file():
            return place
    return None


def ocr_languages(tesseract: Path, environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the languages that Tesseract lists, or None where it could not be asked."""
    listing = output_of([str(tesseract), "--list-langs"], environ)
    return None if listing is None else tuple(line.strip() for line in listing.splitlines()[1:] if line.strip())


def find_cjk_font(environ: Mapping[str, str]) -> str | None:
    """Return a font with Chinese glyphs, by name or file, or None.

    fontconfig is asked where it is installed, because browsers ask it too; else the usual folders are read.
    """
    if shutil.which("fc-list", path=environ.get("PATH")):
        listing = output_of(["fc-list", ":lang=zh-cn", "family"], environ)
        if listing is not None:
            return next((line.strip() for line in sorted(listing.splitlines()) if line.strip()), None)
    for folder in _font_folders(environ):
        for file in sorted(folder.rglob("*.[ot]t[cf]")):
            if file.name.lower().replace("-", "").startswith(FONT_NAMES):
                return str(file)
    return None


def find_cjk_font_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file of a font with Chinese glyphs, or None; asked and looked for as in ``find_cjk_font``."""
    if shutil.which("fc-match", path=environ.get("PATH")) and find_cjk_font(environ) is not None:
        said = output_of(["fc-match", "-f", "%{file}", "sans:lang=zh-cn"], environ)
        if said and Path(said).is_file():
            return Path(said)
    named = find_cjk_font(environ)
    return Path(named) if named is not None and Path(named).is_file() else None


def _font_folders(environ: Mapping[str, str]) -> Iterable[Path]:
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path("/"))
    if sys.platform == "win32":
        return (Path(environ.get("WINDIR", r"C:\Windows"), "Fonts"),)
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local" / "share" / "fonts")


def missing_libraries(names: Iterable[str] = tuple(LIBRARIES)) -> tuple[str, ...]:
    """Return which of the shared libraries cannot be loaded; none is asked for outside Linux."""
    if not sys.platform.startswith("linux"):
        return ()
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return tuple(missing)


def boot_id(environ: Mapping[str, str]) -> str:
    """Return what tells this start of the machine from every other, empty where the system has no such thing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        pass
    sysctl = "/usr/sbin/sysctl"  # macOS
    return (output_of([sysctl, "-n", "kern.bootsessionuuid"], environ) or "").strip() if Path(sysctl).exists() else ""


def may_write(folder: Path) -> bool:
    """Return whether files can be made in ``folder``."""
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def output_of(command: list[str], environ: Mapping[str, str], *, timeout_s: float = LOOK_TIMEOUT_S) -> str | None:
    """Return what a command printed (both streams), or None where it could not run, failed or took too long.

    On time-out the command dies with its children: it runs in a session of its own and writes to a file, so that a
    grandchild that keeps the output open cannot hold us (``subprocess.run`` would wait for it).
    """
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                start_new_session=sys.platform != "win32",
            )
        except OSError:
            return None
        try:
            exit_code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _kill_with_children(process)
            return None
        output.seek(0)
        return output.read().decode("utf-8", "replace") if exit_code == 0 else None


def _kill_with_children(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(
            tree, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
