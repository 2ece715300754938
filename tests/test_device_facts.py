"""What a device and an app tell of themselves: read where it is told, empty where it is not, never guessed."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from pathlib import Path

import pytest
import uiautomator2
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.device import facts
from harness.device.apk_signer import Signer, signer_of

APK = Path(uiautomator2.__file__).parent / "assets" / "app-uiautomator.apk"
# As `keytool -printcert -jarfile` and `apksigner verify --print-certs` print it.
APK_SIGNER = "7aca838927a60989e47856b863e1e772f1d6974534e3241fdc09dae561300860"

PHONE = """harness-fact manufacturer=HUAWEI
harness-fact serial_number=ABC
harness-fact qemu=
harness-fact http_proxy=10.0.0.1:8080
harness-fact boot_id=5b1a6a2e-5a3c-4d9c-9f5e-0c6a3a5b8d11
harness-fact shell=uid=0(root) gid=0(root)
harness-fact su=/system/xbin/su
:
harness-fact packages
package:android
package:com.topjohnwu.magisk
harness-fact addresses
1: lo: <LOOPBACK,UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
12: tun0: <POINTOPOINT,UP> mtu 1400
    inet 10.8.0.2/24 scope global tun0
13: rmnet_data0@if2: <UP> mtu 1500
    inet 100.64.1.9/30 scope global rmnet_data0
14: wlan0: <NO-CARRIER> mtu 1500
harness-fact end
"""


def test_root_proxy_and_tunnel_are_told() -> None:
    told = dict(facts.facts_in(PHONE))
    assert told["boot_id"] == "5b1a6a2e-5a3c-4d9c-9f5e-0c6a3a5b8d11"
    assert (told["manufacturer"], told["serial_number"]) == ("HUAWEI", "ABC")
    assert (told["su"], told["root_apps"], told["adb_as_root"]) == (
        "/system/xbin/su",
        "com.topjohnwu.magisk",
        "yes",
    )
    assert (told["http_proxy"], told["vpn"]) == ("10.0.0.1:8080", "tun0")
    assert told["network"] == "tun0 10.8.0.2; rmnet_data0 100.64.1.9"


@pytest.mark.parametrize(
    "output", ["", "harness-fact su=\nharness-fact packages\nharness-fact addresses\n", "sh: error"]
)
def test_what_was_not_answered_is_empty_and_never_none(output: str) -> None:
    assert {value for _, value in facts.facts_in(output)} == {""}


def test_a_program_that_complains_about_every_place_of_su_found_none() -> None:
    told = dict(facts.facts_in("harness-fact su=/sbin/su: No such file or directory\n:\n"))
    assert told["su"] == facts.NONE


# --- who signed an app ------------------------------------------------------------------------------------------------


def test_the_signer_of_a_real_app_is_what_other_tools_print() -> None:
    assert signer_of(APK.read_bytes()) == Signer(sha256=APK_SIGNER, scheme="v2")


def test_an_app_with_the_oldest_signature_only_is_read_too() -> None:
    """The same app without its signing block, as an old tool would have left it."""
    copy = io.BytesIO()
    with zipfile.ZipFile(APK) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert signer_of(copy.getvalue()) == Signer(sha256=APK_SIGNER, scheme="v1")


def measured(raw: bytes) -> bytes:
    return struct.pack("<I", len(raw)) + raw


def with_block(pairs: dict[int, list[bytes]]) -> bytes:
    """Return an empty zip with a signing block; one certificate for each signer of each scheme."""
    block = b""
    for number, certificates in pairs.items():
        signers = b"".join(
            measured(measured(measured(b"digests") + measured(measured(one)) + measured(b""))) for one in certificates
        )
        value = measured(signers)
        block += struct.pack("<QI", 4 + len(value), number) + value
    size = len(block) + 24
    whole = struct.pack("<Q", size) + block + struct.pack("<Q", size) + b"APK Sig Block 42"
    return whole + b"PK\x05\x06" + bytes(12) + struct.pack("<I", len(whole)) + bytes(2)


def test_the_newest_scheme_counts_and_two_signers_are_nobody_s() -> None:
    both = with_block({0x7109871A: [b"old"], 0xF05368C0: [b"new"]})
    assert signer_of(both) == Signer(sha256=hashlib.sha256(b"new").hexdigest(), scheme="v3")
    assert signer_of(with_block({0x7109871A: [b"one", b"two"]})) == Signer()
    assert signer_of(with_block({0x42726577: [b"padding"]})) == Signer()


@pytest.mark.parametrize("apk", [b"", b"PK\x05\x06", b"no archive" * 100, bytes(5000)])
def test_what_is_no_app_was_signed_by_nobody(apk: bytes) -> None:
    assert signer_of(apk) == Signer()


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_signing_block_that_lies_raises_nothing(data: st.DataObject) -> None:
    raw = bytearray(with_block({0xF05368C0: [b"certificate"]}))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert signer_of(bytes(raw)).scheme in ("", "v3")
