"""A rule is one module, its texts and cases, and one line: the one of ``harness/rules/README.md``, added to a copy."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evidence_walks import write_study

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "harness" / "rules" / "README.md"
_FILE = re.compile(r"^`([\w/.-]+\.(?:py|toml|json))`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CASE = re.compile(r"^\| ([a-z-]+) \| ([^|]+) \| (\w+) \| (yes|no) \|$", re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project with the guide's rule added, and nothing else changed."""
    folder = tmp_path / "copy"
    shutil.copytree(ROOT / "harness", folder / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "test_rules_corpus.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    told = GUIDE.read_text(encoding="utf-8")
    for name, content in _FILE.findall(told):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    cases = folder / "harness" / "rules" / "cases" / "daily-saying"
    for name, texts, verdict, lookalike in _CASE.findall(told):
        nodes = [
            {"text": text, "box": [60, 420 + 110 * n, 60 + 42 * len(text), 478 + 110 * n]}
            for n, text in enumerate(texts.strip().split(" / "))
        ]
        expected = {"verdict": verdict, "lookalike": lookalike == "yes", "why": name}
        (cases / f"{name}.json").write_text(json.dumps({"screens": [{"nodes": nodes}]}), encoding="utf-8")
        (cases / f"{name}.expected.json").write_text(json.dumps(expected), encoding="utf-8")
    listed = folder / "harness" / "rules" / "__init__.py"
    lines = listed.read_text(encoding="utf-8")
    lines = lines.replace("    commercial_activity,\n", "    commercial_activity,\n    daily_saying,\n", 1)
    lines = lines.replace("    forced_update.RULE,\n)", "    forced_update.RULE,\n    daily_saying.RULE,\n)", 1)
    listed.write_text(lines, encoding="utf-8")
    return folder


def test_a_rule_added_as_the_guide_says_is_listed_judged_and_run_over_its_cases(copy: Path, tmp_path: Path) -> None:
    bundle = write_study(tmp_path / "bundles")
    environment = {**os.environ, "PYTHONPATH": str(copy)}

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, cwd=copy, env=environment, stdout=subprocess.PIPE, encoding="utf-8")

    ours = "daily-saying or every_case_folder or every_key or same_data"
    running = (
        start("harness", "rules"),
        start("harness", "judge", str(bundle), "--json"),
        start("pytest", "-n0", "-q", "-p", "no:cacheprovider", "tests/test_rules_corpus.py", "-k", ours),
    )
    told = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], told
    assert "daily-saying" in told[0]
    assert "daily-saying" in [finding["rule"] for finding in json.loads(told[1])["judgement"]["findings"]]
    assert int(re.search(r"(\d+) passed", told[2])[1]) >= 6 * 3 + 6  # type: ignore[index]
