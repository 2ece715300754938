"""Looks at the key that bundles are signed with; nothing is signed, and no time-stamping authority is asked."""

from __future__ import annotations

from collections.abc import Mapping

from harness import machine
from harness.doctor.checkup import Checkup, Status, checkup
from harness.errors import BadInput
from harness.evidence.keys import fingerprint, grouped
from harness.evidence.signers import signer_at


def look_at_key(environ: Mapping[str, str], on: machine.System) -> Checkup:
    """Return whether bundles will be signed, and by which key. A key that is set and cannot be used stops every run."""
    given = environ.get("HARNESS_SIGN_KEY", "").strip()
    if not given:
        # PowerShell hands a ~ on as it is.
        place = r'"$HOME\harness-keys\signer.pem"' if on is machine.System.WINDOWS else "~/harness-keys/signer.pem"
        return checkup("key", Status.WARN, "none", {}, f"harness keys new {place}")
    try:
        signer = signer_at(given)
    except BadInput as error:
        return checkup("key", Status.FAIL, "unusable", {"path": given, "problem": error.problem}, error.mend)
    data = {"path": given, "fingerprint": grouped(fingerprint(signer.public_pem))}
    return checkup("key", Status.OK, "usable", data)
