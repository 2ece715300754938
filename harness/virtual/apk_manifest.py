"""Reads package name and version from a real APK's binary AndroidManifest.xml; pure.

The virtual device runs web apps only. It reads this much of an Android app so that it can say which app it
refuses, and recognise the input method that the uiautomator2 client brings along.
Format: Android's ResourceTypes.h (chunks of type, header size, size; UTF-8 or UTF-16 string pool).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_STRING_POOL = 0x0001
_XML = 0x0003
_START_ELEMENT = 0x0102
_UTF8_FLAG = 0x100
_TYPE_STRING = 0x03
_TYPE_INT_DEC = 0x10
_NONE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeManifest:
    """What the ``manifest`` element of an Android app says."""

    package: str
    version_name: str = ""
    version_code: int = 0


def read_native_manifest(data: bytes) -> NativeManifest:
    """Return the app's name and version. Raises ``ValueError`` for bytes that are no such file."""
    try:
        return _read(data)
    except (struct.error, IndexError, UnicodeDecodeError) as e:
        raise ValueError(f"AndroidManifest.xml cannot be read ({e})") from e


def _read(data: bytes) -> NativeManifest:
    kind, header_size, _ = struct.unpack_from("<HHI", data, 0)
    if kind != _XML:
        raise ValueError("AndroidManifest.xml is not binary XML")
    strings: list[str] = []
    at = header_size
    while at + 8 <= len(data):
        kind, _, size = struct.unpack_from("<HHI", data, at)
        if size < 8:
            break
        if kind == _STRING_POOL:
            strings = _strings(data, at)
        elif kind == _START_ELEMENT:
            values = _attributes(data, at, strings)
            if "package" in values:
                return NativeManifest(
                    package=str(values["package"]),
                    version_name=str(values.get("versionName", "")),
                    version_code=_whole(values.get("versionCode")),
                )
        at += size
    raise ValueError("AndroidManifest.xml names no package")


def _whole(value: str | int | None) -> int:
    return value if isinstance(value, int) else 0


def _strings(data: bytes, at: int) -> list[str]:
    count, _, flags, start = struct.unpack_from("<IIII", data, at + 8)
    offsets = struct.unpack_from(f"<{count}I", data, at + 28)
    read = _utf8 if flags & _UTF8_FLAG else _utf16
    return [read(data, at + start + offset) for offset in offsets]


def _utf8(data: bytes, at: int) -> str:
    at += 2 if data[at] & 0x80 else 1  # length in characters, not needed
    length = data[at]
    at += 1
    if length & 0x80:
        length = (length & 0x7F) << 8 | data[at]
        at += 1
    return data[at : at + length].decode("utf-8", "replace")


def _utf16(data: bytes, at: int) -> str:
    (length,) = struct.unpack_from("<H", data, at)
    at += 2
    if length & 0x8000:
        length = (length & 0x7FFF) << 16 | struct.unpack_from("<H", data, at)[0]
        at += 2
    return data[at : at + 2 * length].decode("utf-16-le", "replace")


def _attributes(data: bytes, at: int, strings: list[str]) -> dict[str, str | int]:
    start, size, count = struct.unpack_from("<HHH", data, at + 24)
    values: dict[str, str | int] = {}
    for number in range(count):
        _, name, raw, _, _, kind, value = struct.unpack_from("<IIIHBBI", data, at + 16 + start + number * size)
        if kind == _TYPE_STRING or raw != _NONE:
            values[strings[name]] = strings[raw if raw != _NONE else value]
        elif kind >= _TYPE_INT_DEC:
            values[strings[name]] = value
    return values
