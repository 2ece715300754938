"""``harness doctor --fix``: makes the settings of devices that are safe, each recorded on its device."""

from __future__ import annotations

from collections.abc import Sequence

from harness.clock import Clock
from harness.device import pool, wire
from harness.device.changes import put_setting
from harness.doctor.checkup import Checkup, Fix
from harness.doctor.device import SAFE
from harness.errors import DeviceError


def fix(checkups: Sequence[Checkup], adb: tuple[str, int], clock: Clock) -> tuple[Fix, ...]:
    """Make what mends the checkups of devices, as far as it is safe; return each setting, made or not."""
    done = []
    for checkup in checkups:
        serial = dict(checkup.data).get("serial", "")

        def shell(command: str, serial: str = serial) -> str:
            return wire.shell(adb, serial, command)

        for setting in SAFE.get(checkup.reason, ()):
            before: str | None = ""
            problem = ""
            try:
                with pool.lease([serial], wait_s=0.0):
                    before = put_setting(shell, serial, setting, clock.wall())
            except DeviceError as error:
                problem = str(error)
            if before is not None:
                what = f"{setting.table}/{setting.name}"
                done.append(Fix(serial=serial, setting=what, before=before, now=setting.value, problem=problem))
    return tuple(done)
