"""What an older version wrote is read for ever: verified over its own bytes, judged in today's form."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from harness.errors import BundleError
from harness.evidence import codec, keys, layout
from harness.evidence.bundle import open_bundle, read_bundle
from harness.evidence.layout import RunFacts, SubjectFacts
from harness.evidence.migrate import STEPS, migrated
from harness.evidence.verify import Result, Soundness, Trust, verify
from harness.judge import judge
from harness.model import Verdict
from harness.rules import ALL_RULES
from tests.evidence_attacks import edit, rebuild
from tests.seal_fixtures import problems

OLD = Path(__file__).parent / "data" / "format-1"
TRUST = Trust(
    key_pem=keys.read_public(OLD / "signer.pub.pem"),
    tsa_roots=keys.read_certificates(OLD / "tsa-ca.pem"),
    ledger=OLD / "roots.jsonl",
)


def member(name: str) -> codec.Json:
    """Return a JSON value of the old bundle as it was written."""
    with zipfile.ZipFile(OLD / "bundle.zip") as archive:
        (found,) = [info for info in archive.namelist() if info.endswith(f"/{name}")]
        value: codec.Json = json.loads(archive.read(found))
    return value


def test_a_bundle_of_the_first_format_is_sound_with_everything_that_its_reviewer_had() -> None:
    report = verify(OLD / "bundle.zip", trust=TRUST)
    assert {item.result for item in report.items} == {Result.RIGHT}
    assert report.soundness is Soundness.SOUND
    assert report.stamped is not None
    assert report.stamped.proven


def test_a_bundle_of_the_first_format_is_read_and_judged_today() -> None:
    with open_bundle(OLD / "bundle.zip") as bundle:
        assert (bundle.run.format, bundle.run.operator, bundle.run.filmed) == (codec.FORMAT, "", False)
        assert bundle.walk.identity.signer_scheme == "device"
        assert bundle.judgement is not None
        found = {f.rule for f in bundle.judgement.findings if f.verdict is Verdict.FOUND}
        assert found == {"points-ranking", "video-watch-gate"}
        assert bundle.recordings == ()
        shots = [o.png_sha256 for o in bundle.walk.observations]
        assert all(bundle.shot(digest) for digest in shots if digest)
    assert len(shots) == 14
    judged = judge(read_bundle(OLD / "bundle.zip"), ALL_RULES)
    assert {finding.rule for finding in judged.findings} == {rule.id for rule in ALL_RULES}


def test_every_step_leads_to_the_next_format_and_says_what_came() -> None:
    assert sorted(STEPS) == list(range(1, codec.FORMAT))
    for step in STEPS.values():
        assert step.__doc__
    stored = member("run.json")
    assert isinstance(stored, dict)
    assert "operator" not in stored
    value = migrated(layout.RUN, stored, 1)
    assert codec.from_json(RunFacts, value, member="run").run == "r1"
    assert stored["format"] == 1  # what was read is not changed
    subject = migrated(layout.SUBJECT, member("subject.json"), 1)
    assert codec.from_json(SubjectFacts, subject, member="subject").identity.signer_scheme == "device"


@pytest.mark.parametrize("stored", [0, -1, codec.FORMAT + 1])
def test_a_format_that_nobody_wrote_is_refused(stored: int) -> None:
    with pytest.raises(BundleError, match="is not one of 1 to"):
        migrated(layout.RUN, {"format": stored}, stored)


def test_an_old_format_is_no_way_round_anything(tmp_path: Path) -> None:
    """A part that says it is older than it is does not fit, or is told of as changed."""
    with zipfile.ZipFile(OLD / "bundle.zip") as archive:
        archive.extractall(tmp_path)
    (bundle,) = tmp_path.iterdir()
    edit(layout.RUN, b'"format": 1', b'"format": %d' % codec.FORMAT)(bundle)
    rebuild(bundle)
    report = verify(bundle, trust=TRUST)
    assert report.soundness is Soundness.NOT_SOUND
    assert "evidence-not-as-logged" in problems(report)
