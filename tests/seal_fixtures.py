"""A key, and a time-stamping authority on this machine: certificates made here, replies by the ``openssl`` command."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.clock import SystemClock
from harness.evidence import keys, layout
from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.seal import PAYLOAD_TYPE, Sealing, envelope, pae, seal
from harness.evidence.timestamps import Tsa
from harness.evidence.verify import Result, Trust, VerifyReport
from tests.evidence_attacks import swap, then_rebuild
from tests.evidence_walks import TickingClock, app, judge_study, start_of, walk_study

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")

Answer = Callable[[bytes], bytes]


class HostClock(TickingClock):
    """A clock that ticks like the walk's, from now on: time-stamps are of now. ``off`` is how wrong it goes."""

    def __init__(self, off: timedelta = timedelta(0)) -> None:
        super().__init__()
        self._now = datetime.now(UTC) + off
        self._first_s = super().monotonic_s()

    def wall(self) -> datetime:
        return self._now + timedelta(seconds=self._elapsed_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a time-stamping certificate is to be like."""

    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING
    critical: bool = True
    expired: bool = False
    by_hand: bool = False  # openssl stamps with no certificate that is not fit for it; its parts do


class Authority:
    """A root, a time-stamping certificate, and a server at ``url``. ``answer`` may be replaced by something worse."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        self.folder = folder
        self.requests = 0
        self.answer: Answer = self.reply_by_hand if wish.by_hand else self.reply
        self._lock = threading.Lock()
        self.ca = _authority(folder, wish)
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                with authority._lock:
                    authority.requests += 1
                    reply = authority.answer(request)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/tsa"

    @property
    def roots(self) -> tuple[keys.Certificate, ...]:
        return keys.read_certificates(self.ca)

    def reply(self, request: bytes) -> bytes:
        """Return a proper reply to a request."""
        (self.folder / "q.tsq").write_bytes(request)
        self._openssl("ts -reply -queryfile q.tsq -config tsa.cnf -out r.tsr")
        return (self.folder / "r.tsr").read_bytes()

    def reply_by_hand(self, request: bytes) -> bytes:
        """Return a reply whose TSTInfo is proper, signed with the certificate that was wished for."""
        self.reply(request)
        self._openssl("ts -reply -in r.tsr -token_out -out r.tst")
        self._openssl("cms -verify -noverify -binary -inform DER -in r.tst -out r.info")
        sign = "cms -sign -binary -nodetach -nosmimecap -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4"
        self._openssl(f"{sign} -in r.info -outform DER -signer wished.pem -inkey tsa.key -out h.tst")
        token = (self.folder / "h.tst").read_bytes()
        content = bytes.fromhex("3003020100") + token  # PKIStatusInfo granted, TimeStampToken
        return b"\x30\x82" + len(content).to_bytes(2, "big") + content

    def _openssl(self, arguments: str) -> None:
        command = ["openssl", *arguments.split()]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)


@contextmanager
def authority(folder: Path, wish: Wish | None = None) -> Iterator[Authority]:
    """Run an authority that answers on loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    one = Authority(folder, wish or Wish())
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join(timeout=10)


def new_signer(folder: Path, name: str = "signer") -> tuple[keys.FileSigner, Path]:
    """Return a signer with a fresh key, and the path of its public key."""
    public, _ = keys.new_key(folder / f"{name}.pem")
    return keys.FileSigner(folder / f"{name}.pem"), public


def write_sealed(root: Path, by: Sealing | None, *, run: str = "r1", clock: TickingClock | None = None) -> Path:
    """Write a whole study bundle of now, sealed; return its folder."""
    with BundleWriter(root, start_of(app(), run=run), clock=clock or HostClock(), sealing=by) as writer:
        hands, _ = walk_study(writer)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as bundle:
            judgement = judge_study(bundle.walk)
        return writer.finish(judgement, {"index.html": b"<!doctype html>"})


def tsa_of(one: Authority, *, timeout_s: float = 20.0) -> Tsa:
    return Tsa(url=one.url, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A sealed bundle to be attacked, and all that belongs to it."""

    bundle: Path
    signer: keys.FileSigner
    ledger: Path
    tsa: Tsa | None
    trust: Trust

    @property
    def by(self) -> Sealing:
        return Sealing(signer=self.signer, tsa=self.tsa, ledger=self.ledger)

    def copy_to(self, folder: Path) -> Scene:
        """Return a copy that may be broken, the ledger too."""
        bundle = Path(shutil.copytree(self.bundle, folder / "runs" / self.bundle.name))
        ledger = Path(shutil.copy(self.ledger, folder / "runs" / layout.LEDGER))
        return replace(self, bundle=bundle, ledger=ledger, trust=replace(self.trust, ledger=ledger))


