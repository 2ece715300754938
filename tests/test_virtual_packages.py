"""Installing apps: what is accepted, what is refused with which code, and what survives a restart."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import zipfile
from pathlib import Path

import pytest

from harness.virtual.app_archive import (
    AppArchive,
    InstallRefused,
    pack_app,
    pack_url_app,
    parse_manifest,
    read_archive,
)
from harness.virtual.files import DeviceFiles
from tests.virtual_stand_ins import Bench, app_archive, app_folder, bench


@pytest.fixture
def phone(tmp_path: Path) -> Bench:
    return bench(tmp_path / "device")


def zipped(files: dict[str, bytes | str], **manifest: object) -> bytes:
    """Return a zip with an ``app.json`` that would install, and these files."""
    fields = {"package": "cn.example.zip", "activities": {".Main": "index.html"}, **manifest}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if "app.json" not in files:
            archive.writestr("app.json", json.dumps(fields))
            archive.writestr("index.html", "<p>")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_the_same_folder_packs_to_the_same_bytes(tmp_path: Path) -> None:
    first = pack_app(app_folder(tmp_path / "one"))
    folder = app_folder(tmp_path / "two")
    os.utime(folder / "index.html", (1, 1))
    assert pack_app(folder) == first
    assert "truth.json" not in zipfile.ZipFile(io.BytesIO(first)).namelist()


def test_an_installed_app_gives_its_bytes_back(phone: Bench, tmp_path: Path) -> None:
    data = app_archive(tmp_path / "app")
    assert phone.install(data).stdout == b"Success\n"
    path = phone.out("pm path cn.example.demo").strip().removeprefix("package:")
    assert path == "/data/app/cn.example.demo-1/base.apk"
    assert phone.device.files.read(path) == data
    assert phone.out(f"sha256sum {path}").split()[0] == hashlib.sha256(data).hexdigest()
    app = phone.device.packages.find("cn.example.demo")
    assert app is not None
    assert app.root is not None
    assert (app.root / "pages" / "video.html").read_text() == "<video></video>"
    assert app.pages == (
        ("cn.example.demo.MainActivity", "index.html"),
        ("cn.example.demo.VideoActivity", "pages/video.html"),
    )


def test_pm_path_of_an_unknown_app_is_silent_and_fails(phone: Bench) -> None:
    result = phone.sh("pm path no.such.app")
    assert (result.stdout, result.exit_code) == (b"", 1)


def test_dumpsys_package_tells_version_signer_times_and_permissions(phone: Bench, tmp_path: Path) -> None:
    phone.out("cmd clock set 1700000000")
    phone.install(app_archive(tmp_path / "app"))
    text = phone.out("dumpsys package cn.example.demo")
    assert re.search(r"versionName=(?P<name>[^\s]+)", text)[1] == "1.2"  # type: ignore[index]
    assert re.search(r"versionCode=(?P<code>\d+)", text)[1] == "12"  # type: ignore[index]
    signer = hashlib.sha256(b"demo").hexdigest()[:8]
    assert re.search(r"PackageSignatures\{.*?\[(.*)\]\}", text)[1].startswith(signer)  # type: ignore[index]
    assert re.search(r"firstInstallTime=([-\d]+\s+[:\d]+)", text)[1] == "2023-11-15 06:13:20"  # type: ignore[index]
    assert re.findall(r"(android\.\w*\.?permission\.\w+): granted=false", text) == ["android.permission.CAMERA"]
    assert "android.permission.INTERNET: granted=true" in text
    assert phone.out("dumpsys package no.such") == "Unable to find package: no.such\n"


def test_an_update_keeps_the_first_install_time_and_replaces_the_files(phone: Bench, tmp_path: Path) -> None:
    phone.out("cmd clock set 1700000000")
    phone.install(app_archive(tmp_path / "app"))
    phone.out("cmd clock advance 1000")
    newer = app_folder(tmp_path / "newer", versionCode=13)
    (newer / "index.html").write_text("<h1>new</h1>")
    assert phone.install(pack_app(newer)).exit_code == 0
    app = phone.device.packages.find("cn.example.demo")
    assert app is not None
    assert app.root is not None
    assert (app.version_code, round(app.last_update_time - app.first_install_time)) == (13, 1000)
    assert (app.root / "index.html").read_text() == "<h1>new</h1>"
    assert ("force_stop", "cn.example.demo") in phone.screen.done


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"versionCode": 11}, "", "INSTALL_FAILED_VERSION_DOWNGRADE"),
        ({"versionCode": 11}, "-d", ""),
        ({"signer": "somebody else"}, "", "INSTALL_FAILED_UPDATE_INCOMPATIBLE"),
        ({}, "-R", "INSTALL_FAILED_ALREADY_EXISTS"),
        ({}, "-r -t", ""),
        ({"abis": ["arm64-v8a"]}, "", "INSTALL_FAILED_NO_MATCHING_ABIS"),
        ({"abis": ["arm64-v8a", "x86_64"]}, "", ""),
        ({"package": "com.android.browser"}, "", "INSTALL_FAILED_UPDATE_INCOMPATIBLE"),
    ],
)
def test_an_update_is_accepted_or_refused_as_android_does(
    phone: Bench, tmp_path: Path, changes: dict[str, object], options: str, code: str
) -> None:
    phone.install(app_archive(tmp_path / "app"))
    result = phone.install(app_archive(tmp_path / "next", **changes), options)
    if code:
        assert (result.exit_code, result.stdout.startswith(f"Failure [{code}: ".encode())) == (1, True)
    else:
        assert (result.exit_code, result.stdout) == (0, b"Success\n")


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (b"not a zip", "INSTALL_PARSE_FAILED_NOT_APK"),
        (zipped({})[:-30], "INSTALL_PARSE_FAILED_NOT_APK"),
        (zipped({"app.json": "{"}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({"app.json": "[]"}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({}, package="bad name"), "INSTALL_PARSE_FAILED_BAD_PACKAGE_NAME"),
        (zipped({}, activities={}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({}, activities={".Main": "missing.html"}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({}, activities={".Main": "file:///etc/passwd"}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({}, launcher=".Other"), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({}, versionCode="7"), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
        (zipped({"../out.html": "x"}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"/abs.html": "x"}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"a\\b.html": "x"}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"c:x.html": "x"}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"INDEX.html": "x"}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"bomb.bin": b"\0" * (4 << 20)}), "INSTALL_FAILED_INVALID_APK"),
        (zipped({"AndroidManifest.xml": b"\x03\0", "app.json": ""}), "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED"),
    ],
)
def test_a_bad_archive_is_refused_before_anything_is_unpacked(phone: Bench, archive: bytes, code: str) -> None:
    result = phone.install(archive)
    assert (result.exit_code, result.stdout.decode().split(":")[0]) == (1, f"Failure [{code}")
    assert phone.device.packages.find("cn.example.zip") is None
    assert not any((phone.device.files.host_path("/data/app")).iterdir())


def test_no_damage_to_an_archive_ends_in_another_way_than_a_refusal(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.json", json.dumps({"package": "cn.example.zip", "activities": {".Main": "index.html"}}))
        archive.writestr("index.html", "".join(map(str, range(600))))
    sound, chance, refused = buffer.getvalue(), random.Random(20), 0
    for number in range(1500):
        damaged = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (folder := tmp_path / str(number)).mkdir()
        try:
            archived = read_archive(bytes(damaged))
            assert isinstance(archived, AppArchive)
            archived.unpack(folder)
        except InstallRefused:
            refused += 1
    assert refused > 1000


def test_members_packed_as_no_apk_is_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("app.json", "{}")
    with pytest.raises(InstallRefused, match="Android cannot read"):
        read_archive(buffer.getvalue())


def test_a_link_in_an_archive_is_refused(phone: Bench) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("index.html")
        link.external_attr = 0o120777 << 16
        archive.writestr("app.json", "{}")
        archive.writestr(link, "/etc/passwd")
    assert b"is a link" in phone.install(buffer.getvalue()).stdout


def test_a_native_android_app_is_refused_with_its_name(phone: Bench) -> None:
    import uiautomator2

    apk = (Path(uiautomator2.__file__).parent / "assets" / "app-uiautomator.apk").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(apk)) as source, zipfile.ZipFile(buffer, "w") as target:
        manifest = source.read("AndroidManifest.xml")
        for coding in ("utf-16-le", "utf-8"):
            old, new = "com.github.uiautomator".encode(coding), "cn.gov.anotherapp1.abc".encode(coding)
            manifest = manifest.replace(old, new)
        target.writestr("AndroidManifest.xml", manifest)
    result = phone.install(buffer.getvalue())
    assert result.exit_code == 1
    assert b"cn.gov.anotherapp1.abc is a native Android app; the virtual device runs web apps only" in result.stdout


def test_an_install_session_takes_one_archive(phone: Bench, tmp_path: Path) -> None:
    data = app_archive(tmp_path / "app")
    assert phone.out(f"cmd package 'install-create' '-S' '{len(data)}'") == (
        "Success: created install session [1001]\n"
    )
    assert "streamed" in phone.out(f"cmd package install-write -S {len(data)} 1001 base.apk -", data)
    assert phone.out("cmd package install-commit 1001") == "Success\n"
    assert phone.device.packages.find("cn.example.demo") is not None
    assert phone.sh("cmd package install-commit 1001").exit_code == 255
    phone.out("pm install-create; pm install-abandon 1001; pm install-create")
    assert b"INSTALL_FAILED_INVALID_APK" in phone.sh("pm install-commit 1001").stdout


def test_fewer_bytes_than_announced_are_no_install(phone: Bench, tmp_path: Path) -> None:
    data = app_archive(tmp_path / "app")
    result = phone.sh(f"cmd package install -S {len(data)}", data[:-10])
    assert (result.exit_code, b"Failure [INSTALL_PARSE_FAILED_NOT_APK" in result.stdout) == (1, True)


def test_apps_and_grants_survive_a_restart(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    before = phone.device.packages.find("cn.example.demo")
    phone.out("pm grant cn.example.demo android.permission.CAMERA")
    again = bench(tmp_path / "device")
    assert again.device.packages.find("cn.example.demo") == before
    assert again.device.packages.granted("cn.example.demo", "android.permission.CAMERA")


def test_an_uninstalled_app_leaves_nothing(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    phone.out("pm grant cn.example.demo android.permission.CAMERA")
    assert phone.out("cmd package 'uninstall' 'cn.example.demo'") == "Success\n"
    assert ("clear_storage", "cn.example.demo") in phone.screen.done
    assert phone.sh("pm path cn.example.demo").exit_code == 1
    assert bench(tmp_path / "device").device.packages.find("cn.example.demo") is None
    assert not (tmp_path / "device" / "apps" / "cn.example.demo").exists()
    assert phone.sh("pm uninstall cn.example.demo").exit_code == 1
    assert phone.sh("pm uninstall com.android.launcher3").exit_code == 1


def test_permissions_are_undecided_until_somebody_decides(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    packages, camera = phone.device.packages, "android.permission.CAMERA"
    assert packages.decided("cn.example.demo", camera) is None
    assert packages.granted("cn.example.demo", "android.permission.INTERNET")
    phone.out(f"pm grant cn.example.demo {camera}")
    assert packages.decided("cn.example.demo", camera) is True
    phone.out(f"pm revoke cn.example.demo {camera}")
    assert packages.decided("cn.example.demo", camera) is False
    assert phone.out("pm clear cn.example.demo") == "Success\n"
    assert packages.decided("cn.example.demo", camera) is None
    refused = phone.sh("pm grant cn.example.demo android.permission.READ_SMS")
    assert (refused.exit_code, b"has not requested permission" in refused.stderr) == (255, True)
    assert phone.sh("pm grant no.such android.permission.CAMERA").exit_code == 255
    assert phone.sh("pm clear no.such").stdout == b"Failed\n"


def test_install_with_g_grants_everything(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"), "-g")
    assert phone.device.packages.granted("cn.example.demo", "android.permission.CAMERA")


def test_lists_and_filters_name_the_right_apps(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    phone.install(pack_url_app("https://example.test/", "网页", "cn.example.web"))
    assert phone.out("pm list packages -3").split() == ["package:cn.example.demo", "package:cn.example.web"]
    assert phone.out("pm list packages web").split() == ["package:cn.example.web"]
    assert "package:com.android.launcher3\n" in phone.out("pm list packages -s")
    assert phone.out("pm list packages -f -3 demo") == (
        "package:/data/app/cn.example.demo-1/base.apk=cn.example.demo\n"
    )
    assert phone.out("pm list packages None") == phone.out("pm list packages")
    assert "permission:android.permission.CAMERA" in phone.out("pm list permissions")


def test_the_launcher_activity_resolves(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    line = "cmd package resolve-activity --brief -c android.intent.category.LAUNCHER cn.example.demo"
    assert phone.out(line).splitlines()[-1] == "cn.example.demo/.MainActivity"
    assert phone.out("cmd package resolve-activity --brief no.such") == "No activity found\n"


def test_a_web_address_becomes_an_app_with_that_address_as_its_page() -> None:
    data = pack_url_app("https://example.test/a", "网页", "cn.example.web")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest = parse_manifest(archive.read("app.json").decode(), frozenset())
    assert (manifest.pages, manifest.label) == (
        (("cn.example.web.MainActivity", "https://example.test/a"),),
        "网页",
    )
    with pytest.raises(InstallRefused, match="neither a file of the app nor"):
        pack_url_app("javascript:alert(1)", "x", "cn.example.web")


def test_a_full_device_refuses_to_install(phone: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeviceFiles, "room_for", lambda self, size: False)
    result = phone.install(app_archive(tmp_path / "app"))
    assert b"Failure [INSTALL_FAILED_INSUFFICIENT_STORAGE" in result.stdout
    assert phone.device.packages.find("cn.example.demo") is None


def test_a_record_that_cannot_be_read_is_an_error_and_not_an_empty_device(tmp_path: Path) -> None:
    bench(tmp_path)
    (tmp_path / "packages.json").write_text("{")
    with pytest.raises(ValueError, match=r"Expecting|delimiter"):
        bench(tmp_path)
