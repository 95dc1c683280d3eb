"""What the network writes into a document for a person is what a gateway takes from it."""

import asyncio
import hashlib

import pytest

from cloud_bridge.network.press.model import Mark, Typed
from gateway.verification.model import AskedRevision, RevisionJudgement
from gateway.verification.revising import judge_revision
from policies.model import OnPage
from tests.document_fixtures import receipt
from tests.partners import partner, trusted_root
from tests.unit.network.press.test_pressing import AUTHORITY, INK, NOW, mark, press

BASE = receipt("chromium-a4-outline-2-pages")
ON_TWO_PAGES = (
    mark("signature", INK),
    mark("amount", Typed(text="收到 20 件"), top_mm=120),
    mark("date", Typed(text="2026-11-27"), page=2),
)
NAME = "张三"


def signed(base: bytes, *marks: Mark) -> tuple[bytes, bytes]:
    pressed = asyncio.run(press().press(base, marks, name=NAME, envelope="0" * 8, party="receiver"))
    return pressed.document, pressed.container


def judge(base: bytes, document: bytes, container: bytes, **more: object) -> RevisionJudgement:
    said = {
        "trust": (AUTHORITY.der,),
        "name": NAME,
        "at": NOW,
        "container": hashlib.sha256(container).hexdigest(),
        "largest_mm": 2000.0,
        "is_person": True,
        **more,
    }
    return judge_revision(document, AskedRevision(base_bytes=len(base), **said))  # type: ignore[arg-type]


@pytest.mark.parametrize("marks", [(), ON_TWO_PAGES[:1], ON_TWO_PAGES], ids=len)
def test_a_persons_act_is_accepted(marks: tuple[Mark, ...]) -> None:
    document, container = signed(BASE, *marks)
    judgement = judge(BASE, document, container)
    assert judgement.fault is None, judgement.why
    assert judgement.added[0].names == (NAME,)


def test_a_persons_act_upon_a_companys_seal_is_accepted_and_a_seal_upon_it_as_well() -> None:
    once = partner().sealed(BASE, at=NOW)
    document, container = signed(once, *ON_TWO_PAGES)
    judgement = judge(once, document, container)
    assert judgement.fault is None, judgement.why
    east = partner("东海物流有限公司")
    last = east.sealed(document, OnPage(page=1, left_mm=90, top_mm=20), at=NOW, id="P2")
    asked = AskedRevision(
        base_bytes=len(document), trust=(trusted_root().der,), name="东海物流有限公司", at=NOW
    )
    judgement = judge_revision(last, asked)
    assert judgement.fault is None, judgement.why


def test_the_networks_own_name_makes_nobody_somebody_else() -> None:
    document, container = signed(BASE, mark("signature", INK))
    assert judge(BASE, document, container, name="试用网络").fault == "other-name"
    assert judge(BASE, document, container, name="李四").fault == "other-name"
    assert judge(BASE, document, container, trust=(trusted_root().der,)).fault == "untrusted"
