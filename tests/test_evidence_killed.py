"""A process that is killed while it records and signs leaves bundles that are signed whole, or unfinished."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.evidence import keys, layout, roots
from harness.evidence.bundle import open_bundle, read_bundle, stored_judgement
from harness.evidence.verify import Soundness, Trust, verify
from harness.model import Verdict
from tests.killed_walks import FINISHED, found
from tests.seal_fixtures import new_signer, problems

KILLS = 200


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="walks to be killed are forked")
def test_a_kill_at_any_moment_loses_nothing_announced_and_leaves_no_half_signed_bundle(tmp_path: Path) -> None:
    _, public = new_signer(tmp_path / "keys")
    command = [sys.executable, "-m", "tests.killed_walks", str(tmp_path), str(tmp_path / "keys/signer.pem"), str(KILLS)]
    seen: Counter[Soundness] = Counter()
    cut_at: Counter[str] = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout is not None
        known: dict[str, list[str]] = json.loads(process.stdout.readline())
        assert {"points-ranking", "points-quota", "quiz-pass-mark"} <= set(known[FINISHED])
        for line in process.stdout:
            killed = json.loads(line)
            folder = tmp_path / killed["folder"]
            told = {name: steps for name, *steps in killed["told"]}
            cut_at[killed["told"][-1][-1] if killed["told"] else ""] += 1
            with roots.held(folder / layout.LEDGER):
                pass  # cuts off what the kill left of a line
            trust = Trust(key_pem=keys.read_public(public), ledger=folder / layout.LEDGER)
            bundles = [path for path in sorted((folder / "runs").glob("*")) if not path.name.startswith(".")]
            assert {path.name for path in bundles} >= set(told)
            for bundle in bundles:
                steps = told.get(bundle.name, [])
                soundness = looked_at(bundle, trust)
                assert soundness is Soundness.SOUND or FINISHED not in steps
                last = next((step for step in reversed(steps) if step != FINISHED), "0")
                assert len(read_bundle(bundle).steps) >= int(last)
                with open_bundle(bundle) as opened:
                    assert len(opened.recordings) >= int(last)
                assert set(found_in(bundle)) >= set(known[last]), (last, bundle)
                seen[soundness] += 1
    assert process.returncode == 0
    assert cut_at.total() == KILLS
    assert seen[Soundness.UNFINISHED] > KILLS // 2
    assert set(seen) == {Soundness.SOUND, Soundness.UNFINISHED}
    assert len(cut_at) > len(known) // 2, cut_at  # the kills came at different moments


def looked_at(bundle: Path, trust: Trust) -> Soundness:
    """Return what verify says, which is what the mark of the unfinished says and nothing else."""
    unfinished = (bundle / layout.UNFINISHED).exists()
    report = verify(bundle, trust=trust if not unfinished else Trust())
    assert report.soundness is (Soundness.UNFINISHED if unfinished else Soundness.SOUND), problems(report)
    return report.soundness


def found_in(bundle: Path) -> list[str]:
    """Return the rules that found something: as it was judged, else as it is judged now."""
    judgement = stored_judgement(bundle)
    if judgement is None:
        return found(read_bundle(bundle))
    return [finding.rule for finding in judgement.findings if finding.verdict is Verdict.FOUND]
