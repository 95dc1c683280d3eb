"""Documents into models, and pydantic's errors in the words of the file."""

import doctest
from typing import Annotated, Literal, Self

import pytest
from pydantic import Field, model_validator

import strictyaml
from strictyaml import (
    Loaded,
    Mistake,
    MistakesError,
    StrictModel,
    load,
    load_documents,
    nearest,
    raise_if_any,
    read_documents,
    refusal,
)


class Bulb(StrictModel):
    watts: Annotated[int, Field(ge=1, le=100)]
    color: Literal["warm", "cold"] = "warm"


class Lamp(StrictModel):
    kind: Literal["Lamp"] = "Lamp"
    name: str
    max_height: float | None = None
    bulbs: tuple[Bulb, ...] = ()
    spares: dict[str, Bulb] = {}  # noqa: RUF012 - frozen
    place: int | Literal["last"] = 1
    lit: bool = False
    tags: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _is_not_dark(self) -> Self:
        if self.lit and not self.bulbs:
            raise refusal("a lamp {without} bulbs cannot be lit", "add `bulbs:`")
        return self


KEYS = {"kind", "name", "maxHeight", "bulbs", "spares", "place", "lit", "tags"}


class Shade(StrictModel):
    kind: Literal["Shade"]
    lamp: str


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(MistakesError) as caught:
        load(text, file="lamp.yaml", model=Lamp)
    return caught.value.mistakes


def test_a_good_file_gives_a_frozen_value() -> None:
    text = "name: a\nmaxHeight: 2\nbulbs: [{watts: 40}]\nspares: {x: {watts: 1}}\ntags: [b, b]\n"
    loaded = load(text, file="lamp.yaml", model=Lamp)
    assert loaded.value == Lamp.model_validate(
        {
            "name": "a",
            "maxHeight": 2.0,
            "bulbs": (Bulb(watts=40),),
            "spares": {"x": Bulb(watts=1)},
            "tags": frozenset("b"),
        }
    )


def test_every_mistake_is_told_at_once_in_the_order_of_lines() -> None:
    text = """\
bulbs:
  - {watts: '40'}
  - {wats: 40}
  - {watts: 400, color: hot}
spares: {x: {watt: 1}}
place: middle
lit: 1
lit: 2
colour: red
"""
    assert [(mistake.line, mistake.path, mistake.cure) for mistake in mistakes_in(text)] == [
        (1, "name", "add `name:`"),
        (2, "bulbs[0].watts", "write a whole number, without quotes"),
        (3, "bulbs[1].wats", "did you mean `watts`?"),
        (3, "bulbs[1].watts", "add `watts:`"),
        (4, "bulbs[2].color", "write 'warm' or 'cold'"),
        (4, "bulbs[2].watts", "write a value that fits"),
        (5, "spares.x.watt", "did you mean `watts`?"),
        (5, "spares.x.watts", "add `watts:`"),
        (6, "place", "write one of these"),
        (7, "lit", "write true or false"),
        (8, "lit", "keep one of the two"),
        (9, "colour", f"remove it; known: {', '.join(sorted(KEYS))}"),
    ]


