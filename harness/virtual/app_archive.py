"""Reads and makes app archives: a zip of a folder with ``app.json`` and web files (see the package docstring).

Everything that a stranger's zip could do wrong is checked before a byte is unpacked: names, links, sizes,
ratios, duplicates, encryption. Refusals carry Android's own failure codes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.virtual.apk_manifest import NativeManifest, read_native_manifest
from harness.virtual.file_names import host_name

MAX_ARCHIVE_BYTES = 512 << 20
MAX_UNPACKED_BYTES = 1 << 30
MAX_ENTRIES = 5000
MAX_RATIO = 200
RATIO_MATTERS_ABOVE_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 256 << 10

_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
_CLASS = re.compile(r"\.?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_URL = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
_ZIP_EPOCH = (2010, 1, 1, 0, 0, 0)
# What zipfile and zlib raise for bytes that are no sound zip; ValueError where an offset points before the start.
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error)


class InstallRefused(Exception):
    """The package manager will not install this; ``code`` is Android's, the text says why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AppManifest:
    """What ``app.json`` says; activity names are full class names."""

    package: str
    label: str
    version_name: str
    version_code: int
    launcher_activity: str
    pages: tuple[tuple[str, str], ...]
    permissions: tuple[str, ...] = ()
    abis: tuple[str, ...] = ()
    signer_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppArchive:
    """A checked archive: its manifest and the members that may be unpacked."""

    data: bytes
    manifest: AppManifest
    members: tuple[str, ...]

    def unpack(self, folder: Path) -> None:
        """Write the web files below ``folder``, which must exist. Raises ``InstallRefused``."""
        budget = MAX_UNPACKED_BYTES
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            for name in self.members:
                target = folder.joinpath(*name.split("/"))
                target.parent.mkdir(parents=True, exist_ok=True)
                budget -= _copy_member(archive, name, target, budget)


