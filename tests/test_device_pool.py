"""Exclusive leases on devices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.device.pool import lease
from harness.errors import DeviceUnreachable


def test_two_leases_at_once_are_of_two_devices(tmp_path: Path) -> None:
    with (
        lease(("a:1", "b:2"), wait_s=0, folder=tmp_path) as first,
        lease(("a:1", "b:2"), wait_s=0, folder=tmp_path) as second,
    ):
        assert {first, second} == {"a:1", "b:2"}


def test_a_taken_device_is_an_error_that_names_it(tmp_path: Path) -> None:
    with (
        lease(("a:1",), wait_s=0, folder=tmp_path),
        pytest.raises(DeviceUnreachable, match="another process holds a:1"),
        lease(("a:1",), wait_s=0.05, folder=tmp_path),
    ):
        pytest.fail("the same device was leased twice")


def test_no_device_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnreachable, match="harness virtual up"), lease((), wait_s=0, folder=tmp_path):
        pytest.fail("a lease on nothing")


def test_the_lease_of_a_dead_process_is_free(tmp_path: Path) -> None:
    program = (
        "import sys, os\nfrom pathlib import Path\nfrom harness.device.pool import lease\n"
        f"held = lease(('a:1',), wait_s=0, folder=Path({str(tmp_path)!r})); held.__enter__()\nos._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    with lease(("a:1",), wait_s=0, folder=tmp_path) as serial:
        assert serial == "a:1"
