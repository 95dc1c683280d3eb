"""Which of a bearer's fields say what: the names are fixed, so a template can be made once.

`received-N`, `short-N`, `damaged-N` (N: the line, from 1), `goods` (every line at once), `remark`,
`name`, `contact`, `acted-at`, all of kind `text` (numbers: or `number`); and those of kind
`signature`, whatever their names.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cloud_bridge.model import Delivery as DeliveryTerms
from cloud_bridge.model import Party, PartyField
from cloud_bridge.network.deliveries.model import KeptReceipt, Receipt
from cloud_bridge.network.press.model import Mark, Typed

_LINE: Final = re.compile(r"(?:received|short|damaged)-([1-9][0-9]*)")
_WORDS: Final = frozenset(("goods", "remark", "name", "contact", "acted-at"))


def unknown_fields(party: Party, terms: DeliveryTerms) -> tuple[str, ...]:
    """Fields that nothing of a receipt can fill."""
    return tuple(
        field.name
        for field in party.fields
        if field.kind != "signature" and not _known(field, lines=len(terms.lines))
    )


def values_of(kept: KeptReceipt, terms: DeliveryTerms) -> dict[str, str]:
    """What stands in each field, by its name; what is empty is left out."""
    receipt = kept.receipt
    values = {
        "goods": "\n".join(_lines(receipt, terms)),
        "remark": receipt.remark.strip(),
        "name": kept.by.name,
        "contact": kept.by.contact,
        # The telephone's own clock and offset: what its owner saw.
        "acted-at": f"{receipt.acted_at:%Y-%m-%d %H:%M} {receipt.acted_at:%z}",
    }
    for goods in receipt.goods:
        number = goods.line + 1
        values[f"received-{number}"] = str(goods.received)
        values[f"short-{number}"] = str(goods.short)
        values[f"damaged-{number}"] = str(goods.damaged)
    return {name: value for name, value in values.items() if value}


def left_empty(party: Party, values: Mapping[str, str]) -> tuple[str, ...]:
    """Fields that the terms require, and that have no value."""
    required = (each for each in party.fields if each.required and each.kind != "signature")
    return tuple(each.name for each in required if each.name not in values)


def marks_of(
    party: Party, document: str, receipt: Receipt, values: Mapping[str, str]
) -> tuple[Mark, ...]:
    """What is to be seen in one document."""
    fields = (field for field in party.fields if field.document == document)
    return tuple(mark for field in fields for mark in _mark(field, receipt, values))


def _mark(field: PartyField, receipt: Receipt, values: Mapping[str, str]) -> Iterator[Mark]:
    if field.kind == "signature":
        ink = receipt.handwriting or Typed(text=values["name"], signature=True)
        yield Mark(field=field.name, box=field.box, ink=ink)
    elif field.name in values:
        yield Mark(field=field.name, box=field.box, ink=Typed(text=values[field.name]))


def _lines(receipt: Receipt, terms: DeliveryTerms) -> Iterator[str]:
    for goods in receipt.goods:
        name, _ = terms.lines[goods.line]
        yield (
            f"{goods.line + 1}. {name}: 实收 received {goods.received}"
            f", 短少 short {goods.short}, 破损 damaged {goods.damaged}"
        )


def _known(field: PartyField, *, lines: int) -> bool:
    line = _LINE.fullmatch(field.name)
    if line is None:
        return field.name in _WORDS and field.kind == "text"
    return int(line[1]) <= lines and field.kind in {"text", "number"}
