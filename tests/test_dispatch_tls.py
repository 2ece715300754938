"""Many hosts: a scheduler, a worker beside each device, and nobody is let in without a certificate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.errors import DispatchError
from harness.fleet.attempt import Order
from harness.fleet.dispatch import DaskDispatcher, Tls, resource_of
from tests.dask_work import write_who
from tests.virtual_fixtures import eventually, free_port

ROOT = Path(__file__).resolve().parent.parent
DEVICES = ("d1", "d2")


def _authority(folder: Path) -> Tls:
    """Write an authority and one certificate of it, as `openssl req` would; return the files."""
    folder.mkdir()
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _signed("harness test authority", authority, authority, "harness test authority")
    own = _signed("harness test", key, authority, "harness test authority")
    files = Tls(ca=str(folder / "ca.pem"), certificate=str(folder / "cert.pem"), key=str(folder / "key.pem"))
    Path(files.ca).write_bytes(root.public_bytes(serialization.Encoding.PEM))
    Path(files.certificate).write_bytes(own.public_bytes(serialization.Encoding.PEM))
    Path(files.key).write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, issuer: str
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .sign(by, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return _authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def scheduler(tls: Tls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the start lines of the README on this machine; yield the scheduler's address."""
    folder = tmp_path_factory.mktemp("cluster")
    address = f"tls://127.0.0.1:{free_port()}"
    files = ["--tls-ca-file", tls.ca, "--tls-cert", tls.certificate, "--tls-key", tls.key]
    worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *files]
    lines = [
        ["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard", *files],
        *([*worker, "--resources", f"{resource_of(device)}=1"] for device in DEVICES),
    ]
    settings = {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "60s",
        "DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": "10m",
    }
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        for line in lines:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *line],
                cwd=folder,
                env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        eventually(lambda: _offered(address, tls) == DEVICES, within_s=120.0)
        yield address


def _offered(address: str, tls: Tls) -> tuple[str, ...]:
    try:
        return DaskDispatcher(address, tls=tls).devices()
    except DispatchError:
        return ()


def _orders(folder: Path, *devices: str) -> list[Order]:
    plain = {"night": "n", "ledger": "", "filed_from": "", "command": (), "evidence_dir": str(folder)}
    return [Order(device=device, **plain) for device in devices]  # type: ignore[arg-type]


@pytest.mark.slow
def test_each_device_s_work_is_done_by_the_worker_beside_it_over_mutual_tls(
    scheduler: str, tls: Tls, tmp_path: Path
) -> None:
    done = list(DaskDispatcher(scheduler, tls=tls).run(_orders(tmp_path, *DEVICES), write_who))
    assert sorted(one.package for one in done) == ["", "", *DEVICES]
    assert [one.died for one in done if one.died] == []
    processes = {(tmp_path / device).read_text(encoding="utf-8").split()[0] for device in DEVICES}
    assert len(processes) == len(DEVICES)
    assert str(os.getpid()) not in processes


@pytest.mark.slow
def test_who_has_no_certificate_of_the_authority_is_not_let_in(scheduler: str, tls: Tls, tmp_path: Path) -> None:
    stranger = _authority(tmp_path / "stranger")
    with pytest.raises(DispatchError, match="no scheduler answers"):
        DaskDispatcher(scheduler, tls=Tls(ca=tls.ca, certificate=stranger.certificate, key=stranger.key)).devices()


@pytest.mark.slow
def test_a_device_that_no_worker_offers_is_named_and_not_waited_for(scheduler: str, tls: Tls, tmp_path: Path) -> None:
    with pytest.raises(DispatchError, match="no worker offers d9"):
        list(DaskDispatcher(scheduler, tls=tls).run(_orders(tmp_path, "d1", "d9"), write_who))
