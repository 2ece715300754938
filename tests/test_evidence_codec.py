"""Values of the model survive being written and read; what does not fit is named, never guessed."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import BundleError
from harness.evidence import codec, layout
from harness.evidence.bundle import judgement_json, schema_files
from harness.evidence.schemas import schemas
from harness.model import (
    Box,
    Element,
    Judgement,
    Measure,
    Moment,
    Observation,
    ObservationId,
    ScreenKey,
    Shape,
    ShapeKind,
    Step,
    Tap,
    Walk,
    Word,
)

TYPES = [Walk, Judgement, Observation, Step, layout.RunFacts, layout.SubjectFacts, layout.Capture, layout.CoverageFacts]
TEXTS = st.text(st.characters(), max_size=8)  # half surrogate pairs too: apps write what they like
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    types.NoneType: st.none(),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return anything that the annotation allows."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin in (types.UnionType, typing.Union):
        return st.one_of([values(arg) for arg in args])
    if origin is frozenset:
        return st.frozensets(values(args[0]), max_size=3)
    if origin is tuple and args[1:] == (Ellipsis,):
        return st.lists(values(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(arg) for arg in args))
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    hints = typing.get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})


def fields(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def read_back(cls: type[Any], raw: bytes) -> Any:
    return codec.from_json(cls, codec.parse(raw, member="x.json"), member="x.json")


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.__name__)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_value_comes_back_equal_and_is_written_the_same_again(cls: type[Any], data: st.DataObject) -> None:
    value = data.draw(values(cls))
    raw = codec.dump_page(value)
    again = read_back(cls, raw)
    assert again == value
    assert codec.dump_page(again) == raw
    assert read_back(cls, codec.dump_line(value)) == value


def test_a_number_and_a_text_in_data_stay_what_they_are() -> None:
    measure = Measure(at_s=1, name="x", value=2, unit="s")
    raw = codec.dump_line(measure)
    assert b'"at_s":1.0' in raw
    assert b'"value":2.0' in raw
    assert read_back(Measure, raw) == measure


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"left":1,"top":2,"right":3}', ".bottom: is missing"),
        (b'{"left":1,"top":2,"right":3,"bottom":4,"colour":5}', ".colour: is not known"),
        (b'{"left":true,"top":2,"right":3,"bottom":4}', ".left: a whole number is wanted, not True"),
        (b'{"left":1.5,"top":2,"right":3,"bottom":4}', ".left: a whole number is wanted, not 1.5"),
        (b'{"left":"1","top":2,"right":3,"bottom":4}', ".left: a whole number is wanted, not '1'"),
        (b'{"left":1,"left":1,"top":2,"right":3,"bottom":4}', "a key is there twice"),
        (b'{"left":NaN}', "NaN is not JSON"),
        (b'{"left":1e999}', "beyond what a number can hold"),
        (b"[1,2,3,4]", "a Box is wanted"),
        (b"\xff", "not readable as JSON"),
        (b"[" * 100_000, "not readable as JSON"),
    ],
)
def test_what_does_not_fit_is_named_with_member_and_place(raw: bytes, said: str) -> None:
    with pytest.raises(BundleError) as caught:
        codec.from_json(Box, codec.parse(raw, member="data/run.json"), member="data/run.json")
    assert said in str(caught.value)
    assert "data/run.json" in str(caught.value)


def test_the_path_of_a_misfit_leads_through_lists() -> None:
    box = Box(left=0, top=0, right=1, bottom=1)
    element = Element(parent=None, depth=0, class_name="x", package="p", box=box)
    value = codec.to_json((element, element))
    assert isinstance(value, list)
    assert isinstance(value[1], dict)
    value[1]["box"] = {"left": 0}
    with pytest.raises(BundleError, match=r"m: \[1\]\.box\.bottom: is missing"):
        codec.from_json(tuple[Element, ...], value, member="m")


@pytest.mark.parametrize("tag", ["", "explode", None])
def test_only_known_actions_come_out_of_a_file(tag: str | None) -> None:
    step = Step(
        seq=1,
        actor=next(iter(typing.get_type_hints(Step)["actor"])),
        action=Tap(x_px=1, y_px=2),
        why="",
        before=None,
        after=None,
        began=Moment(wall=datetime(2026, 1, 1, tzinfo=UTC), mono_s=0.0),
        ended=Moment(wall=datetime(2026, 1, 1, tzinfo=UTC), mono_s=0.0),
    )
    value = codec.to_json(step)
    assert isinstance(value, dict)
    assert isinstance(value["action"], dict)
    value["action"]["do"] = tag
    with pytest.raises(BundleError, match=r"action\.do"):
        codec.from_json(Step, value, member="m")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1), b"raw", object()])  # noqa: DTZ001
def test_what_could_not_come_back_is_not_written(value: object) -> None:
    with pytest.raises(BundleError):
        codec.dump_line((value,))


def test_a_whole_number_that_no_float_can_hold_is_refused() -> None:
    raw = b'{"at_s":1' + b"0" * 400 + b',"name":"x","value":null,"unit":""}'
    with pytest.raises(BundleError, match="a number is wanted"):
        read_back(Measure, raw)


def test_an_entry_twice_in_a_set_is_refused() -> None:
    value = codec.to_json(Word(text="a", norm="a", box=Box(left=0, top=0, right=1, bottom=1), channels=frozenset()))
    assert isinstance(value, dict)
    value["channels"] = ["ocr", "ocr"]
    with pytest.raises(BundleError, match=r"channels: an entry is there twice"):
        codec.from_json(Word, value, member="m")


def test_a_judgement_has_one_byte_form() -> None:
    judgement = Judgement(findings=(), coverage=())
    assert judgement_json(judgement) == judgement_json(dataclasses.replace(judgement))
    assert judgement_json(judgement).endswith(b"}\n")


def test_an_observation_of_before_there_were_shapes_is_still_read() -> None:
    seen = Observation(
        id=ObservationId("o0001"),
        size_px=(1080, 2400),
        page=None,
        screen=ScreenKey("s"),
        at=Moment(wall=datetime(2026, 1, 1, tzinfo=UTC), mono_s=0.0),
        elements=(),
        spans=(),
        words=(),
    )
    old = codec.to_json(seen)
    assert isinstance(old, dict)
    assert old.pop("shapes") == []
    assert codec.from_json(Observation, old, member="m") == seen
    box = Box(left=1, top=2, right=3, bottom=4)
    bar = Shape(kind=ShapeKind.PROGRESS, box=box, match_ratio=1, method="runs", fill_ratio=0.4)
    assert read_back(Observation, codec.dump_line(dataclasses.replace(seen, shapes=(bar,)))).shapes == (bar,)


def test_the_committed_schemas_are_those_of_the_annotations() -> None:
    made = schemas()
    assert made.keys() == schema_files().keys()
    for name, schema in made.items():
        assert schema_files()[name] == schema, (
            f"{name} has drifted from the model: write harness.evidence.schemas.schemas() to harness/schemas"
        )
        jsonschema.Draft202012Validator.check_schema(json.loads(schema))
