"""Runs Airtest's matchers over stored screens; ``benchmarks.pictures`` calls it with the Python of Airtest's own venv.

``python icon_peer.py FOLDER``: ``FOLDER/jobs.json`` lists screens with the templates to look for. Prints one JSON
object: for each matcher a list of ``[job, confidence, x, y, milliseconds]``, confidence 0 where nothing was found.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import cv2

WIDTH, HEIGHT = 1080, 2400


def main() -> None:
    """Read the jobs, match, print."""
    logging.disable(logging.CRITICAL)
    methods: dict[str, Any] = importlib.import_module("airtest.core.cv").MATCHING_METHODS
    wished: list[str] = importlib.import_module("airtest.core.settings").Settings.CVSTRATEGY

    folder = Path(sys.argv[1])
    jobs = json.loads((folder / "jobs.json").read_text("utf-8"))
    strategy = [name for name in wished if name in methods]
    names = ["tpl", "mstpl", "sift"]
    found: dict[str, list[list[Any]]] = {name: [] for name in (*names, "default")}
    for number, job in enumerate(jobs):
        screen = cv2.imread(str(folder / job["screen"]))
        template = cv2.imread(str(folder / job["template"]))
        for name in names:
            found[name].append([number, *_matched(methods[name], template, screen)])
        began_s = time.perf_counter()
        best: list[Any] = [0.0, 0, 0, 0.0]
        for name in strategy:
            best = _matched(methods[name], template, screen)
            if best[0] > 0:
                break
        best[3] = (time.perf_counter() - began_s) * 1000
        found["default"].append([number, *best])
    print(json.dumps({"strategy": strategy, "found": found}))


def _matched(method: Any, template: Any, screen: Any) -> list[Any]:
    """Return confidence, centre and milliseconds; Airtest's own threshold and colour setting."""
    began_s = time.perf_counter()
    result = None
    try:
        if "MultiScale" in method.__name__:
            result = method(template, screen, 0.7, False, None, (WIDTH, HEIGHT)).find_best_result()
        else:
            result = method(template, screen, 0.7, False).find_best_result()
    except Exception:  # noqa: BLE001  (a matcher that fails on a picture has found nothing there)
        result = None
    taken_ms = (time.perf_counter() - began_s) * 1000
    if not result:
        return [0.0, 0, 0, taken_ms]
    return [float(result["confidence"]), *map(int, result["result"]), taken_ms]


if __name__ == "__main__":
    main()
