"""Logs in to the made-up 掌上办公厅; the account comes from the filed list's reference and is never seen here."""

from __future__ import annotations

from collections.abc import Generator

from harness.login import field, press
from harness.model import Action, Observation, TypeSecret


def log_in(observation: Observation) -> Generator[Action, Observation, None]:
    """Yield the way through the log-in page."""
    observation = yield field(observation, "手机号")
    observation = yield TypeSecret(what="user")
    observation = yield field(observation, "密码")
    observation = yield TypeSecret(what="password")
    yield press(observation, "登录")
