"""Looks at what shows and reads screens: the browser, really started; Tesseract with its languages; Chinese fonts."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from harness import machine
from harness.doctor.checkup import Checkup, Status, checkup
from harness.errors import EngineUnavailable
from harness.perceive.ppocr_models import find_models, runtime_version

BROWSER_TIMEOUT_S = 30.0
# Older ones lack the new headless mode, in which videos play as in a window.
OLDEST_BROWSER = 112
HEADLESS_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NEEDED_LANGUAGE = "chi_sim"
_BROWSER_VERSION = re.compile(r"\b(\d+)\.\d+\.\d+(?:\.\d+)?\b")
_PROBE_PAGE = "data:text/html,<title>t</title><script>document.title=6*7</script>"
_PROBE_SIGN = "<title>42</title>"


def look_at_browser(environ: Mapping[str, str], on: machine.System) -> Checkup:
    """Return whether a Chromium is installed, new enough and runs a page without a window."""
    mend = machine.mend(machine.Part.BROWSER, on)
    browser = machine.find_browser(environ)
    if browser is None:
        return checkup("browser", Status.FAIL, "missing", {}, mend)
    if not browser.is_file() and environ.get(machine.BROWSER_VARIABLE):
        named = {"path": str(browser), "variable": machine.BROWSER_VARIABLE}
        return checkup(
            "browser", Status.FAIL, "named_wrongly", named, machine.unset_variable(machine.BROWSER_VARIABLE, on)
        )
    data = {"path": str(browser), "version": browser_version(browser, environ) or "?"}
    major = _BROWSER_VERSION.search(data["version"])
    if major and int(major[1]) < OLDEST_BROWSER:
        return checkup("browser", Status.FAIL, "too_old", data, mend)
    if not starts_headless(browser, environ):
        return checkup("browser", Status.FAIL, "does_not_start", data, _own_browser(on))
    return checkup("browser", Status.OK, "starts", data)


def browser_version(browser: Path, environ: Mapping[str, str]) -> str | None:
    """Return the version, such as "156.0.8078.79", or None where it cannot be told.

    On Windows ``chrome --version`` opens a window instead of printing, but the version is a folder's name there.
    """
    if sys.platform == "win32":
        names = [path.name for path in browser.parent.iterdir() if _BROWSER_VERSION.fullmatch(path.name)]
        return max(names, key=lambda name: [int(part) for part in name.split(".")], default=None)
    match = _BROWSER_VERSION.search(machine.output_of([str(browser), "--version"], environ) or "")
    return match[0] if match else None


def starts_headless(browser: Path, environ: Mapping[str, str]) -> bool:
    """Return whether the browser runs a script on a page of ours and ends by itself within the deadline."""
    with tempfile.TemporaryDirectory(prefix="harness-doctor-", ignore_cleanup_errors=True) as profile:
        flags = [*HEADLESS_FLAGS, f"--user-data-dir={profile}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to start as root otherwise
        command = [str(browser), *flags, "--dump-dom", _PROBE_PAGE]
        printed = machine.output_of(command, environ, timeout_s=BROWSER_TIMEOUT_S)
    return printed is not None and _PROBE_SIGN in printed


def look_at_readers(environ: Mapping[str, str], on: machine.System) -> tuple[Checkup, Checkup]:
    """Return the checkups of Tesseract and of PP-OCR. Either reads alone; only where neither does is it a failure."""
    models = look_at_ocr_models(on)
    tesseract = look_at_ocr(environ, on, needed=models.status is not Status.OK)
    return tesseract, models


def look_at_ocr(environ: Mapping[str, str], on: machine.System, *, needed: bool) -> Checkup:
    """Return whether Tesseract is there and reads simplified Chinese; ``needed`` is whether nothing else reads."""
    lacking = Status.FAIL if needed else Status.WARN
    tesseract = machine.find_tesseract(environ)
    if tesseract is None:
        return checkup("ocr", lacking, "missing", {}, machine.mend(machine.Part.TESSERACT, on))
    printed = machine.output_of([str(tesseract), "--version"], environ) or ""
    data = {"path": str(tesseract), "version": printed.partition("\n")[0].removeprefix("tesseract").strip() or "?"}
    languages = machine.ocr_languages(tesseract, environ)
    if languages is None:
        mend = machine.mend(machine.Part.TESSERACT, on)
        return checkup("ocr", Status.UNKNOWN, "no_answer", data, mend)
    data["languages"] = ", ".join(languages)
    if NEEDED_LANGUAGE not in languages:
        return checkup("ocr", lacking, "no_chinese", data, machine.mend(machine.Part.CHI_SIM, on))
    return checkup("ocr", Status.OK, "reads_chinese", data)


def look_at_ocr_models(on: machine.System) -> Checkup:
    """Return whether the PP-OCR models and what runs them are installed; without, Tesseract reads instead."""
    try:
        models = find_models()
        runtime = runtime_version()
    except EngineUnavailable as error:
        mend = error.mend.removeprefix("run: ").replace("python", machine.command_of(sys.executable, on), 1)
        return checkup("ocr_models", Status.WARN, "missing", {"problem": error.problem}, mend)
    data = {"models": models.label, "path": str(models.careful.parent), "version": runtime}
    return checkup("ocr_models", Status.OK, "found", data)


def look_at_font(environ: Mapping[str, str], on: machine.System) -> Checkup:
    """Return whether a font with Chinese glyphs is installed: without, the virtual device shows empty boxes."""
    font = machine.find_cjk_font(environ)
    if font is None:
        return checkup("font", Status.FAIL, "missing", {}, machine.mend(machine.Part.FONT, on))
    return checkup("font", Status.OK, "found", {"font": font})


def _own_browser(on: machine.System) -> str:
    """Return the command that installs a browser with all it needs, beside the one that does not start."""
    deps = "" if on in {machine.System.WINDOWS, machine.System.MACOS} else " --with-deps"
    return f"{machine.command_of(sys.executable, on)} -m playwright install{deps} chromium"
