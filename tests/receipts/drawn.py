"""Two hundred good receipts, and two hundred with one thing wrong each; the same every time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - the same receipts every time
from typing import Literal

from policies.objects.documents import Field, Mark, Template
from tests.receipts.capitals import in_capitals
from tests.receipts.paper import POINTS_PER_MM, Run, full_width, paper, split

CONSIGNEES = (
    "东海物流有限公司",
    "星序照明有限公司",
    "百味鲜餐饮管理有限公司",
    "蓝桥化工新材料有限公司",
    "晨曦纸业有限公司",
)
Wrong = Literal["amount", "payee", "pages", "hidden-layers", "template"]
MARKS = (("货物签收回单", 80, 15, 16), ("收货单位", 20, 45, 10), ("合计金额", 20, 60, 10))


@dataclass(frozen=True)
class Receipt:
    """What a receipt says, and what its request says of it.

    Attributes:
        name: for people who read a failure.
        amount_cents: in the request.
        consignee: in the request.
        document: the PDF.
        wrong: the rule that must refuse it; None: it is good.
    """

    name: str
    amount_cents: int
    consignee: str
    document: bytes
    wrong: Wrong | None = None


@dataclass(frozen=True)
class _Said:
    number: str
    amount_cents: int
    consignee: str
    goods: tuple[str, ...]
    is_wide: bool
    has_capitals: bool
    is_split: bool


def template() -> Template:
    """What every good receipt follows. The font's ink begins below and beside its box."""
    return Template(
        name="receipt-v1",
        document_type="receipt",
        version=1,
        width_mm=210,
        height_mm=297,
        marks=tuple(
            Mark(text=text, left_mm=left + 0.1 * mm, top_mm=top + 0.23 * mm)
            for text, left, top, points in MARKS
            for mm in (points * 25.4 / 72,)
        ),
        fields={"amount": Field(left_mm=44, top_mm=58, width_mm=60, height_mm=8)},
    )


def good(count: int = 200) -> Iterator[Receipt]:
    """Receipts with nothing wrong."""
    for number in range(count):
        said = _said(number)
        yield _receipt(f"good {number}", said, paper(_runs(said)))


def mutated(count: int = 40) -> Iterator[Receipt]:
    """Of each kind of mistake so many."""
    for wrong, mutate in _MUTATIONS.items():
        for number in range(count):
            said = _said(1000 + number)
            document = mutate(said, _seeded(f"{wrong} {number}"))
            yield replace(_receipt(f"{wrong} {number}", said, document), wrong=wrong)


def _seeded(seed: object) -> Random:
    return Random(str(seed))  # noqa: S311 - nothing secret


def _said(number: int) -> _Said:
    draw = _seeded(number)
    return _Said(
        number=f"WB{number:06}",
        amount_cents=draw.choice((draw.randrange(1, 10_000), draw.randrange(1, 100_000_000))),
        consignee=draw.choice(CONSIGNEES),
        goods=tuple(
            f"纸{index} 共{draw.randrange(1, 99)}" for index in range(draw.randrange(1, 9))
        ),
        is_wide=draw.random() < 0.3,
        has_capitals=draw.random() < 0.6,
        is_split=draw.random() < 0.3,
    )


def _receipt(name: str, said: _Said, document: bytes) -> Receipt:
    return Receipt(name, said.amount_cents, said.consignee, document)


def _runs(said: _Said, *, dx: float = 0, dy: float = 0) -> list[Run]:
    """The receipt's runs, in an order that has nothing to do with that of reading."""
    figures = f"¥{said.amount_cents // 100:,}.{said.amount_cents % 100:02}"
    runs = [Run(text, left, top, points) for text, left, top, points in MARKS]
    runs += [
        Run("运单号", 20, 31),
        Run(said.number, 45, 31),
        Run(said.consignee, 45, 45),
        Run("收货人签章", 140, 250),
    ]
    amount = Run(full_width(figures) if said.is_wide else figures, 45, 60)
    runs += split(amount) if said.is_split else [amount]
    if said.has_capitals:
        runs.append(Run(f"大写:{in_capitals(said.amount_cents)}", 20, 70))
    for row, goods in enumerate(said.goods):
        name, pieces = goods.split()
        runs += [Run(name, 20, 90 + 7 * row), Run(pieces, 80, 90 + 7 * row)]
    moved = [replace(each, left_mm=each.left_mm + dx, top_mm=each.top_mm + dy) for each in runs]
    _seeded(said.number).shuffle(moved)
    return moved


