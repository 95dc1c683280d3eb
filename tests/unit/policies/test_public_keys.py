"""A key is one person's, has one spelling, and proves that somebody has signed."""

import base64
from dataclasses import replace

import pytest
from pydantic_core import PydanticCustomError

from policies.bundle import Bundle
from policies.kinds.public_keys import key_for
from policies.loader import load_bundle
from policies.objects.people import Person, PersonKey
from policies.people import keys_of_people

FIELD = 2**255 - 19
OF_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)


def spelled(y: int, sign: int = 0) -> str:
    return base64.b64encode((y | sign << 255).to_bytes(32, "little")).decode()


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize(
    "y",
    [0, 1, FIELD - 1, FIELD, FIELD + 1, FIELD + 18]
    + [int.from_bytes(bytes.fromhex(each), "little") for each in OF_ORDER_8],
)
def test_keys_for_which_anybody_can_sign_are_refused_in_every_spelling(y: int, sign: int) -> None:
    with pytest.raises(PydanticCustomError, match="anybody can sign"):
        key_for("ed25519", spelled(y, sign))


def test_other_keys_are_taken_as_they_are() -> None:
    assert key_for("ed25519", spelled(4, 1)) == spelled(4, 1)


def person(name: str, key_id: str, value: bytes) -> Person:
    key = PersonKey(id=key_id, algorithm="ed25519", public_key=value)
    return Person(name=name, title=name, company="east", keys=(key,))


def test_where_statements_are_counted_a_key_of_two_people_is_nobodys() -> None:
    one, other, third = (
        person("wang", "wang-2026", b"1" * 32),
        person("wang-again", "wang-2027", b"1" * 32),
        person("li", "li-2026", b"2" * 32),
    )
    found = keys_of_people(bundle_of(one, other, third))
    assert {key_id: holder.name for key_id, (holder, _) in found.items()} == {"li-2026": "li"}
    assert keys_of_people(bundle_of(one, third)).keys() == {"wang-2026", "li-2026"}


def test_whose_keys_there_are_is_looked_at_once_a_bundle() -> None:
    wang, li = person("wang", "wang-2026", b"1" * 32), person("li", "li-2026", b"2" * 32)
    bundle, other = bundle_of(wang), bundle_of(li)
    assert keys_of_people(bundle) is keys_of_people(bundle)
    assert keys_of_people(other).keys() == {"li-2026"}
    assert keys_of_people(bundle).keys() == {"wang-2026"}


def bundle_of(*persons: Person) -> Bundle:
    return replace(load_bundle({}), persons={each.name: each for each in persons})
