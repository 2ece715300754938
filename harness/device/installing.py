"""Putting an app's file on a device: what the file must be first, and what Android's refusals mean."""

from __future__ import annotations

import contextlib
import hashlib
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from harness.device import changes, wire
from harness.errors import ActionRefused, InstallRefused

INSTALL_S: Final = 300.0
_CODE: Final = re.compile(r"\bINSTALL_(?:FAILED|PARSE_FAILED)_[A-Z_]+")
_LIBRARY: Final = re.compile(r"lib/([\w-]+)/[^/]+\.so")

# Android's codes (PackageManager, since 2.3) by what a person can do about them; values are message keys.
_MEANS: Final = {
    "install-storage": (
        "FAILED_INSUFFICIENT_STORAGE", "FAILED_CONTAINER_ERROR", "FAILED_MEDIA_UNAVAILABLE",
        "FAILED_INVALID_INSTALL_LOCATION",
    ),
    "install-no-matching-abi": ("FAILED_NO_MATCHING_ABIS", "FAILED_CPU_ABI_INCOMPATIBLE"),
    "install-other-signer": (
        "FAILED_UPDATE_INCOMPATIBLE", "FAILED_SHARED_USER_INCOMPATIBLE", "FAILED_NO_SHARED_USER",
        "PARSE_FAILED_BAD_SHARED_USER_ID",
    ),
    "install-older-than-installed": (
        "FAILED_VERSION_DOWNGRADE", "FAILED_PERMISSION_MODEL_DOWNGRADE", "FAILED_SANDBOX_VERSION_DOWNGRADE",
    ),
    "install-android-too-old": ("FAILED_OLDER_SDK",),
    "install-android-too-new": ("FAILED_NEWER_SDK", "FAILED_DEPRECATED_SDK_VERSION"),
    "install-needs-part": ("FAILED_MISSING_SHARED_LIBRARY", "FAILED_MISSING_FEATURE"),
    "install-split-missing": ("FAILED_MISSING_SPLIT",),
    "install-unsigned": (
        "PARSE_FAILED_NO_CERTIFICATES", "PARSE_FAILED_INCONSISTENT_CERTIFICATES", "PARSE_FAILED_CERTIFICATE_ENCODING",
        "FAILED_BAD_SIGNATURE",
    ),
    "install-not-an-apk": (
        "FAILED_INVALID_APK", "FAILED_INVALID_URI", "FAILED_DEXOPT", "FAILED_BAD_DEX_METADATA", "PARSE_FAILED_NOT_APK",
        "PARSE_FAILED_BAD_MANIFEST", "PARSE_FAILED_MANIFEST_MALFORMED", "PARSE_FAILED_MANIFEST_EMPTY",
        "PARSE_FAILED_BAD_PACKAGE_NAME", "PARSE_FAILED_UNEXPECTED_EXCEPTION",
        "PARSE_FAILED_RESOURCES_ARSC_COMPRESSED",
    ),
    "install-conflict": (
        "FAILED_ALREADY_EXISTS", "FAILED_DUPLICATE_PACKAGE", "FAILED_CONFLICTING_PROVIDER",
        "FAILED_DUPLICATE_PERMISSION", "FAILED_REPLACE_COULDNT_DELETE", "FAILED_PACKAGE_CHANGED", "FAILED_UID_CHANGED",
    ),
    "install-not-allowed": (
        "FAILED_USER_RESTRICTED", "FAILED_ABORTED", "FAILED_VERIFICATION_FAILURE", "FAILED_VERIFICATION_TIMEOUT",
        "FAILED_TEST_ONLY",
    ),
}  # fmt: skip
_REASONS: Final = {f"INSTALL_{code}": reason for reason, codes in _MEANS.items() for code in codes}
UNKNOWN: Final = "install-refused"
OTHER_FILE: Final = "install-other-file"
NO_DIGEST: Final = "install-no-digest"
# These lie in the file: no other device would take it either.
OF_THE_FILE: Final = frozenset(
    {OTHER_FILE, NO_DIGEST, "install-unsigned", "install-not-an-apk", "install-split-missing"}
)


def reason_of(output: str) -> str:
    """Return why Android refused (a message key) from what ``pm install`` printed; one for all codes not known."""
    found = _CODE.search(output)
    return _REASONS.get(found[0], UNKNOWN) if found else UNKNOWN


def abis_in(apk: Path) -> frozenset[str]:
    """Return the processors that an app brings native code for, none where it runs on any. Raises ``BadZipFile``."""
    with zipfile.ZipFile(apk) as archive:
        return frozenset(found[1] for name in archive.namelist() if (found := _LIBRARY.fullmatch(name)))


def refuse_other_file(apk: Path, sha256: str, serial: str) -> None:
    """Raise ``InstallRefused`` where the file is not the one that the list names by its SHA-256."""
    if not sha256:
        return
    try:
        with apk.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InstallRefused(f"{apk}: {error}", serial=serial, reason=OTHER_FILE) from error
    if found != sha256:
        raise InstallRefused(f"{apk.name} is {found}, the list says {sha256}", serial=serial, reason=OTHER_FILE)


@contextlib.contextmanager
def recorded(shell: changes.Shell, serial: str, package: str, at: datetime) -> Iterator[None]:
    """Write down on the device that the block installs an app, so that it can be removed; not where it is refused.

    Raises ``InstallRefused`` where the device does not keep it, and then nothing is installed.
    """
    change = changes.Change(kind="package", what=package, at=at)
    try:
        changes.note(shell, serial, change)
    except ActionRefused as error:
        raise InstallRefused(str(error), serial=serial, reason="install-storage") from error
    try:
        yield
    except InstallRefused:
        changes.take_back(shell, serial, (change,))
        raise


def install_apk(adb: tuple[str, int], serial: str, apk: Path) -> None:
    """Install a file. Raises ``InstallRefused`` where it does not fit the device or Android refuses it."""
    needs = _abis(apk, serial)
    known = "getprop ro.product.cpu.abilist; getprop ro.product.cpu.abi"  # the list is there since Android 5
    has = {abi for abi in wire.shell(adb, serial, known).replace(",", " ").split() if abi}
    if needs and has and not needs & has:
        problem = f"{apk.name} has code for {', '.join(sorted(needs))}, the device runs {', '.join(sorted(has))}"
        raise InstallRefused(problem, serial=serial, reason="install-no-matching-abi")
    remote = f"/data/local/tmp/harness-{hashlib.sha256(str(apk).encode()).hexdigest()[:12]}.apk"
    wire.push(adb, serial, apk, remote)
    try:
        output = wire.shell(adb, serial, f"pm install -r -t {remote}", timeout_s=INSTALL_S)
    finally:
        wire.shell(adb, serial, f"rm -f {remote}")
    if "Success" not in output:
        raise InstallRefused(f"pm install {apk.name}: {output.strip()}", serial=serial, reason=reason_of(output))


def _abis(apk: Path, serial: str) -> frozenset[str]:
    try:
        return abis_in(apk)
    except (OSError, zipfile.BadZipFile) as error:
        raise InstallRefused(f"{apk.name}: {error}", serial=serial, reason="install-not-an-apk") from error