def _other_amount(said: _Said, draw: Random) -> bytes:
    other = said.amount_cents + draw.choice((1, 10, 900, 100_000, said.amount_cents))
    figures = f"¥{said.amount_cents // 100:,}.{said.amount_cents % 100:02}"
    runs = _runs(replace(said, is_split=False))
    match draw.randrange(5):
        case 0:  # it says another sum throughout
            return paper(_runs(replace(said, amount_cents=other)))
        case 1:  # figures and capitals differ
            return paper([*_runs(replace(said, has_capitals=False)), _capitals(other)])
        case 2:  # a second sum stands further down
            return paper([*runs, Run(f"{other / 100:.2f}元", 45, 200)])
        case 3:  # the right sum is there, in white, and another is seen
            shown = _runs(replace(said, amount_cents=other, has_capitals=False))
            return paper([*shown, Run(figures, 45, 200, grey=1.0)])
        case _:  # a digit more, drawn long before the others
            step = 10 / POINTS_PER_MM
            others = [each for each in runs if each.left_mm != 45 or each.top_mm != 60]
            digits = Run(figures[1:], 45 + 2 * step, 60)
            return paper([Run("9", 45 + step, 60), digits, *others, Run("¥", 45, 60)])


def _capitals(cents: int) -> Run:
    return Run(f"大写:{in_capitals(cents)}", 20, 70)


def _other_payee(said: _Said, draw: Random) -> bytes:
    others = [each for each in CONSIGNEES if each != said.consignee]
    shown = draw.choice(
        (
            draw.choice(others),
            f"新{said.consignee}",
            f"{said.consignee}上海分公司",
            said.consignee.replace("有限", ""),
            said.consignee[:-1],
        )
    )
    runs = _runs(replace(said, consignee=shown))
    if draw.random() < 0.3:
        runs.append(Run(said.consignee, 45, 200, mode=3))
    return paper(runs)


def _further_page(said: _Said, draw: Random) -> bytes:
    further = [Run(draw.choice(("备注", "此处作废", "样本", "第2页")), 20, 31)]
    pages = [_runs(said), further]
    return paper(*pages, *([further] if draw.random() < 0.3 else []))


def _hidden_layer(said: _Said, draw: Random) -> bytes:
    text = draw.choice(("此处作废", f"¥{draw.randrange(10**6)}.00", "新东海物流有限公司", "担保"))
    return paper([*_runs(said), Run(text, 45, 200, layer=True)])


def _other_template(said: _Said, draw: Random) -> bytes:
    match draw.randrange(4):
        case 0:  # everything a little further down or to the right
            return paper(_runs(said, dx=draw.uniform(1.5, 9), dy=draw.uniform(0, 9)))
        case 1:  # other paper
            return paper(_runs(said), size_mm=(210, draw.choice((280, 305))))
        case 2:  # a mark is missing
            missing = draw.choice(MARKS)[0]
            return paper([each for each in _runs(said) if each.text != missing])
        case _:  # a mark that nobody sees
            unseen = draw.choice(MARKS)[0]
            return paper(
                [replace(each, grey=1.0) if each.text == unseen else each for each in _runs(said)]
            )


_MUTATIONS: dict[Wrong, Callable[[_Said, Random], bytes]] = {
    "amount": _other_amount,
    "payee": _other_payee,
    "pages": _further_page,
    "hidden-layers": _hidden_layer,
    "template": _other_template,
}
