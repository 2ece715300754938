"""The package manager's records: installs, updates and removes apps, and remembers grants across restarts.

The archive is kept byte for byte at ``/data/app/<package>-1/base.apk`` in the device's files, so its SHA-256 is
the app's identity; the web files are unpacked beside it on the host, where only the screen reads them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from harness.virtual.apk_manifest import NativeManifest
from harness.virtual.app_archive import AppArchive, AppManifest, InstallRefused, read_archive
from harness.virtual.files import DeviceFiles
from harness.virtual.personality import Personality
from harness.virtual.phone import InstalledApp

logger = logging.getLogger(__name__)

LAUNCHER = "com.android.launcher3"
BROWSER = "com.android.browser"
PERMISSION_CONTROLLER = "com.android.permissioncontroller"
SYSTEM_UI = "com.android.systemui"
ADB_KEYBOARD = "com.github.uiautomator"

# Input methods whose work the device itself does: the APK is accepted, its code is never looked at.
_BUILT_IN_INPUT_METHODS = frozenset({ADB_KEYBOARD})

# Where a permission is of this kind, Android grants it at install time and never asks.
_INSTALL_TIME_PERMISSIONS = frozenset(
    f"android.permission.{name}"
    for name in (
        "INTERNET",
        "ACCESS_NETWORK_STATE",
        "ACCESS_WIFI_STATE",
        "VIBRATE",
        "WAKE_LOCK",
        "RECEIVE_BOOT_COMPLETED",
        "FOREGROUND_SERVICE",
        "REQUEST_INSTALL_PACKAGES",
        "USE_BIOMETRIC",
        "NFC",
        "SET_ALARM",
    )
)

_SYSTEM_APPS = (
    InstalledApp(
        package="android",
        label="Android 系统",
        version_name="",
        version_code=30,
        launcher_activity="",
        pages=(),
    ),
    InstalledApp(
        package=LAUNCHER,
        label="桌面",
        version_name="",
        version_code=30,
        launcher_activity="com.android.launcher3.Launcher",
        pages=(("com.android.launcher3.Launcher", ""),),
    ),
    InstalledApp(
        package=BROWSER,
        label="浏览器",
        version_name="",
        version_code=30,
        launcher_activity="com.android.browser.BrowserActivity",
        pages=(("com.android.browser.BrowserActivity", "about:blank"),),
    ),
    InstalledApp(
        package=PERMISSION_CONTROLLER,
        label="权限控制器",
        version_name="",
        version_code=30,
        launcher_activity="",
        pages=(),
    ),
    InstalledApp(
        package=SYSTEM_UI,
        label="系统界面",
        version_name="",
        version_code=30,
        launcher_activity="",
        pages=(),
    ),
)

_GOOGLE_SERVICES = InstalledApp(
    package="com.google.android.gms",
    label="Google Play 服务",
    version_name="",
    version_code=30,
    launcher_activity="",
    pages=(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """The switches of ``pm install``."""

    replace: bool = True  # the default since Android 9; ``-R`` forbids it
    downgrade: bool = False
    grant_all: bool = False


class PackageStore:
    """The apps of one device, under ``data_dir``; implements ``phone.Packages``.

    ``now`` gives seconds since the epoch on the device's clock.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        files: DeviceFiles,
        now: Callable[[], float],
        personality: Personality,
    ) -> None:
        self._folder = data_dir / "apps"
        self._record = data_dir / "packages.json"
        self._files = files
        self._now = now
        self._abis = personality.abis
        self._takes_any_abi = personality.quirks.takes_any_abi
        system = (*_SYSTEM_APPS, _GOOGLE_SERVICES) if personality.quirks.google_services else _SYSTEM_APPS
        self._apps = {app.package: replace(app, version_name=personality.release) for app in system}
        self._grants: dict[str, dict[str, bool]] = {}
        self._lock = asyncio.Lock()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._load()

    # looking

    def installed(self) -> tuple[InstalledApp, ...]:
        """Return every app, the system's own first."""
        return tuple(self._apps.values())

    def find(self, package: str) -> InstalledApp | None:
        """Return the installed app of that name, or None."""
        return self._apps.get(package)

    def is_system(self, package: str) -> bool:
        """Return whether the app came with the device."""
        app = self._apps.get(package)
        return app is not None and app.apk is None

    def runs(self, abis: tuple[str, ...]) -> bool:
        """Return whether this device's processor runs an app that carries ``abis``; one that carries none runs."""
        return not abis or bool(set(abis) & set(self._abis))

    def apk_path(self, package: str) -> str:
        """Return the device path of the app's archive, as ``pm path`` prints it."""
        if self.is_system(package):
            return f"/system/app/{package}/base.apk"
        return f"/data/app/{package}-1/base.apk"

    def user_id(self, package: str) -> int:
        """Return the app's Linux user: 1000 for the system, 10000 and up for others."""
        if package in ("android", SYSTEM_UI):
            return 1000
        return 10_050 + list(self._apps).index(package)

    # permissions

    def decided(self, package: str, permission: str) -> bool | None:
        """Return what was decided about a permission, or None where nobody has been asked yet."""
        app = self._apps.get(package)
        if app is None:
            return None
        if permission in app.permissions and permission in _INSTALL_TIME_PERMISSIONS:
            return True
        return self._grants.get(package, {}).get(permission)

    def granted(self, package: str, permission: str) -> bool:
        """Return whether the app holds the permission."""
        return self.decided(package, permission) is True

    def set_granted(self, package: str, permission: str, *, granted: bool) -> None:
        """Decide a permission; the decision outlives a restart."""
        self._grants.setdefault(package, {})[permission] = granted
        self._save()

    def forget_decisions(self, package: str) -> None:
        """Make every permission undecided again, as ``pm clear`` does."""
        if self._grants.pop(package, None) is not None:
            self._save()

    def runtime_permissions(self, package: str) -> tuple[str, ...]:
        """Return the requested permissions that a person is asked about."""
        app = self._apps.get(package)
        names = app.permissions if app else ()
        return tuple(name for name in names if name not in _INSTALL_TIME_PERMISSIONS)

    # installing

    async def install(self, data: bytes, options: InstallOptions | None = None) -> InstalledApp:
        """Install or update an app from its archive and return it. Raises ``InstallRefused``."""
        chosen = options or InstallOptions()
        async with self._lock:
            if not self._files.room_for(len(data)):
                raise InstallRefused("INSTALL_FAILED_INSUFFICIENT_STORAGE", "not enough space")
            archive = await asyncio.to_thread(read_archive, data)
            if isinstance(archive, NativeManifest):
                app = self._native_app(archive)
                self._write_apk(app.package, data)
            else:
                self._refuse(archive.manifest, chosen)
                app = await self._unpack(archive)
            self._apps[app.package] = app
            if chosen.grant_all:
                self._grants[app.package] = dict.fromkeys(app.permissions, True)
            self._save()
        logger.info("app installed", extra={"package": app.package, "version": app.version_name})
        return app

    async def uninstall(self, package: str) -> bool:
        """Remove an app with its grants; return False where no such app can be removed."""
        async with self._lock:
            app = self._apps.get(package)
            if app is None or app.apk is None:
                return False
            del self._apps[package]
            self._grants.pop(package, None)
            self._save()
            self._files.remove(f"/data/app/{package}-1", recursive=True)
            await asyncio.to_thread(shutil.rmtree, self._folder / package, ignore_errors=True)
        logger.info("app uninstalled", extra={"package": package})
        return True

    def _refuse(self, manifest: AppManifest, options: InstallOptions) -> None:
        package = manifest.package
        before = self._apps.get(package)
        if before is not None and before.apk is None:
            raise InstallRefused("INSTALL_FAILED_UPDATE_INCOMPATIBLE", f"{package} is a system app")
        if not (self._takes_any_abi or self.runs(manifest.abis)):
            raise InstallRefused(
                "INSTALL_FAILED_NO_MATCHING_ABIS",
                f"Failed to extract native libraries, res=-113 (app {', '.join(manifest.abis)}; "
                f"device {', '.join(self._abis)})",
            )
        if before is None:
            return
        if not options.replace:
            raise InstallRefused(
                "INSTALL_FAILED_ALREADY_EXISTS",
                f"Attempt to re-install {package} without first uninstalling.",
            )
        if before.signer_sha256 != manifest.signer_sha256:
            raise InstallRefused(
                "INSTALL_FAILED_UPDATE_INCOMPATIBLE",
                f"Package {package} signatures do not match previously installed version; ignoring!",
            )
        if manifest.version_code < before.version_code and not options.downgrade:
            raise InstallRefused(
                "INSTALL_FAILED_VERSION_DOWNGRADE",
                f"Downgrade detected: Update version code {manifest.version_code} "
                f"is older than current {before.version_code}",
            )

    def _native_app(self, native: NativeManifest) -> InstalledApp:
        if native.package not in _BUILT_IN_INPUT_METHODS:
            raise InstallRefused(
                "INSTALL_FAILED_INVALID_APK",
                f"{native.package} is a native Android app; the virtual device runs web apps only "
                "(a zip of a folder with app.json)",
            )
        now = self._now()
        before = self._apps.get(native.package)
        return InstalledApp(
            package=native.package,
            label="ADB Keyboard",
            version_name=native.version_name,
            version_code=native.version_code,
            launcher_activity="",
            pages=(),
            apk=self._files.host_path(f"/data/app/{native.package}-1/base.apk"),
            first_install_time=before.first_install_time if before else now,
            last_update_time=now,
        )

    async def _unpack(self, archive: AppArchive) -> InstalledApp:
        manifest = archive.manifest
        folder = self._folder / manifest.package
        fresh = folder / f"web-{self._next_number(folder)}"
        fresh.mkdir(parents=True)
        try:
            await asyncio.to_thread(archive.unpack, fresh)
            self._write_apk(manifest.package, archive.data)
        except (InstallRefused, OSError) as e:
            shutil.rmtree(fresh, ignore_errors=True)
            if isinstance(e, OSError):
                raise InstallRefused("INSTALL_FAILED_INSUFFICIENT_STORAGE", str(e.strerror)) from e
            raise
        before = self._apps.get(manifest.package)
        if before is not None and before.root is not None:
            shutil.rmtree(before.root, ignore_errors=True)
        now = self._now()
        return InstalledApp(
            package=manifest.package,
            label=manifest.label,
            version_name=manifest.version_name,
            version_code=manifest.version_code,
            launcher_activity=manifest.launcher_activity,
            pages=manifest.pages,
            permissions=manifest.permissions,
            apk=self._files.host_path(f"/data/app/{manifest.package}-1/base.apk"),
            root=fresh,
            abis=manifest.abis,
            signer_sha256=manifest.signer_sha256,
            first_install_time=before.first_install_time if before else now,
            last_update_time=now,
        )

    def _write_apk(self, package: str, data: bytes) -> None:
        self._files.mkdir(f"/data/app/{package}-1", parents=True)
        self._files.write(f"/data/app/{package}-1/base.apk", data)

    @staticmethod
    def _next_number(folder: Path) -> int:
        numbers = [int(old.name[4:]) for old in folder.glob("web-*") if old.name[4:].isdigit()]
        return max(numbers, default=0) + 1

    # the record on disk

    def _load(self) -> None:
        if not self._record.exists():
            return
        record = json.loads(self._record.read_text(encoding="utf-8"))
        self._grants = record["grants"]
        for entry in record["apps"]:
            app = self._read_app(entry)
            if app.apk is not None and app.apk.exists():
                self._apps[app.package] = app

    def _read_app(self, entry: Mapping[str, object]) -> InstalledApp:
        fields = dict(entry)
        package, root = str(fields["package"]), fields.pop("root")
        for name in ("permissions", "abis", "pages"):
            listed = fields[name]
            items = listed if isinstance(listed, list) else []
            fields[name] = tuple(tuple(item) if isinstance(item, list) else item for item in items)
        return InstalledApp(
            **fields,  # type: ignore[arg-type]  # written by _save, field by field
            apk=self._files.host_path(f"/data/app/{package}-1/base.apk"),
            root=self._folder / package / root if isinstance(root, str) else None,
        )

    def _save(self) -> None:
        apps = []
        for app in self._apps.values():
            if app.apk is None:
                continue
            fields = asdict(app)
            del fields["apk"]
            fields["root"] = app.root.name if app.root else None
            apps.append(fields)
        record = {"format": 1, "apps": apps, "grants": self._grants}
        fresh = self._record.with_suffix(".new")
        fresh.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8", newline="\n")
        os.replace(fresh, self._record)
