"""The device's filesystem on a host folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.virtual.file_names import device_name, host_name
from harness.virtual.files import DeviceFiles


@pytest.fixture
def files(tmp_path: Path) -> DeviceFiles:
    return DeviceFiles(tmp_path / "device", now=lambda: 1_700_000_000.5)


def test_what_was_written_is_read_back_with_mode_and_device_time(files: DeviceFiles) -> None:
    files.write("/data/local/tmp/签到.txt", "内容".encode())
    files.append("/data/local/tmp/签到.txt", b"!")
    found = files.stat("/data/local/tmp/签到.txt")
    assert files.read("/data/local/tmp/签到.txt") == "内容!".encode()
    assert (found.mode, found.size, found.mtime) == (stat.S_IFREG | 0o644, 7, 1_700_000_000)
    assert "签到.txt" in files.listdir("/data/local/tmp")


def test_the_shared_storage_has_one_content_under_all_its_names(files: DeviceFiles) -> None:
    files.write("/storage/emulated/0/Download/a", b"1")
    assert files.read("/sdcard/Download/a") == b"1"
    assert files.real_path("/mnt/sdcard/Download/../Download/./a") == "/sdcard/Download/a"
    assert files.stat("/storage/emulated/0", follow=False).is_link
    assert files.is_dir("/storage/emulated/0")
    assert "0" in files.listdir("/storage/emulated")


def test_no_path_leaves_the_root(files: DeviceFiles, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("host", "ascii")
    root = files.host_path("/")
    for path in ("/../../outside", "/sdcard/../../../outside", "../outside", "/data/..\\..\\outside"):
        assert files.host_path(path).is_relative_to(root)
        assert not files.exists(path)
    files.symlink("/sdcard/link", "../../../../outside")
    assert files.host_path("/sdcard/link").is_relative_to(root)
    with pytest.raises(FileNotFoundError):
        files.read("/sdcard/link")


def test_links_that_point_at_each_other_end_in_an_error(files: DeviceFiles) -> None:
    files.symlink("/sdcard/a", "/sdcard/b")
    files.symlink("/sdcard/b", "/sdcard/a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        files.read("/sdcard/a")
    assert caught.value.errno == errno.ELOOP
    assert not files.exists("/sdcard/a")
    files.remove("/sdcard/a")
    assert "a" not in files.listdir("/sdcard")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/sdcard/absent/x", errno.ENOENT),
        ("/system/app/x", errno.EROFS),
        ("/x", errno.EROFS),
        ("/sdcard/Download", errno.EISDIR),
        ("/sdcard/" + "长" * 86, errno.ENAMETOOLONG),
        ("/sdcard/a\0b", errno.EINVAL),
    ],
)
def test_a_write_that_cannot_be_gives_the_kernels_error(files: DeviceFiles, path: str, code: int) -> None:
    with pytest.raises(OSError, match=f"Errno {code}") as caught:
        files.write(path, b"")
    assert (caught.value.errno, caught.value.filename) == (code, path)


def test_reading_what_is_not_there_names_the_device_path_and_not_the_hosts(files: DeviceFiles) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        files.read("/sdcard/absent")
    assert str(caught.value) == f"[Errno {errno.ENOENT}] {os.strerror(errno.ENOENT)}: '/sdcard/absent'"


def test_modes_times_and_links_survive_a_restart(tmp_path: Path) -> None:
    first = DeviceFiles(tmp_path, now=lambda: 5)
    first.write("/data/local/tmp/tool", b"x")
    first.set_mode("/data/local/tmp/tool", 0o755)
    first.set_mtime("/data/local/tmp/tool", 1234.9)
    first.symlink("/data/local/tmp/link", "tool")
    first.write("/data/local/tmp/gone", b"")
    first.remove("/data/local/tmp/gone")
    with (tmp_path / "files.jsonl").open("a", encoding="ascii") as journal:
        journal.write('["/data/local/tmp/half')  # killed while writing
    second = DeviceFiles(tmp_path, now=lambda: 9)
    found = second.stat("/data/local/tmp/link")
    assert (stat.S_IMODE(found.mode), found.mtime) == (0o755, 1234)
    assert second.listdir("/data/local/tmp") == ("link", "tool")


def test_folders_are_made_moved_and_removed_with_what_is_in_them(files: DeviceFiles) -> None:
    files.mkdir("/sdcard/a/b", parents=True)
    files.mkdir("/sdcard/a/b", parents=True)
    files.write("/sdcard/a/b/c", b"1")
    files.symlink("/sdcard/a/l", "b/c")
    files.set_mode("/sdcard/a/b/c", 0o600)
    with pytest.raises(FileExistsError):
        files.mkdir("/sdcard/a")
    with pytest.raises(IsADirectoryError):
        files.remove("/sdcard/a")
    with pytest.raises(OSError, match=os.strerror(errno.ENOTEMPTY)):
        files.rmdir("/sdcard/a")
    files.rename("/sdcard/a", "/sdcard/z")
    assert files.read("/sdcard/z/l") == b"1"
    assert stat.S_IMODE(files.stat("/sdcard/z/b/c").mode) == 0o600
    files.remove("/sdcard/z", recursive=True)
    assert not files.exists("/sdcard/z")
    assert not files.exists("/sdcard/a")


def test_a_file_that_arrives_in_parts_appears_whole_or_not_at_all(files: DeviceFiles) -> None:
    with files.scratch_file() as file:
        file.write(b"ab")
        assert not files.exists("/sdcard/x")
        files.adopt(file, "/sdcard/x", mode=0o100640, mtime=77)
    with files.scratch_file() as file:
        file.write(b"half")
    found = files.stat("/sdcard/x")
    assert (files.read("/sdcard/x"), stat.S_IMODE(found.mode), found.mtime) == (b"ab", 0o640, 77)


def test_the_null_device_takes_everything_and_gives_nothing(files: DeviceFiles) -> None:
    files.write("/dev/null", b"x")
    files.append("/dev/null", b"x")
    assert files.read("/dev/null") == b""


def test_a_device_that_is_full_says_so(files: DeviceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.virtual.files.MAX_TOTAL_BYTES", 10)
    files.write("/sdcard/a", b"12345678")
    files.write("/sdcard/a", b"123456789")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        files.write("/sdcard/b", b"12")
    files.remove("/sdcard/a")
    files.write("/sdcard/b", b"12")


_NAMES = st.binary(min_size=1, max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(_NAMES.filter(lambda name: "/" not in name and "\0" not in name and name not in (".", "..")))
def test_every_device_name_has_a_host_name_that_gives_it_back(name: str) -> None:
    assert device_name(host_name(name)) == name
    assert not set(host_name(name)) & set('<>:"\\|?*')
    assert not host_name(name).endswith((".", " "))


@pytest.mark.parametrize("name", ["CON", "nul.txt", "com1", "LPT9.log"])
def test_names_that_windows_reserves_are_escaped(name: str) -> None:
    assert host_name(name).casefold() != name.casefold()
    assert device_name(host_name(name)) == name


def test_plain_names_stay_readable_on_the_host() -> None:
    assert host_name("学习强国 截图-1.png") == "学习强国 截图-1.png"
