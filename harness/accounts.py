"""Test accounts by reference: a filed list names where an account is kept, never the account itself.

``env:HALL`` is in HARNESS_ACCOUNT_HALL_USER and HARNESS_ACCOUNT_HALL_PASSWORD, ``keyring:SERVICE/USER`` in the system's
keyring. Anything else in the column is a note for people, such as 已登录.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import BadInput

USER, PASSWORD = "user", "password"
_ENV = re.compile(r"env:([A-Za-z0-9_]+)")
_KEYRING = re.compile(r"keyring:([^/]+)/(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who logs in. Neither text is part of its repr; ``SecretTyping`` types them and nothing records them."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def text(self, what: str) -> str:
        """Return the user or the password. Raises ``KeyError`` for anything else."""
        return {USER: self.user, PASSWORD: self.password}[what]


def account_of(reference: str, environ: Mapping[str, str]) -> Account | None:
    """Return the account that a cell of the filed list refers to, ``None`` for a note.

    Raises ``BadInput`` where the reference leads nowhere: a walk that could not log in would only look like one.
    """
    if named := _ENV.fullmatch(reference):
        return _from_environment(reference, named[1].upper(), environ)
    if named := _KEYRING.fullmatch(reference):
        return _from_keyring(reference, named[1], named[2])
    if reference.startswith(("env:", "keyring:")):
        raise _nowhere(reference, "is not env:NAME or keyring:SERVICE/USER", "correct the column 测试账号")
    return None


def _from_environment(reference: str, name: str, environ: Mapping[str, str]) -> Account:
    variables = {what: f"HARNESS_ACCOUNT_{name}_{what.upper()}" for what in (USER, PASSWORD)}
    missing = [variable for variable in variables.values() if not environ.get(variable)]
    if missing:
        raise _nowhere(reference, f"{' and '.join(missing)} not set", "set them in the environment of this run")
    return Account(user=environ[variables[USER]], password=environ[variables[PASSWORD]])


def _from_keyring(reference: str, service: str, user: str) -> Account:
    import keyring
    import keyring.errors

    try:
        password = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise _nowhere(reference, f"the keyring does not answer: {error}", "unlock it, or use env:NAME") from error
    if not password:
        raise _nowhere(reference, "no such entry in the keyring", f"keyring set {service} {user}")
    return Account(user=user, password=password)


def _nowhere(reference: str, problem: str, mend: str) -> BadInput:
    return BadInput(source="filed list", place=f"测试账号 {reference}", problem=problem, mend=mend)
