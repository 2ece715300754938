"""Tests that attach stored screens to pytest-html or Allure, or to nothing; ``benchmarks.evidence`` runs them.

Run by the Python of the peers' own venv: ``python -m pytest evidence_peer.py``, with ``EVIDENCE_SHOTS`` naming a folder
of pictures and ``EVIDENCE_PEER`` one of ``none``, ``html``, ``allure``. Each test stands for one finding.
"""

from __future__ import annotations

import base64
import importlib
import os
from pathlib import Path
from typing import Any

import pytest

_PER_TEST = 20
_SHOTS = sorted(Path(os.environ.get("EVIDENCE_SHOTS", ".")).glob("*.png"))
_PEER = os.environ.get("EVIDENCE_PEER", "none")


@pytest.mark.parametrize("at", range(0, len(_SHOTS), _PER_TEST))
def test_finding(at: int, request: pytest.FixtureRequest) -> None:
    """Attach the pictures of one finding, read from the disk as both peers need them."""
    attach = _attacher(request)
    for shot in _SHOTS[at : at + _PER_TEST]:
        attach(shot)


def _attacher(request: pytest.FixtureRequest) -> Any:
    if _PEER == "html":
        extras = importlib.import_module("pytest_html.extras")
        kept: list[Any] = request.getfixturevalue("extras")
        return lambda shot: kept.append(extras.png(base64.b64encode(shot.read_bytes()).decode("ascii"), name=shot.name))
    if _PEER == "allure":
        allure = importlib.import_module("allure")
        return lambda shot: allure.attach.file(str(shot), name=shot.name, attachment_type=allure.attachment_type.PNG)
    return lambda shot: shot.read_bytes()
