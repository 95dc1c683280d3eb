"""The form of a party's own fields, as the template shows it, and what came back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cloud_bridge.model import Party, PartyField
from cloud_bridge.network.pages.rendering import Language, say
from cloud_bridge.network.persons.model import Signature
from cloud_bridge.network.persons.values import SIGNATURE
from cloud_bridge.network.press.model import Handwritten
from cloud_bridge.plain_json import decode

_TALL_MM = 12.0
_HINTS = {"number": "act_number_hint", "date": "act_date_hint"}


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as it is shown. `fault` is in words; None: there is none."""

    id: str
    name: str
    kind: str
    label: str
    hint: str
    required: bool
    choices: tuple[str, ...]
    tall: bool
    value: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class ShownFault:
    """A line of the list above the form; `id` is the field's, to go there."""

    id: str
    label: str
    words: str


def shown_fields(
    party: Party, given: Mapping[str, str], faults: Mapping[str, str], language: Language
) -> list[ShownField]:
    """The party's fields but signatures, in their order, with what was entered before."""
    return [
        ShownField(
            id=f"field-{number}",
            name=field.name,
            kind=field.kind,
            label=label_of(field, language),
            hint=str(say(language, _HINTS[field.kind])) if field.kind in _HINTS else "",
            required=field.required,
            choices=field.choices,
            tall=field.kind == "text" and field.box.height_mm >= _TALL_MM,
            value=given.get(field.name, ""),
            fault=str(say(language, f"fault_{faults[field.name]}"))
            if field.name in faults
            else None,
        )
        for number, field in enumerate(party.fields, start=1)
        if field.kind != "signature"
    ]


def shown_faults(
    fields: list[ShownField], faults: Mapping[str, str], language: Language
) -> list[ShownFault]:
    """Everything that is wrong, in the order of the form."""
    told = [ShownFault(each.id, each.label, each.fault) for each in fields if each.fault]
    named = {each.name for each in fields}
    told += [
        ShownFault(
            SIGNATURE, str(say(language, "act_signature")), str(say(language, f"fault_{word}"))
        )
        for name, word in faults.items()
        if name not in named
    ]
    return told


def label_of(field: PartyField, language: Language) -> str:
    """What a field is called on the page."""
    if field.label:
        return field.label
    return str(say(language, "field_signature")) if field.kind == "signature" else field.name


def values_given(form: Mapping[str, str]) -> dict[str, str]:
    """What was entered, by the fields' names."""
    return {
        name.removeprefix("field."): value
        for name, value in form.items()
        if name.startswith("field.")
    }


def signature_given(form: Mapping[str, str]) -> Signature:
    """What was drawn or typed. A drawing that cannot be read has a size that nothing sound has."""
    if form.get("way") != "draw":
        return Signature(typed=form.get("typed", ""))
    written = form.get("drawn", "")
    if not written:
        return Signature(drawn=Handwritten(width=1, height=1, strokes=()))
    try:
        return Signature(drawn=decode(written.encode(), Handwritten))
    except ValueError:  # as every one of msgspec, and what has no UTF-8
        broken = Handwritten(width=math.nan, height=math.nan, strokes=(((0.0, 0.0),),))
        return Signature(drawn=broken)
