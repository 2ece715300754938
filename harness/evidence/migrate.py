"""Brings what an older version wrote to today's form: one function for each step, none ever removed. Pure.

A bundle's bytes are never changed: its digests, its chain and its signature are over what was written. What is brought
up is what was read from them, one part at a time, before it becomes a value of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.errors import BundleError
from harness.evidence import layout
from harness.evidence.codec import FORMAT, Json

Part = dict[str, Json]
Step = Callable[[str, Part], Part]


def _from_1(member: str, part: Part) -> Part:
    """2: who ran it, which start of the host, whether probes were filmed; where the signer's digest is from.

    New kinds of lines and files came too (``recording``, ``ro-crate-metadata.json``): older bundles have none.
    """
    if member == layout.RUN:
        return {**part, "operator": "", "boot_id": "", "filmed": False}
    if member == layout.SUBJECT:
        identity = part.get("identity")
        if isinstance(identity, dict):  # in this format nobody but the device told it
            scheme = "device" if identity.get("signer_sha256") else ""
            return {**part, "identity": {**identity, "signer_scheme": scheme}}
    return part


STEPS: Mapping[int, Step] = {1: _from_1}


def migrated(member: str, value: Json, stored: int) -> Json:
    """Return a part of a bundle of the format ``stored`` in today's form; what is no part at all is returned as it is.

    ``member`` says which part it is, for a line of a log the log. Raises ``BundleError`` for a format that is unknown.
    """
    if not min(STEPS) <= stored <= FORMAT:
        raise BundleError(f"{member}: format {stored} is not one of {min(STEPS)} to {FORMAT}")
    if not isinstance(value, dict):
        return value
    for number in range(stored, FORMAT):
        value = STEPS[number](member, value)
    return {**value, "format": FORMAT} if "format" in value else value
