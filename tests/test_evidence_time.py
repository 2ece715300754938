"""Time-stamps of a third party bracket a run; an authority that fails is told of and costs no evidence."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from harness.clock import SystemClock
from harness.errors import BundleError
from harness.evidence import codec, keys, layout, timestamps
from harness.evidence.seal import Sealing, seal
from harness.evidence.timestamps import NoStamp, Tsa, ask
from harness.evidence.verify import Result, Soundness, Trust, verify
from tests.evidence_attacks import rebuild, rechain
from tests.seal_fixtures import (
    Authority,
    HostClock,
    Scene,
    SceneAttack,
    Wish,
    authority,
    first_scene,
    needs_openssl,
    new_signer,
    problems,
    reseal,
    sole_signature,
    tsa_of,
    write_sealed,
    wrong,
)

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa")) as one:
        yield one


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, stamping: Authority) -> Scene:
    return first_scene(tmp_path_factory.mktemp("sealed"), stamping)


@pytest.fixture
def scene(first: Scene, tmp_path: Path) -> Scene:
    return first.copy_to(tmp_path)


def test_the_run_lies_between_two_time_stamps_of_the_named_authority(scene: Scene) -> None:
    report = verify(scene.bundle, trust=scene.trust)
    assert {item.result for item in report.items} == {Result.RIGHT}
    stamped = report.stamped
    assert stamped is not None
    assert stamped.proven
    assert stamped.after is not None
    assert stamped.before is not None
    assert stamped.after <= datetime.now(stamped.after.tzinfo)
    assert stamped.before - stamped.after < timedelta(minutes=10)
    run = json.loads((scene.bundle / layout.RUN).read_bytes())
    assert run["start_stamp"] == {"tsa": scene.tsa and scene.tsa.url, "problem": "", "detail": ""}


# --- attacks ----------------------------------------------------------------------------------------------------------


def clock_of(off: timedelta, after: int | None = None) -> SceneAttack:
    """Record with a clock that is off, from the start or set back after some readings; sign with the real key."""

    class Wrong(HostClock):
        def __init__(self) -> None:
            super().__init__(off if after is None else timedelta(0))
            self.readings = 0

        def wall(self) -> datetime:
            self.readings += 1
            return super().wall() + (off if after is not None and self.readings > after else timedelta(0))

    def attacked(scene: Scene) -> Path:
        return write_sealed(scene.bundle.parent / "again", replace(scene.by, ledger=None), clock=Wrong())

    return attacked


def other_stamp(member: str) -> SceneAttack:
    """Put a time-stamp of another bundle in this one's place."""

    def attacked(scene: Scene) -> Path:
        other = write_sealed(scene.bundle.parent / "other", replace(scene.by, ledger=None), run="r2")
        shutil.copy(other / member, scene.bundle / member)
        return scene.bundle

    return attacked


def other_start(scene: Scene) -> Path:
    """Give a bundle the beginning of an earlier one, whole, and sign it with the real key."""
    other = write_sealed(scene.bundle.parent / "other", replace(scene.by, ledger=None), run="r2")
    for member in (layout.START, layout.START_STAMP):
        shutil.copy(other / member, scene.bundle / member)
    path = scene.bundle / layout.EVENTS
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    for member in events[0]["body"]["members"]:
        member["sha256"] = layout.sha256((scene.bundle / member["member"]).read_bytes())
    path.write_bytes(b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events))
    rechain(scene.bundle)
    rebuild(scene.bundle)
    return reseal(scene, replace(scene.by, ledger=None))


def drop_start_from_the_log(scene: Scene) -> Path:
    """Leave the first time-stamp in the bundle and take it out of the first event: anything could be put there."""
    path = scene.bundle / layout.EVENTS
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    body = events[0]["body"]
    body["members"] = [member for member in body["members"] if "/time/" not in member["member"]]
    path.write_bytes(b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events))
    rechain(scene.bundle)
    rebuild(scene.bundle)
    return reseal(scene, replace(scene.by, ledger=None))


