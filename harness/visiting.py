"""What a row of the filed list needs before it can be walked: a way in, and an account with a flow. Reads files."""

from __future__ import annotations

import os
from pathlib import Path

from harness.accounts import account_of
from harness.device.android import AndroidDevice
from harness.discretion import Discretion
from harness.entry import is_web_address
from harness.errors import ActionRefused, BadInput
from harness.explore import Scope
from harness.login import load_flow
from harness.messages import text
from harness.model import EntryKind, FiledApp
from harness.tour import End, Login, Tour, Visit
from harness.walk import Walker


def refuse_unwalkable(app: FiledApp) -> None:
    """Raise ``BadInput`` for a part of another app without a way into it: walking the host would accuse the host."""
    wants = {EntryKind.APP: True, EntryKind.MINI_PROGRAM: bool(app.entry), EntryKind.H5: is_web_address(app.entry)}
    if wants[app.entry_kind]:
        return
    raise BadInput(
        source="filed list",
        place=f"row {app.row}, {app.package}",
        problem=f"{app.entry_kind} without an entry, nothing was looked at",
        mend="write the name it has in its host, its link, or the page's http address in the column 入口",
    )


def login_of(app: FiledApp, flows: Path | None) -> Login | None:
    """Return how to log in, ``None`` where the filed list refers to no account. Raises ``BadInput``."""
    account = account_of(app.account, os.environ)
    if account is None:
        return None
    flow = load_flow(flows, app.package)
    if flow is None:
        raise BadInput(
            source="filed list",
            place=f"row {app.row}, {app.package}",
            problem="an account, and no flow that logs in with it",
            mend=f"write {(flows or Path('scenarios/flows')) / f'{app.package}.py'}",
        )
    return Login(flow=flow, discretion=Discretion(account))


def enter(walker: Walker, app: FiledApp, device: AndroidDevice) -> None:
    """Go the way into a part of another app: only what comes after it is judged. Raises ``ActionRefused``."""
    entered = Tour(walker, Scope(package=app.package), (), device.clock, Visit(app=app)).enter("start", first=True)
    if isinstance(entered, End):
        raise ActionRefused(text(entered.stopped_by), serial=device.serial)
