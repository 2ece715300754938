"""A process that is killed while it records and signs leaves bundles that are signed whole, or unfinished."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from harness.evidence import keys, layout, roots
from harness.evidence.bundle import read_bundle
from harness.evidence.verify import Soundness, Trust, verify
from tests.seal_fixtures import new_signer, problems

SIGN = """
import sys
from pathlib import Path
from harness.evidence.seal import sealing_for
from tests.seal_fixtures import write_sealed

folder = Path(sys.argv[1])
by = sealing_for(folder, Path(sys.argv[2]))
for number in range(1000):
    print(write_sealed(folder / "runs", by, run=f"r{number}").name, flush=True)
"""
KILLS = 12


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_no_half_signed_bundle_and_a_ledger_that_goes_on(tmp_path: Path) -> None:
    _, public = new_signer(tmp_path / "keys")
    seen: set[Soundness] = set()
    for seed in range(KILLS):
        folder = tmp_path / str(seed)
        command = [sys.executable, "-c", SIGN, str(folder), str(tmp_path / "keys" / "signer.pem")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
            assert process.stdout is not None
            told = [process.stdout.readline().strip()]  # from here on it draws nothing anew, and writes without pause
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(random.Random(seed).uniform(0.0, 1.0))
            process.kill()
            told += process.stdout.read().split()
        with roots.held(folder / layout.LEDGER):
            pass  # cuts off what the kill left of a line
        trust = Trust(key_pem=keys.read_public(public), ledger=folder / layout.LEDGER)
        bundles = [path for path in sorted((folder / "runs").glob("*")) if not path.name.startswith(".")]
        for bundle in bundles:
            unfinished = (bundle / layout.UNFINISHED).exists()
            report = verify(bundle, trust=trust if not unfinished else Trust())
            assert report.soundness is (Soundness.UNFINISHED if unfinished else Soundness.SOUND), problems(report)
            assert read_bundle(bundle).engines
            seen.add(report.soundness)
        assert {path.name for path in bundles} >= set(told)
        assert not any((folder / "runs" / name / layout.UNFINISHED).exists() for name in told)
    assert seen == {Soundness.SOUND, Soundness.UNFINISHED}