ATTACKS: dict[str, tuple[SceneAttack, str]] = {
    "time-stamp of another bundle": (other_stamp(layout.STATEMENT_STAMP), "verify-time"),
    "first time-stamp of another bundle": (other_stamp(layout.START_STAMP), "verify-time"),
    "beginning of another bundle, signed with the real key": (other_start, "verify-findings-bound"),
    "beginning not fixed by the log": (drop_start_from_the_log, "verify-files-bound"),
    "run back-dated by a day": (clock_of(-timedelta(days=1)), "verify-clock"),
    "run dated a day ahead": (clock_of(timedelta(days=1)), "verify-clock"),
    "clock set back by an hour": (clock_of(-timedelta(hours=1), after=30), "verify-clock"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_time_is_caught(name: str, scene: Scene) -> None:
    attack, item = ATTACKS[name]
    report = verify(attack(scene), trust=replace(scene.trust, ledger=None))
    assert item in wrong(report), problems(report)
    assert (report.soundness, report.exit_code) == (Soundness.NOT_SOUND, 1)


@pytest.mark.parametrize("member", [layout.START_STAMP, layout.STATEMENT_STAMP])
def test_a_time_stamp_over_something_else_is_caught_without_any_root(scene: Scene, member: str) -> None:
    report = verify(other_stamp(member)(scene))
    assert "verify-time" in wrong(report)
    assert "evidence-time-other" in problems(report)


def test_a_clock_set_back_by_an_hour_is_caught_without_any_time_stamp(scene: Scene) -> None:
    attacked = clock_of(-timedelta(hours=1), after=30)(replace(scene, tsa=None))
    report = verify(attacked, trust=Trust())
    assert "evidence-clock-set-back" in problems(report)
    assert report.soundness is Soundness.NOT_SOUND


def test_a_fit_certificate_stamps_in_the_same_way(scene: Scene, tmp_path: Path) -> None:
    """What the next test refuses is refused for its certificate, not for how it was made."""
    with authority(tmp_path / "fit", Wish(by_hand=True)) as fit:
        stamp = ask(tsa_of(fit), sole_signature(scene.bundle), SystemClock())
        roots = (*scene.trust.tsa_roots, *fit.roots)
    assert isinstance(stamp, bytes)
    (scene.bundle / layout.STATEMENT_STAMP).write_bytes(stamp)
    assert verify(scene.bundle, trust=replace(scene.trust, tsa_roots=roots)).soundness is Soundness.SOUND


WISHES = {
    "a certificate for servers": Wish(by_hand=True, use=ExtendedKeyUsageOID.SERVER_AUTH),
    "a use that is not critical": Wish(by_hand=True, critical=False),
    "a certificate that had expired before": Wish(by_hand=True, expired=True),
}


@pytest.mark.parametrize("name", WISHES)
def test_a_certificate_that_may_not_stamp_time_is_caught(name: str, scene: Scene, tmp_path: Path) -> None:
    """Under a root that the reviewer trusts: only the certificate itself is unfit."""
    with authority(tmp_path / "unfit", WISHES[name]) as unfit:
        stamp = ask(tsa_of(unfit), sole_signature(scene.bundle), SystemClock())
        roots = (*scene.trust.tsa_roots, *unfit.roots)
    assert isinstance(stamp, bytes)
    (scene.bundle / layout.STATEMENT_STAMP).write_bytes(stamp)
    report = verify(scene.bundle, trust=replace(scene.trust, tsa_roots=roots))
    assert wrong(report) == {"verify-time"}
    assert "evidence-time-wrong" in problems(report)
    time = next(item for item in report.items if item.key == "verify-time")
    reason = "certificate has expired" if WISHES[name].expired else "unsuitable certificate purpose"
    assert [problem.detail for problem in time.problems] == [reason]


def test_another_root_is_not_believed(scene: Scene, tmp_path: Path) -> None:
    with authority(tmp_path / "other") as other:
        report = verify(scene.bundle, trust=replace(scene.trust, tsa_roots=other.roots))
    assert wrong(report) == {"verify-time"}
    assert report.stamped is None


def test_a_time_stamp_taken_away_is_missed_by_who_named_the_authority(scene: Scene) -> None:
    (scene.bundle / layout.STATEMENT_STAMP).unlink()
    report = verify(scene.bundle, trust=scene.trust)
    assert "evidence-no-stamp" in problems(report)
    assert (report.soundness, report.exit_code) == (Soundness.COULD_NOT_TELL, 2)


def test_a_bundle_sealed_afterwards_is_proven_to_be_no_later_and_said_to_have_no_beginning(
    scene: Scene, tmp_path: Path
) -> None:
    bundle = write_sealed(tmp_path / "afterwards", None)
    seal(bundle, replace(scene.by, ledger=None), SystemClock())
    report = verify(bundle, trust=replace(scene.trust, ledger=None))
    assert report.soundness is Soundness.SOUND
    assert "evidence-no-start" in problems(report)
    assert report.stamped is not None
    assert report.stamped.after is None
    assert report.stamped.before is not None


def test_a_time_stamp_that_cannot_be_read_is_never_sound(scene: Scene) -> None:
    raw = (scene.bundle / layout.STATEMENT_STAMP).read_bytes()
    for broken in (b"", raw[:100], bytes(len(raw)), b"\x30\x80" * 5000):
        (scene.bundle / layout.STATEMENT_STAMP).write_bytes(broken)
        for trust in (scene.trust, Trust()):
            report = verify(scene.bundle, trust=trust)
            assert "evidence-time-unreadable" in problems(report)
            assert report.soundness is Soundness.COULD_NOT_TELL
    with pytest.raises(BundleError, match="not a readable time-stamp"):
        timestamps.read_token(raw[:-1])


def test_any_byte_changed_in_a_time_stamp_is_seen(scene: Scene) -> None:
    raw = (scene.bundle / layout.STATEMENT_STAMP).read_bytes()
    for at in range(0, len(raw), 97):
        changed = bytearray(raw)
        changed[at] ^= 1
        (scene.bundle / layout.STATEMENT_STAMP).write_bytes(changed)
        assert verify(scene.bundle, trust=scene.trust).soundness is not Soundness.SOUND, at


# --- authorities that fail --------------------------------------------------------------------------------------------


def replayed(one: Authority) -> Callable[[bytes], bytes]:
    """Return an answer that is always that to the first question: the nonce of the next ones is not in it."""
    kept: list[bytes] = []

    def answer(request: bytes) -> bytes:
        if not kept:
            kept.append(one.reply(request))
        return kept[0]

    return answer


def refusal(_: bytes) -> bytes:
    """Return a TimeStampResp of nothing but the status rejection."""
    return bytes.fromhex("30053003020102")


FAILURES: dict[str, tuple[Callable[[Authority], Callable[[bytes], bytes]], str]] = {
    "nothing": (lambda _: lambda _: b"", "time-unreadable"),
    "a web page": (lambda _: lambda _: b"<html>login</html>", "time-unreadable"),
    "a refusal": (lambda _: refusal, "time-refused"),
    "an answer without end": (lambda _: lambda _: bytes(1 << 19), "time-no-answer"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_authority_that_fails_is_a_gap_and_costs_no_evidence(name: str, tmp_path: Path) -> None:
    worse, reason = FAILURES[name]
    signer, public = new_signer(tmp_path / "keys")
    trust = Trust(key_pem=keys.read_public(public))
    with authority(tmp_path / "tsa") as one:
        one.answer = worse(one)
        bundle = write_sealed(tmp_path / "runs", Sealing(signer=signer, tsa=tsa_of(one)))
        told_of_gap(bundle, trust, reason)
        assert one.requests == 2
        report = verify(bundle, trust=replace(trust, tsa_roots=one.roots))
    assert report.soundness is Soundness.COULD_NOT_TELL  # who wants proof of time has none


def told_of_gap(bundle: Path, trust: Trust, reason: str) -> None:
    """Check that both failed questions are in the bundle, with their reason, and that all else is sound."""
    asked = json.loads((bundle / layout.RUN).read_bytes())["start_stamp"]
    gap = codec.from_json(
        layout.TimeGap, codec.parse((bundle / layout.TIME_GAP).read_bytes(), member="gap"), member="gap"
    )
    assert (asked["problem"], gap.asked.problem) == (reason, reason)
    assert not (bundle / layout.START_STAMP).exists()
    report = verify(bundle, trust=trust)
    assert report.soundness is Soundness.SOUND
    time = next(item for item in report.items if item.key == "verify-time")
    assert time.result is Result.NOTED
    assert [problem.key for problem in time.problems] == ["evidence-time-gap"] * 2
    assert report.stamped is None


def test_an_old_answer_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    with authority(tmp_path / "tsa") as one:
        one.answer = replayed(one)
        assert isinstance(ask(tsa_of(one), b"same", SystemClock()), bytes)
        again = ask(tsa_of(one), b"same", SystemClock())
    assert isinstance(again, NoStamp)
    assert again.reason == "time-nonce"


def test_nobody_at_the_address_is_a_gap(tmp_path: Path) -> None:
    signer, public = new_signer(tmp_path / "keys")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    bundle = write_sealed(tmp_path / "runs", Sealing(signer=signer, tsa=Tsa(url=url, timeout_s=5.0)))
    told_of_gap(bundle, Trust(key_pem=keys.read_public(public)), "time-no-answer")


def test_an_authority_that_is_silent_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        began_s = SystemClock().monotonic_s()
        stamp = ask(Tsa(url=url, timeout_s=0.3), b"x", SystemClock())
    assert isinstance(stamp, NoStamp)
    assert stamp.reason == "time-no-answer"
    assert SystemClock().monotonic_s() - began_s < 5
