"""Flags 不传照片不能进入下一步: the next step of a staff task stays shut until there is a picture.

NECESSARY: the control for the next step is shut, or refuses. SUFFICIENT: it opens right after a picture is chosen,
which is tried with a made-up picture in made-up apps only; in a filed app the rule stays at ``present``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
    Channel,
    Coverage,
    Datum,
    Lexicon,
    Marker,
    Observation,
    Outcome,
    Rule,
    RuleId,
    Severity,
    Stage,
    Verdict,
)
from harness.rules import clauses
from harness.rules.checkpoints import HOME, TASKS
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    EXEMPTION,
    PROBE_WANTED,
    ProbeCut,
    if_read,
    nothing_found,
    nothing_on,
)
from harness.rules.necessity import need_claimed
from harness.rules.outcomes import joined, sighted
from harness.rules.photo_signs import ASKED, SAID, TOLD, has_picture, photos_on
from harness.rules.photo_step import MAY_PRESS, MAY_PRESS_DEMO, StepRun, next_control, try_the_step
from harness.rules.photo_words import NEXT_STEP, OF_WORK
from harness.rules.wording import Sighting

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "photo-step-lock"
STEP: Final = "photo-step"  # the page has a next step and asks for a picture
SHUT: Final = "photo-step-shut"
REFUSED: Final = "photo-step-refused"
OPENED: Final = "photo-step-opened"  # by the picture, and by nothing else that was tried
LEXICON: Final = Lexicon(
    must=("请上传照片后进入下一步", "未上传照片不能进入下一步", "下一步"),
    support=("现场照片", "拍照上传", "0/1", "请先上传现场照片"),
    compulsion=("不能进入下一步", "必传", "请先上传"),
    voluntary=("选填", "跳过"),
    lookalike=("身份证照片", "上传头像", "申请材料", "下一步：核对信息", "随手拍（群众）", "报修照片（选填）"),
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    OPENED = "photo-step-lock-opened"
    REFUSED = "photo-step-lock-refused"
    SHUT = "photo-step-lock-shut"
    SAID = "photo-step-lock-said"
    STILL_SHUT = "photo-step-lock-still-shut"
    UNTRIED = "photo-step-lock-untried"
    OTHER_FIRST = "photo-step-lock-other-first"
    STAYS = "photo-step-lock-stays"
    WENT_ON = "photo-step-lock-went-on"
    GAVE_WAY = "photo-step-lock-gave-way"
    NOT_SEEN = "photo-step-lock-not-seen"


class Why(StrEnum):
    """What a marked place of a single screen shows; message keys."""

    ASKED = "photo-step-lock-mark-asked"
    SHUT = "photo-step-lock-mark-shut"
    SAID = "photo-step-lock-mark-said"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "photo-step-lock-limit-article"
    NO_PICTURE = "photo-step-lock-limit-no-picture"
    NEED = "photo-step-lock-limit-need"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a next step that waits for a picture."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    photos = photos_on(observation)
    control = next_control(observation) if photos is not None and photos.of_work else None
    if photos is None or control is None or not {ASKED, TOLD} & photos.signs or has_picture(observation):
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    seen = [Sighting(word=s.word, why=Why.ASKED, sign=STEP) for s in photos.sightings if s.sign in {ASKED, TOLD}]
    says = [s for s in photos.sightings if s.sign == TOLD or (s.sign == SAID and NEXT_STEP.search(s.word.norm))]
    seen += [Sighting(word=s.word, why=Why.SAID, sign=REFUSED, marker=Marker.GATE) for s in says]
    if not control.enabled:
        seen.append(Sighting(word=control, why=Why.SHUT, sign=SHUT, marker=Marker.NO_OPT_OUT))
    data: dict[str, Datum] = {"task": photos.task or "?", PROBE_WANTED: STEP}
    if says:
        data["said"] = says[0].word.text
    claim = need_claimed(observation, OF_WORK)
    return sighted(
        observation, _weigh(frozenset(s.sign for s in seen), claimed=claim is not None), seen, data=data, claim=claim
    )


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a shut or refusing control is necessary, that a picture opens it sufficient."""
    if OPENED in signs and {SHUT, REFUSED} & signs:
        return (Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND), Reason.OPENED
    if REFUSED in signs:
        return Verdict.PRESENT, Reason.SAID
    return (Verdict.PRESENT, Reason.SHUT) if SHUT in signs else (Verdict.INCONCLUSIVE, Reason.UNTRIED)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield a wait or a press of the next step without a picture; in a made-up app also with a made-up picture."""
    run = yield from try_the_step(observation)
    if run.cut and run.open_before is None:
        raise ProbeCut
    return weigh(run, detect(observation))


def weigh(run: StepRun, start: Outcome) -> Outcome:
    """Return what a run shows; what went on without a picture is clear on this screen."""
    signs = start.signs & {STEP, SHUT, REFUSED}
    signs |= {REFUSED} if run.refusal else frozenset()
    if run.open_after and not run.gave_way:
        signs |= {OPENED, SHUT} if run.stayed else {OPENED}
    verdict, reason = _weigh(signs, claimed=EXEMPTION in dict(start.data))
    if run.went_on or run.gave_way:
        verdict, reason = Verdict.CLEAR, Reason.WENT_ON if run.went_on else Reason.GAVE_WAY
    elif verdict is Verdict.PRESENT and run.refusal:
        reason = Reason.REFUSED
    elif verdict is Verdict.PRESENT and run.chosen:
        reason = Reason.STILL_SHUT
    elif verdict is Verdict.INCONCLUSIVE:
        reason = Reason.OTHER_FIRST if run.other else Reason.STAYS
    data: dict[str, Datum] = {k: v for k, v in start.data if k not in BETWEEN_SCREENS}
    data |= {"said": run.refusal} if run.refusal else {}
    data |= {"other": run.other} if run.other else {}
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*start.marks, *run.marks),
        markers=start.markers | ({Marker.GATE} if OPENED in signs or run.refusal else frozenset()),
        signs=signs if verdict is not Verdict.CLEAR else frozenset({"step-open"}),
        measures=tuple(run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app; what the probe said of a screen stands for the screen."""
    settled = {o.screen for o in outcomes if o.from_probe and o.reason in {Reason.WENT_ON, Reason.GAVE_WAY}}
    order = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT)
    shown = [o for o in outcomes if STEP in o.signs and o.verdict in order]
    shown = [o for o in shown if o.from_probe or o.screen not in settled]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    best = sorted(shown, key=lambda o: (order.index(o.verdict), not o.from_probe, -len(o.signs)))
    return joined(best, (best[0].verdict, best[0].reason), FUNCTION)


RULE: Final = Rule(
    id=RuleId("photo-step-lock"),
    name_zh="不传照片不能进入下一步",
    name_en="Next step locked until a photo is there",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_CARRIER_OF_APPRAISAL,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    # S1 only together with the demand itself, which is a finding of its own and carries S1.
    severity=Severity.S2,
    checkpoints=(HOME, TASKS),
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
    probe=probe,
    may_press=MAY_PRESS,
    may_press_demo=MAY_PRESS_DEMO,
)