def first_scene(root: Path, stamping: Authority | None) -> Scene:
    """Write a sealed bundle, and collect what its reviewer has: key, root of time-stamps, ledger."""
    signer, public = new_signer(root / "keys")
    ledger = root / "runs" / layout.LEDGER
    tsa = tsa_of(stamping) if stamping else None
    bundle = write_sealed(root / "runs" / "r1", Sealing(signer=signer, tsa=tsa, ledger=ledger))
    roots = stamping.roots if stamping else ()
    trust = Trust(key_pem=keys.read_public(public), tsa_roots=roots, ledger=ledger)
    return Scene(bundle=bundle, signer=signer, ledger=ledger, tsa=tsa, trust=trust)


def unseal(bundle: Path) -> None:
    shutil.rmtree(bundle / layout.SIGNATURES)


def reseal(scene: Scene, by: Sealing) -> Path:
    """Sign a changed bundle once more, as whoever has the key can."""
    unseal(scene.bundle)
    seal(scene.bundle, by, SystemClock())
    return scene.bundle


SceneAttack = Callable[[Scene], Path]


def signed_statement(change: Callable[[dict[str, object]], None]) -> SceneAttack:
    """Sign another statement with the real key."""

    def attacked(scene: Scene) -> Path:
        path = scene.bundle / layout.STATEMENT
        value = json.loads(payload_of(path))
        change(value)
        statement = json.dumps(value).encode()
        path.write_bytes(envelope(statement, {"k": scene.signer.sign(pae(PAYLOAD_TYPE, statement))}))
        return scene.bundle

    return attacked


def payload_of(path: Path) -> bytes:
    return base64.b64decode(json.loads(path.read_bytes())["payload"])


def by_real_key(attack: Callable[[Path], None]) -> SceneAttack:
    def attacked(scene: Scene) -> Path:
        attack(scene.bundle)
        return reseal(scene, replace(scene.by, ledger=None))

    return attacked


def by_other_key(scene: Scene) -> Path:
    then_rebuild(swap)(scene.bundle)
    other, _ = new_signer(scene.bundle.parent.parent / "keys")
    return reseal(scene, Sealing(signer=other, tsa=scene.tsa))


def wrong(report: VerifyReport) -> set[str]:
    return {item.key for item in report.items if item.result is Result.WRONG}


def problems(report: VerifyReport) -> set[str]:
    return {problem.key for item in report.items for problem in item.problems}


def sole_signature(bundle: Path) -> bytes:
    """Return the one signature of a bundle's seal, in DER."""
    (one,) = json.loads((bundle / layout.STATEMENT).read_bytes())["signatures"]
    return base64.b64decode(one["sig"])


def _authority(folder: Path, wish: Wish) -> Path:
    """Write the files that ``openssl ts -reply`` needs; return the root's certificate."""
    now = SystemClock().wall()
    root_key, tsa_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, tsa_name = _name("Test TSA Root"), _name("Test TSA")
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    for name, like in (("tsa.pem", Wish()), ("wished.pem", wish)):
        until = now - timedelta(days=1) if like.expired else now + timedelta(days=365)
        certificate = (
            _certificate(tsa_name, root_name, tsa_key.public_key(), until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([like.use]), critical=like.critical)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        (folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem = tsa_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tsa.key").write_bytes(key_pem)
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n"
        "signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\nordering = yes\n"
        "ess_cert_id_alg = sha256\n"
    )
    return folder / "ca.pem"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=3700))
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
