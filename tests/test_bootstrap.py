"""bootstrap.py sets up from nothing; these tests run it in copies of the folder and never install anything."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from harness import machine
from tests.virtual_fixtures import eventually

ROOT = Path(__file__).parents[1]
# Stands in for pytest in the copy: `python -m pytest` finds it in the current folder first.
STAND_IN = """
import os, sys
print("ran", sys.argv[1:], os.getcwd(), os.path.isdir(os.environ["HOME"]))
sys.exit(7)
"""
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts and POSIX paths")


def loaded(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bootstrap_{root.name}", root / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copy_of_project(root: Path) -> Path:
    (root / "harness").mkdir(parents=True)
    shutil.copy(ROOT / "bootstrap.py", root)
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "harness" / "machine.py", root / "harness")
    shutil.copytree(ROOT / "constraints", root / "constraints")
    return root


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A folder as a complete set-up leaves it, but with a stand-in where pytest would be."""
    root = copy_of_project(tmp_path / "ready")
    (root / "pytest.py").write_text(STAND_IN, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    module = loaded(root)
    module.STAMP.write_text(module.stamp(), encoding="utf-8")
    return root


def run(root: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the copy without apt-get and sudo on PATH, so that it can only say what is missing."""
    (root / "empty").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, str(root / "bootstrap.py"), *arguments],
        env={"PATH": str(root / "empty"), "PYTHONUTF8": "1", **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@needs_posix
def test_a_second_run_installs_nothing_and_hands_arguments_and_exit_status_on(ready: Path) -> None:
    done = run(ready, "test", "-k", "two words", HOME=str(ready))
    assert done.returncode == 7, done.stderr
    assert f"ran ['tests', '-n', '2', '--dist', 'worksteal', '-k', 'two words'] {ready} True" in done.stdout
    assert not (ready / ".venv" / "bootstrap.log").exists(), "something was run that writes a log"


@needs_posix
@pytest.mark.parametrize("home", [None, "", "/nonexistent/home"])
def test_a_missing_home_is_replaced_by_one_that_exists(ready: Path, home: str | None) -> None:
    done = run(ready, "test", **({} if home is None else {"HOME": home}))
    assert done.returncode == 7, done.stderr
    assert done.stdout.rstrip().endswith(f"{ready} True")


@needs_posix
def test_every_missing_part_gets_one_line_with_its_command(ready: Path) -> None:
    done = run(ready, "setup", HOME=str(ready))
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "缺少" in line]
    assert any("tesseract" in line for line in lines), "no Tesseract is on this PATH"
    assert len(lines) == len(set(lines))


@needs_posix
@pytest.mark.skipif(importlib.util.find_spec("ensurepip") is None, reason="a Debian without python3-venv")
def test_an_environment_whose_making_was_broken_off_gets_its_pip(ready: Path) -> None:
    module = loaded(ready)
    environ = module.child_environment({"PATH": "/usr/bin:/bin", "HOME": str(ready)})
    has_pip = [str(module.venv_python()), "-m", "pip", "--version"]
    assert not module.works(has_pip, environ)
    (ready / "constraints" / "build.txt").write_text("no such line\n", encoding="utf-8")  # nothing is fetched
    with pytest.raises(module.SetupFailed):
        module.install_packages(module.venv_python(), environ)
    assert module.works(has_pip, environ)


def test_help_is_no_failure(tmp_path: Path) -> None:
    done = run(copy_of_project(tmp_path / "help"), "--help")
    assert (done.returncode, "bootstrap.py demo" in done.stdout) == (0, True)


def test_without_a_known_task_nothing_is_made_and_the_exit_status_is_2(tmp_path: Path) -> None:
    root = copy_of_project(tmp_path / "unknown")
    done = run(root, "instal")
    assert done.returncode == 2
    assert "bootstrap.py demo" in done.stdout
    assert not (root / ".venv").exists()


@needs_posix
def test_an_environment_that_was_moved_with_its_folder_is_not_trusted(ready: Path) -> None:
    assert loaded(ready).has_working_venv()
    moved = ready.rename(ready.with_name("moved"))
    assert not loaded(moved).has_working_venv()


@pytest.mark.parametrize("changed", ["constraints/all.txt", "constraints/ocr-models.txt", "pyproject.toml"])
def test_a_change_of_what_is_installed_changes_the_stamp(ready: Path, changed: str) -> None:
    module = loaded(ready)
    before = module.stamp()
    with (ready / changed).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert module.stamp() != before


def test_it_still_parses_on_pythons_that_are_too_old() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 8))


@needs_posix
def test_an_old_python_hands_over_to_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    module = loaded(ROOT)
    monkeypatch.setattr(module, "OLDEST", (99, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert module.main(["setup"]) == 2
    assert "需要 3.11" in capfd.readouterr().out
    newer = tmp_path / "python3.13"
    newer.write_text('#!/bin/sh\necho "newer $2"\nexit 5\n', encoding="utf-8")
    newer.chmod(0o755)
    assert module.main(["setup"]) == 5
    assert "newer setup" in capfd.readouterr().out


# --- what is pinned ---


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / "constraints" / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text)
    return {match[1]: entry for entry in entries if (match := re.match(r"([a-z0-9.-]+)==\S+", entry))}


@pytest.mark.parametrize(("name", "least"), [("all.txt", 50), ("build.txt", 6), ("ocr-models.txt", 2)])
def test_every_pin_has_hashes_and_no_file_names_a_host(name: str, least: int) -> None:
    pins = pinned(name)
    assert len(pins) >= least
    assert [pin for pin, entry in pins.items() if "--hash=sha256:" not in entry] == []
    text = (ROOT / "constraints" / name).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|file:", text) == []


def test_every_dependency_of_the_project_is_pinned_and_cv2_exactly_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[<>=\[; ]", line, maxsplit=1)[0] for line in declared} - {project["name"]}
    assert names
    assert names - set(pinned("all.txt")) == set()
    assert [pin for pin in pinned("all.txt") if pin.startswith("opencv")] == ["opencv-python"]


def test_exactly_one_installed_distribution_provides_cv2() -> None:
    providers = [
        distribution.name
        for distribution in metadata.distributions()
        if any(file.parts[:1] == ("cv2",) for file in distribution.files or ())
    ]
    assert providers == ["opencv-python"]


def test_the_packages_with_the_models_are_installed_without_what_they_ask_for() -> None:
    command = "install --require-hashes --no-deps -r constraints/ocr-models.txt"
    for name in ("README.md", "README.zh-CN.md"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), name
    assert set(pinned("ocr-models.txt")) == {"rapidocr", "rapidocr-onnxruntime"}
    assert not set(pinned("ocr-models.txt")) & set(pinned("all.txt"))


def test_both_readmes_give_the_test_command_that_is_run() -> None:
    command = " ".join(loaded(ROOT).COMMANDS["test"]).removeprefix("-m ")
    for name in ("README.md", "README.zh-CN.md"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), name


# --- what the machine lacks ---


def test_every_part_has_a_mending_command_on_every_system_that_can_lack_it() -> None:
    carried_by_python = {machine.Part.LIBRARIES, machine.Part.VENV}
    for on in machine.System:
        for part in machine.Part:
            if on in {machine.System.MACOS, machine.System.WINDOWS} and part in carried_by_python:
                continue
            assert machine.mend(part, on), (part, on)


@needs_posix
def test_a_snap_is_not_taken_for_a_browser(tmp_path: Path) -> None:
    snap = tmp_path / "chromium"
    snap.write_text('#!/bin/sh\nexec /snap/bin/chromium "$@"\n', encoding="utf-8")
    snap.chmod(0o755)
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert machine.find_browser(environ) != snap
    real = tmp_path / "google-chrome"
    real.write_text("#!/bin/sh\n", encoding="utf-8")
    real.chmod(0o755)
    assert machine.find_browser(environ) == real


def test_a_named_browser_wins_even_where_it_does_not_exist(tmp_path: Path) -> None:
    named = tmp_path / "no such browser"
    assert machine.find_browser({"HARNESS_BROWSER": str(named), "PATH": str(tmp_path)}) == named


@needs_posix
def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    script = tmp_path / "hangs"
    script.write_text('#!/bin/sh\nsleep 600 &\necho $! > "$0.pid"\nwait\n', encoding="utf-8")
    script.chmod(0o755)
    assert machine.output_of([str(script)], {"PATH": "/usr/bin:/bin"}, timeout_s=0.5) is None
    child = int((tmp_path / "hangs.pid").read_text())
    status = Path(f"/proc/{child}/status")

    def gone() -> bool:
        try:
            return "State:\tZ" in status.read_text()
        except FileNotFoundError:
            return True

    eventually(gone)  # a killed process ends when it next gets a core


@needs_posix
def test_tesseract_that_does_not_answer_is_not_tesseract_without_languages(tmp_path: Path) -> None:
    broken = tmp_path / "tesseract"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    assert machine.ocr_languages(broken, {"PATH": str(tmp_path)}) is None
    broken.write_text("#!/bin/sh\necho 'List of available languages (1):'\necho eng\n", encoding="utf-8")
    assert machine.ocr_languages(broken, {"PATH": str(tmp_path)}) == ("eng",)
