"""The uiautomator2 server on Android before 5: Dalvik loads the first dex of a jar only, and u2.jar holds several.

Measured on Android 4.4.2: given a jar of its own for each dex, the server runs as elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile

import uiautomator2
from uiautomator2.core import MockAdbProcess
from uiautomator2.utils import with_package_resource

LAST_SDK = 20
_FOLDER = "/data/local/tmp"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same bytes every time, so that what lies there is known again


@functools.cache
def one_dex_jars() -> tuple[bytes, ...]:
    """Return a jar for each dex of the client's u2.jar, in order."""
    with with_package_resource("assets/u2.jar") as path, zipfile.ZipFile(path) as whole:
        names = sorted((name for name in whole.namelist() if name.endswith(".dex")), key=lambda name: (len(name), name))
        return tuple(_jar(whole.read(name)) for name in names)


def _jar(dex: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr(zipfile.ZipInfo("classes.dex", _LONG_AGO), dex, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class DalvikDevice(uiautomator2.Device):  # type: ignore[misc]  # uiautomator2 is untyped
    """The client's device with a server that Dalvik can load; all else is the client's."""

    def start_uiautomator(self) -> None:
        """Start the server unless one answers. Raises what the client raises."""
        with self._lock:
            paths = self._put_jars()
            if not self._check_alive():
                line = f"CLASSPATH={':'.join(paths)} app_process / com.wetest.uia2.Main -p {self._device_server_port}"
                self._process = MockAdbProcess(self._dev.shell(line, stream=True))
                self._wait_ready()

    def _put_jars(self) -> list[str]:
        there = self._dev.shell(f"md5 {_FOLDER}/harness-u2-*.jar")
        paths = []
        for number, jar in enumerate(one_dex_jars(), 1):
            path = f"{_FOLDER}/harness-u2-{number}.jar"
            paths.append(path)
            if hashlib.md5(jar, usedforsecurity=False).hexdigest() not in there:
                self._dev.sync.push(io.BytesIO(jar), path, check=True)
        return paths