def test_a_mistake_reads_as_a_line() -> None:
    with pytest.raises(MistakesError) as caught:
        load("name: a\nbulbs:\n- {watts: '40'}", file="lamp.yaml", model=Lamp)
    assert str(caught.value) == (
        'lamp.yaml:3: bulbs[0].watts: input should be a valid integer, but "40" stands there'
        " -> write a whole number, without quotes"
    )


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        pytest.param("", "the file is empty", "write its keys", id="fail/empty"),
        pytest.param("[a]", "a list stands there", "`key: value`", id="fail/a list"),
        pytest.param("name: 5", "but 5 stands there", "put it in quotes", id="fail/number"),
        pytest.param("name:", "nothing stands there", "write text", id="fail/nothing"),
        pytest.param("name: {a: b}", "a mapping stands there", "write text", id="fail/mapping"),
        pytest.param("name: a\nmax_height: 1", "unknown key", "`maxHeight`", id="fail/snake"),
        pytest.param("name: a\nNAME: b", "unknown key", "`name`", id="fail/capitals"),
        pytest.param("name: a\nbulbs: 3", "valid list", "write a list", id="fail/no list"),
        pytest.param(
            "name: a\nlit: true", "a lamp {without} bulbs", "add `bulbs:`", id="fail/validator"
        ),
        pytest.param("name: a\n---\nname: b", "a second document", "remove it", id="fail/two"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_to_do(text: str, message: str, cure: str) -> None:
    mistakes = mistakes_in(text)
    assert len(mistakes) == 1
    assert message in mistakes[0].message
    assert cure in mistakes[0].cure


def test_a_value_that_could_not_be_read_is_one_mistake_and_not_two() -> None:
    assert len(mistakes_in("name: *x")) == 1
    assert len(mistakes_in("name: no")) == 1


def test_the_word_under_kind_chooses_the_model() -> None:
    documents = load_documents(
        "kind: Lamp\nname: a\n---\nkind: Shade\nlamp: a\n",
        file="a.yaml",
        kinds={"Lamp": Lamp, "Shade": Shade},
    )
    assert [type(document.value) for document in documents] == [Lamp, Shade]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Lampe", "a.yaml:1: kind: unknown kind `Lampe` -> did you mean Lamp?"),
        ("kind: [1]", "a.yaml:1: kind: unknown kind `[1]` -> write one of Lamp, Shade"),
        ("name: a", "a.yaml:1: kind: required, but missing; it says what the document is"),
        ("just text", "a.yaml:1: a document is a mapping -> begin it with `kind:`"),
    ],
)
def test_a_document_of_no_known_kind_is_refused(text: str, expected: str) -> None:
    with pytest.raises(MistakesError, match="kind") as caught:
        load_documents(text, file="a.yaml", kinds={"Lamp": Lamp, "Shade": Shade})
    assert expected in str(caught.value)


def test_a_reading_keeps_good_documents_beside_bad_ones() -> None:
    reading = read_documents(
        "kind: Lamp\nname: a\n---\nkind: Lamp\n", file="a.yaml", kinds={"Lamp": Lamp}
    )
    assert [type(document.value) for document in reading.documents] == [Lamp]
    assert [tree.data for tree in reading.refused] == [{"kind": "Lamp"}]
    assert reading.whole


def test_own_checks_add_their_mistakes_with_the_line() -> None:
    loaded: Loaded[Lamp] = load("name: a\nbulbs:\n- watts: 5\n", file="lamp.yaml", model=Lamp)
    mistake = loaded.mistake(("bulbs", 0, "color"), "no such bulb", "buy one")
    assert str(mistake) == "lamp.yaml:3: bulbs[0].color: no such bulb -> buy one"
    with pytest.raises(MistakesError, match="no such bulb"):
        raise_if_any([mistake])
    raise_if_any([])


def test_mistakes_are_sorted_and_told_once() -> None:
    early = Mistake(file="a", line=2, path="", message="m", cure="c")
    late = Mistake(file="a", line=10, path="", message="m", cure="c")
    assert MistakesError([late, early, late]).mistakes == (early, late)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("per_day", "perDay"), ("PERDAY", "perDay"), ("perdya", "perDay"), ("zzz", None)],
)
def test_the_nearest_word_is_found(word: str, expected: str | None) -> None:
    assert nearest(word, ["perHour", "perDay"]) == expected


def test_the_examples_in_the_documentation_run() -> None:
    names = {"StrictModel": StrictModel, "load": load, "refusal": refusal}
    for module in (strictyaml, strictyaml.models):
        results = doctest.testmod(module, extraglobs=names)
        assert results.attempted
        assert not results.failed
