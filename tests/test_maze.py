"""The mazes of the benchmark: sized as told, the same for a seed, everything planted in reach, the way there safe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.maze import Maze, make_maze
from harness import safety
from harness.virtual.app_archive import pack_app

SEEDS = range(8)


def entries(maze: Maze) -> list[dict[str, str]]:
    """Return everything that can be pressed in a maze."""
    spots = [tab for page in maze.data["screens"].values() for tab in page.get("tabs", [page])]
    parts = [part for spot in spots for part in spot["parts"]]
    return [item for part in parts for item in part.get("items", [part])]


def test_a_seed_gives_the_same_maze_every_time_and_another_seed_another() -> None:
    assert make_maze(3) == make_maze(3)
    assert make_maze(3).data != make_maze(4).data


@pytest.mark.parametrize("seed", SEEDS)
def test_a_maze_has_60_to_150_screens_and_its_features_lie_three_to_six_taps_deep(seed: int) -> None:
    maze = make_maze(seed)
    assert 61 <= len(maze.screens) <= 151  # one of them only freezes
    assert len(set(maze.screens)) == len(maze.screens)
    first = maze.data["screens"]["home"]["tabs"][0]["label"]
    taps = [len(feature.way) - (feature.way[0] == first) for feature in maze.features]
    assert sorted(set(taps)) == [3, 4, 5, 6]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_entry_leads_somewhere_that_is_counted(seed: int) -> None:
    maze = make_maze(seed)
    pages = maze.data["screens"]
    led_to = {item.get("to") or item.get("over") for item in entries(maze)} - {None}
    assert led_to
    assert led_to <= pages.keys()
    unreached = pages.keys() - led_to - {"home"} - {tab.get("drawer") for tab in pages["home"]["tabs"]}
    assert unreached == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_leads_on_may_be_pressed_and_what_is_planted_as_danger_may_not(seed: int) -> None:
    maze = make_maze(seed)
    safe = {item["label"] for item in entries(maze) if "to" in item and "label" in item}
    assert safe
    assert {label for label in safe if safety.danger([label])} == set()
    assert maze.dangers
    assert {label for _, label in maze.dangers if not safety.danger([label])} == set()


def test_a_written_maze_is_an_app_that_the_device_takes_and_its_truth_stays_out_of_it(tmp_path: Path) -> None:
    maze = make_maze(1)
    folder = maze.write(tmp_path)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["screens"] == list(maze.screens)
    assert b"truth.json" not in pack_app(folder)