def read_archive(data: bytes) -> AppArchive | NativeManifest:
    """Return the checked archive of a web app, or what an Android app's own manifest says.

    Raises ``InstallRefused`` for everything else.
    """
    if len(data) > MAX_ARCHIVE_BYTES:
        raise InstallRefused("INSTALL_FAILED_INSUFFICIENT_STORAGE", f"larger than {MAX_ARCHIVE_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            if "app.json" not in names and "AndroidManifest.xml" in names:
                return _native(archive)
            members = _checked_members(infos)
            if "app.json" not in names:
                raise InstallRefused("INSTALL_PARSE_FAILED_MANIFEST_MALFORMED", "no app.json at the top of the archive")
            manifest = parse_manifest(_manifest_text(archive), frozenset(members))
    except _UNREADABLE as e:
        raise InstallRefused("INSTALL_PARSE_FAILED_NOT_APK", f"not a readable zip ({e})") from e
    return AppArchive(data=data, manifest=manifest, members=members)


def parse_manifest(text: str, members: frozenset[str]) -> AppManifest:
    """Return the manifest in ``text``; files that it names must be among ``members``."""
    try:
        fields = json.loads(text)
    except ValueError as e:
        raise _malformed(f"app.json is not JSON ({e})") from e
    if not isinstance(fields, dict):
        raise _malformed("app.json is not an object")
    package = fields.get("package")
    if not isinstance(package, str) or len(package) > 200 or not _PACKAGE.fullmatch(package):
        raise InstallRefused("INSTALL_PARSE_FAILED_BAD_PACKAGE_NAME", f"package {package!r}")
    pages = _pages(fields, package, members)
    activities = [activity for activity, _ in pages]
    launcher = full_class(package, _text(fields, "launcher", activities[0]))
    if launcher not in activities:
        raise _malformed(f"launcher {launcher} is not among the activities")
    code = fields.get("versionCode", 1)
    if not isinstance(code, int) or isinstance(code, bool) or not 0 <= code < 2**31:
        raise _malformed(f"versionCode {code!r} is not a whole number")
    return AppManifest(
        package=package,
        label=_text(fields, "label", package),
        version_name=_text(fields, "versionName", "1.0"),
        version_code=code,
        launcher_activity=launcher,
        pages=pages,
        permissions=_names(fields, "permissions"),
        abis=_names(fields, "abis"),
        signer_sha256=hashlib.sha256(_text(fields, "signer", package).encode()).hexdigest(),
    )


def full_class(package: str, activity: str) -> str:
    """Return the full class name of ``.Main``, ``Main`` or ``cn.example.Main``, as Android completes it."""
    if activity.startswith("."):
        return package + activity
    return activity if "." in activity else f"{package}.{activity}"


def pack_app(folder: Path) -> bytes:
    """Return the archive of an app folder, the same bytes every time.

    Files are in name order with one fixed date; names that start with a dot and ``truth.json`` (what a demo
    app is known to contain; no device may see it) stay outside. Raises ``InstallRefused`` for a folder that
    would not install.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not _private(path.relative_to(folder).as_posix())
    }
    return _packed(files)


def pack_url_app(url: str, label: str, package: str) -> bytes:
    """Return the archive of an app whose only activity is a web address."""
    manifest = {
        "package": package,
        "label": label,
        "versionName": "1.0",
        "versionCode": 1,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": url},
        "permissions": [],
        "abis": [],
        "signer": package,
    }
    return _packed({"app.json": json.dumps(manifest, ensure_ascii=False, indent=1).encode()})


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            # Stored, not deflated: other zlib builds deflate to other bytes, and the hash is the identity.
            info.compress_type = zipfile.ZIP_STORED
            archive.writestr(info, files[name])
    data = buffer.getvalue()
    read_archive(data)
    return data


def _private(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name == "truth.json" or any(part.startswith(".") for part in parts)


def _native(archive: zipfile.ZipFile) -> NativeManifest:
    info = archive.getinfo("AndroidManifest.xml")
    if info.file_size > 4 << 20:
        raise InstallRefused("INSTALL_PARSE_FAILED_MANIFEST_MALFORMED", "AndroidManifest.xml is too large")
    try:
        return read_native_manifest(archive.read(info))
    except ValueError as e:
        raise InstallRefused("INSTALL_PARSE_FAILED_BAD_MANIFEST", str(e)) from e


def _manifest_text(archive: zipfile.ZipFile) -> str:
    info = archive.getinfo("app.json")
    if info.file_size > MAX_MANIFEST_BYTES:
        raise _malformed("app.json is too large")
    try:
        return archive.read(info).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise _malformed("app.json is not UTF-8") from e


def _checked_members(infos: list[zipfile.ZipInfo]) -> tuple[str, ...]:
    if len(infos) > MAX_ENTRIES:
        raise _bad_zip(f"more than {MAX_ENTRIES} entries")
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise InstallRefused("INSTALL_FAILED_INSUFFICIENT_STORAGE", "unpacks to more than is allowed")
    seen: set[str] = set()
    members = []
    for info in infos:
        if info.is_dir():
            _check_name(info.filename.rstrip("/"))
            continue
        _check_entry(info)
        # Two names that differ in case alone are one file on some hosts.
        folded = info.filename.casefold()
        if folded in seen:
            raise _bad_zip(f"{info.filename} occurs twice")
        seen.add(folded)
        members.append(info.filename)
    return tuple(members)


def _check_entry(info: zipfile.ZipInfo) -> None:
    _check_name(info.filename)
    if info.flag_bits & 0x1:
        raise _bad_zip(f"{info.filename} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _bad_zip(f"{info.filename} is packed in a way that Android cannot read")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _bad_zip(f"{info.filename} is a link")
    packed = max(info.compress_size, 1)
    if info.file_size > RATIO_MATTERS_ABOVE_BYTES and info.file_size / packed > MAX_RATIO:
        raise _bad_zip(f"{info.filename} unpacks to more than {MAX_RATIO} times its size")


def _check_name(name: str) -> None:
    parts = name.split("/")
    if len(name) > 1000 or any(part in ("", ".", "..") or host_name(part) != part for part in parts):
        raise _bad_zip(f"the name {name!r} is not allowed")


def _copy_member(archive: zipfile.ZipFile, name: str, target: Path, budget: int) -> int:
    written = 0
    try:
        with archive.open(name) as source, target.open("wb") as sink:
            while chunk := source.read(1 << 20):
                written += len(chunk)
                if written > budget:
                    raise _bad_zip(f"{name} is larger than its header says")
                sink.write(chunk)
    except _UNREADABLE as e:
        raise _bad_zip(f"{name} is damaged ({e})") from e
    return written


def _pages(fields: Mapping[str, object], package: str, members: frozenset[str]) -> tuple[tuple[str, str], ...]:
    activities = fields.get("activities")
    if not isinstance(activities, dict) or not activities:
        raise _malformed("activities is missing or empty")
    pages = []
    for activity, page in activities.items():
        if not _CLASS.fullmatch(activity):
            raise _malformed(f"{activity!r} is not an activity name")
        if not isinstance(page, str) or not (_URL.match(page) or re.split("[?#]", page)[0] in members):
            raise _malformed(f"{page!r} of {activity} is neither a file of the app nor an http(s) address")
        pages.append((full_class(package, activity), page))
    return tuple(pages)


def _text(fields: Mapping[str, object], name: str, default: str) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise _malformed(f"{name} is not a text")
    return value


def _names(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _malformed(f"{name} is not a list of names")
    return tuple(value)


def _malformed(reason: str) -> InstallRefused:
    return InstallRefused("INSTALL_PARSE_FAILED_MANIFEST_MALFORMED", reason)


def _bad_zip(reason: str) -> InstallRefused:
    return InstallRefused("INSTALL_FAILED_INVALID_APK", reason)
