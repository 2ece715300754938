"""What the adb command line asks of a device, and what shows that it holds."""

from __future__ import annotations

import io

from PIL import Image

from benchmarks.conformance_bench import PACKAGE, Bench, Check, becomes, same, true
from harness.virtual.adb_host import AdbHost
from harness.virtual.app_archive import pack_app


def _shell(b: Bench) -> None:
    same(b.run("shell", "echo out; echo err >&2; exit 7", code=7).replace(b"\r", b""), b"out\nerr\n")


def _plain_shell(b: Bench) -> None:
    same(b.run("shell", "-x", "echo 中").replace(b"\r", b"").decode(), "中\n")


def _shell_stdin(b: Bench) -> None:
    same(b.run("shell", "cat", stdin=b"a\n\xe4\xb8\xad"), b"a\n\xe4\xb8\xad")


def _screencap(b: Bench) -> None:
    with Image.open(io.BytesIO(b.run("exec-out", "screencap -p"))) as picture:
        same(picture.size, tuple(b.d.window_size()))


def _installing(b: Bench, *options: str) -> None:
    packed = b.folder / "cli.apk"
    packed.write_bytes(pack_app(b.app))
    true(b"Success" in b.run("uninstall", PACKAGE), "uninstall")
    true(b"Success" in b.run("install", *options, str(packed)), "install")
    true(PACKAGE in b.handle.packages(), "installed")


def _install(b: Bench) -> None:
    _installing(b)


def _install_pushed(b: Bench) -> None:
    _installing(b, "--no-streaming")


def _files(b: Bench) -> None:
    content = bytes(range(256)) * 999
    (b.folder / "sent").write_bytes(content)
    b.run("push", str(b.folder / "sent"), "/sdcard/cli.bin")
    b.run("pull", "/sdcard/cli.bin", str(b.folder / "back"))
    same((b.folder / "back").read_bytes() == content, True)
    true(b"cli.bin" in b.run("ls", "/sdcard"), "ls")


def _logcat(b: Bench) -> None:
    b.run("shell", "log -t conforms 一致")
    true("一致" in b.run("logcat", "-d").decode(), "logged")
    b.run("logcat", "-c")


def _reverse(b: Bench) -> None:
    b.run("reverse", "tcp:16100", "tcp:16101")
    true(b"tcp:16100" in b.run("reverse", "--list"), "listed")
    b.run("reverse", "--remove-all")


def _forward(b: Bench) -> None:
    port = b.run("forward", "tcp:0", "tcp:9008").strip()
    true(port in b.run("forward", "--list"), "listed")
    b.run("forward", "--remove", f"tcp:{port.decode()}")


def _root(b: Bench) -> None:
    host = AdbHost(host=b.adb[0], port=b.adb[1])
    true(b"restarting adbd as root" in b.run("root"), "root")
    host.connect(b.serial)
    same(b.run("shell", "id -u").strip(), b"0")
    b.run("unroot")
    host.connect(b.serial)
    same(b.run("shell", "id -u").strip(), b"2000")


def _states(b: Bench) -> None:
    same(b.run("get-state").strip(), b"device")
    same(b.run("get-serialno").strip().decode(), b.serial)
    b.run("wait-for-device")
    true(b"model:" in b.run("devices", "-l"), "described")


def _reconnect(b: Bench) -> None:
    b.run("reconnect", "device")
    host = AdbHost(host=b.adb[0], port=b.adb[1])
    host.connect(b.serial)
    becomes(lambda: host.states().get(b.serial), "device")


def _connect(b: Bench) -> None:
    true(b"disconnected" in b.run("disconnect", b.serial), "disconnect")
    true(b"connected to" in b.run("connect", b.serial), "connect")


def _features(b: Bench) -> None:
    true(b"shell_v2" in b.run("features"), "shell_v2")


def _framebuffer(b: Bench) -> None:
    same(b.d.adb_device.framebuffer().size, tuple(b.d.window_size()))


def _remount(b: Bench) -> None:
    true(b"root" in b.run("remount", code=0), "asks for root")


ADB_CHECKS: tuple[Check, ...] = (
    Check(name="adb shell: output, errors, exit status", holds=_shell),
    Check(name="adb shell -x", holds=_plain_shell),
    Check(name="adb shell with input", holds=_shell_stdin),
    Check(name="adb exec-out screencap -p", holds=_screencap),
    Check(name="adb install, adb uninstall", holds=_install),
    Check(name="adb install --no-streaming", holds=_install_pushed),
    Check(name="adb push, pull, ls", holds=_files),
    Check(name="adb logcat", holds=_logcat),
    Check(name="adb reverse", holds=_reverse),
    Check(name="adb forward", holds=_forward),
    Check(name="adb root, unroot", holds=_root),
    Check(name="adb get-state, get-serialno, wait-for-device, devices -l", holds=_states),
    Check(name="adb reconnect device", holds=_reconnect),
    Check(name="adb disconnect, connect", holds=_connect),
    Check(name="adb features", holds=_features),
    Check(name="framebuffer:", holds=_framebuffer),
    Check(name="adb remount", holds=_remount),
)
