"""Reads labelled real screens and compares which functions are shown there with what the rules see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import session
from harness.model import Observation, Outcome, Verdict
from harness.rules import ALL_RULES, rule_by_id
from harness.wording import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A function of an app: by which signs of which rules it is known, and the places whose entries lead to it.

    ``signs`` are by rule id; an empty set means that any sign of the rule's outcome counts.
    """

    label: str
    signs: Mapping[str, frozenset[str]]
    places: frozenset[str] = frozenset()


ANY: frozenset[str] = frozenset()
FEATURES = (
    Feature(
        label="checkin",
        signs={"mandatory-check-in": ANY, "check-in-streak": ANY},
        places=frozenset({"check-in-page"}),
    ),
    Feature(
        label="points",
        signs={"points-ranking": frozenset({"points"}), "points-quota": ANY},
        places=frozenset({"points-page"}),
    ),
    Feature(
        label="leaderboard",
        signs={"points-ranking": frozenset({"ranking", "ranking-by-something-else"})},
        places=frozenset({"ranking-page"}),
    ),
    Feature(
        label="duration_stats",
        signs={"online-duration-stat": ANY, "study-duration-appraisal": ANY},
        places=frozenset({"study-time-page"}),
    ),
    Feature(
        label="ads",
        signs={"commercial-activity": frozenset({"advertisement", "advertiser"})},
    ),
    Feature(
        label="paid",
        signs={"commercial-activity": frozenset({"offer", "checkout", "paid-membership", "shop"})},
        places=frozenset({"shop"}),
    ),
)


# Labels that we do not share, and why; both figures are printed.
DISPUTED = {
    ("c03_points_records.jpg", "checkin"): "eight rows 签到 with the points each brought: a record of checking in",
    ("d04_office_notice.png", "checkin"): "the tab 签到 is on the screen, as the entry that c04 is labelled 1 for",
    ("d05_office_approval.png", "checkin"): "the tab 签到 is on the screen, as the entry that c04 is labelled 1 for",
    ("m01_xuexi_battle_quiz.jpg", "points"): "the score of one game, 40/100, is not kept for the account",
    ("m01_xuexi_battle_quiz.jpg", "leaderboard"): "four bars of one game, names painted over: nobody is put in order",
    ("n02_music_home.jpeg", "points"): "the tab 金币 of a music app names no points",
    ("n01_ctrip_hotel_home.jpg", "ads"): "the banner is the shop's own and bears no 广告: nobody else advertises",
    (
        "n01_ctrip_hotel_home.jpg",
        "paid",
    ): "hotels on offer (酒店7折起订, 特价套餐) and a cart are paid offers",
}


def shows(feature: Feature, observation: Observation, outcomes: Mapping[str, Outcome]) -> str:
    """Return by what the function is seen on the screen: ``sign``, ``entry`` (a way to it), or nothing."""
    for rule_id, wanted in feature.signs.items():
        outcome = outcomes.get(rule_id)
        if outcome is not None and (outcome.signs & wanted if wanted else outcome.signs):
            return "sign"
    known = {str(rule.id) for rule in ALL_RULES}
    entries = {
        normalise(entry)
        for rule_id in feature.signs
        if rule_id in known
        for place in rule_by_id(rule_id).checkpoints
        if place.id in feature.places
        for entry in place.entries
    }
    return "entry" if any(word.norm in entries for word in observation.words) else ""


def print_screens(folder: Path) -> None:
    """Print per function precision and recall over the screens of ``index.json``, and every label not agreed with.

    A label says that the function is shown, or that a way to it is; so both count as seen. A screen is accused when a
    rule says ``found``.
    """
    rows = []
    found: list[str] = []
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        xml = (folder / entry["file"]).with_suffix(".xml")
        look = session.look(folder / entry["file"], xml if xml.exists() else None)
        outcomes = {str(said.rule): said.outcome for said in look.outcomes}
        rows.append((entry, look.observation, outcomes))
        found += [f"{entry['file']} {name}" for name, o in outcomes.items() if o.verdict is Verdict.FOUND]
    print(f"labelled screens: {len(rows)}; a function counts as seen by a sign of its rules or by an entry to it")
    print(
        f"{'function':16} labelled  hits  invented  missed  precision  recall   without disputed labels   "
        "keywords: precision recall"
    )
    disagreed = []
    for feature in FEATURES:
        hits = invented = missed = words_hit = words_invented = 0
        sure = {"hits": 0, "invented": 0, "missed": 0}
        musts = {must for rule_id in feature.signs for must in rule_by_id(rule_id).lexicon.must}
        for entry, observation, outcomes in rows:
            so = bool(entry["ground_truth"][feature.label])
            by = shows(feature, observation, outcomes)
            hits += bool(by) and so
            invented += bool(by) and not so
            missed += so and not by
            said = any(must in word.norm for must in musts for word in observation.words)
            words_hit += said and so
            words_invented += said and not so
            dispute = DISPUTED.get((entry["file"], feature.label))
            if bool(by) != so:
                why = f"; disputed: {dispute}" if dispute else ""
                disagreed.append(f"{entry['file']} {feature.label}: label {int(so)}, seen {by or 'nothing'}{why}")
            if dispute is None:
                sure["hits"] += bool(by) and so
                sure["invented"] += bool(by) and not so
                sure["missed"] += so and not by
        labelled = hits + missed
        sure_said, sure_so = sure["hits"] + sure["invented"], sure["hits"] + sure["missed"]
        print(
            f"{feature.label:16} {labelled:8} {hits:5} {invented:9} {missed:7}  {_ratio(hits, hits + invented):>9}  "
            f"{_ratio(hits, labelled):>6}   {_ratio(sure['hits'], sure_said):>15} "
            f"{_ratio(sure['hits'], sure_so):>7}   {_ratio(words_hit, words_hit + words_invented):>19} "
            f"{_ratio(words_hit, labelled):>6}"
        )
    print("disagreed with the label:")
    print("\n".join(f"  {line}" for line in disagreed) if disagreed else "  none")
    print(f"found at screen level: {', '.join(found) if found else 'none'}\n")


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"
