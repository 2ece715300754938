"""Device file names on hosts that allow fewer characters; pure, and reversible for every name."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(r'[<>:"\\|?*%\x00-\x1f\x7f\udc80-\udcff]')
_ESCAPED = re.compile(r"%([0-9A-F]{2})")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_SURROGATES = 0xDC00  # where Python's surrogateescape keeps bytes that are not UTF-8


def host_name(name: str) -> str:
    """Return a name that Windows, macOS and Linux accept; plain names (Chinese too) stay as they are."""
    escaped = _FORBIDDEN.sub(lambda match: _escape(match[0]), name)
    if _RESERVED.fullmatch(escaped):
        escaped = _escape(escaped[0]) + escaped[1:]
    if escaped.endswith((".", " ")):
        escaped = escaped[:-1] + _escape(escaped[-1])
    return escaped


def device_name(name: str) -> str:
    """Return the device's name for what ``host_name`` gave."""
    return _ESCAPED.sub(lambda match: _unescape(int(match[1], 16)), name)


def _escape(char: str) -> str:
    code = ord(char)
    return f"%{code - _SURROGATES if code >= _SURROGATES else code:02X}"


def _unescape(code: int) -> str:
    return chr(code + _SURROGATES if code >= 0x80 else code)
