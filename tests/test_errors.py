"""What every exception of the harness promises."""

from __future__ import annotations

import pickle

import pytest

from harness import errors

ONE_OF_EACH = (
    errors.BadInput(source="a.csv", place="line 3", problem="no package", mend="write one"),
    errors.EngineUnavailable(engine="tesseract", problem="no chi_sim", mend="install it"),
    errors.DeviceUnreachable("gone", serial="emulator-5554"),
    errors.DeviceTimeout("no answer", serial="emulator-5554", timeout_s=3.0),
    errors.InstallRefused("not signed", serial="emulator-5554", reason="install-unsigned"),
    errors.FlowLost("no such word"),
    errors.BundleError("no member"),
)


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_in_another_process(error: errors.HarnessError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))
