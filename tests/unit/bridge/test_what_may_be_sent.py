"""Whoever signs first: nothing is sent to another company that our policies do not let go."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cloud_bridge.model import Party
from gateway.signing.errors import ApprovalNeededProblem, DeniedProblem
from tests.envelope_house import (
    CALLER,
    EAST,
    PAPER,
    POLICY,
    WEST,
    Room,
    Town,
    parties,
    settle,
    sha256,
)
from tests.envelope_logs import leaves

Scene = Callable[[Town, Room], Awaitable[None]]
FORBIDDEN = "禁止的合同"
# The partner signs first, alone, or only gets a copy of what somebody else signs.
NOT_OURS_FIRST = {
    "the partner signs first": parties(turns=(2, 1)),
    "the partner signs alone": (parties()[1],),
    "we only get a copy": (
        Party(id="us", kind="organisation", account=EAST, name=f"{EAST} 有限公司", copy=True),
        parties()[1],
    ),
}
DECLARED = "envelope_is_ours: {type: boolean, required: true}"
WITH_ACT = (
    DECLARED
    + """
    envelope_act: {type: string}
    envelope_recipients: {type: string}"""
)


def play(directory: Path, scene: Scene, *, policy: str = POLICY) -> None:
    async def go() -> None:
        town = Town.built()
        async with (
            town.room(directory, EAST, policy=policy) as east,
            town.room(directory, WEST),  # has published its card, and does nothing besides
        ):
            await scene(town, east)

    asyncio.run(go())


def forbidding(when: str) -> str:
    """The house's policies, of which one forbids besides what a condition says."""
    declared = POLICY.replace(DECLARED, WITH_ACT)
    rule = f"    - id: not-these\n      when: >-\n        {when} ||"
    forbidding = declared.replace("    - id: not-these\n      when: >-", rule)
    told = "{envelope_title: 采购合同, envelope_is_ours: true"
    more = f"{told}, envelope_act: send, envelope_recipients: ''"
    assert (forbidding.count(when), forbidding.count(told)) == (1, 1)
    return forbidding.replace(told, more)


async def nothing_left(town: Town, east: Room) -> None:
    await settle(east)
    assert town.network.envelopes == {}
    assert not {(EAST, "put_content"), (EAST, "bring")} & set(town.network.asked)
    page = await east.service.listing(CALLER, status=None, after=None, most=9)
    assert page.envelopes == ()


@pytest.mark.parametrize("named", NOT_OURS_FIRST.values(), ids=NOT_OURS_FIRST)
def test_what_the_policies_forbid_does_not_leave_though_another_would_sign_first(
    tmp_path: Path, named: tuple[Party, ...]
) -> None:
    async def scene(town: Town, east: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(title=FORBIDDEN, parties=named)
        await nothing_left(town, east)
        (denied,) = (each for each in await leaves(east) if each["kind"] == "denied")
        assert denied["system"] == "tms"
        assert denied["input"] == sha256(PAPER)
        assert "company/not-these" in [each["rule"] for each in denied["decision"]["reasons"]]

    play(tmp_path, scene)


def test_what_no_rule_permits_does_not_leave(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(document_type="letter", attributes={}, parties=parties(turns=(2, 1)))
        await nothing_left(town, east)

    letter = (
        "---\napiVersion: sealgate/v1\nkind: DocumentType\nmetadata: {name: letter}\nspec: {}\n"
    )
    play(tmp_path, scene, policy=POLICY + letter)


@pytest.mark.parametrize("turns", [(1, 2), (2, 1)], ids=["we sign first", "we sign second"])
def test_what_people_must_approve_does_not_leave_before_they_have(
    tmp_path: Path, turns: tuple[int, int]
) -> None:
    asking = POLICY.replace(
        'doc.attributes.envelope_is_ours || doc.attributes.envelope_title != "须审批的合同"',
        'doc.attributes.envelope_title != "须审批的合同"',
    )

    async def scene(town: Town, east: Room) -> None:
        with pytest.raises(ApprovalNeededProblem):
            await east.create(title="须审批的合同", parties=parties(turns=turns))
        await nothing_left(town, east)

    play(tmp_path, scene, policy=asking)


def test_the_record_of_what_was_sent_says_by_which_rule_it_may_go(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room) -> None:
        await east.create(parties=parties(turns=(2, 1)))
        (sent,) = (each for each in await leaves(east) if each.get("what") == "sent")
        bundle = east.company.house.in_force.bundle.digest
        assert sent["decisions"] == [
            {"document": sha256(PAPER), "bundle": bundle, "rules": ["company/automatic"]}
        ]

    play(tmp_path, scene)


def test_rules_can_tell_sending_from_signing_and_see_everybody_who_gets_it(tmp_path: Path) -> None:
    policy = forbidding(
        f'(doc.attributes.envelope_act == "send" && '
        f'doc.attributes.envelope_recipients.contains("{WEST}"))'
    )
    copied = (
        parties()[0],
        Party(id="them", kind="organisation", account=WEST, name=f"{WEST} 有限公司", copy=True),
    )

    async def scene(town: Town, east: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(parties=copied)
        await nothing_left(town, east)

    play(tmp_path, scene, policy=policy)


def test_what_we_may_send_and_not_sign_is_sent_and_declined_when_it_is_our_turn(
    tmp_path: Path,
) -> None:
    policy = forbidding('doc.attributes.envelope_act == "sign"')

    async def scene(_town: Town, east: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east)
        assert (await east.show(id_)).status == "declined"
        assert east.signed == 0

    play(tmp_path, scene, policy=policy)


@pytest.mark.parametrize(
    "said", [{"envelope_title": "采购合同"}, {"envelope_act": "sign"}, {"envelope_recipients": ""}]
)
def test_a_caller_cannot_say_of_an_envelope_what_it_is_not(
    tmp_path: Path, said: dict[str, str]
) -> None:
    policy = forbidding(
        '(doc.attributes.envelope_act == "send" && '
        'doc.attributes.envelope_recipients != "" && '
        'doc.attributes.envelope_title == "秘密")'
    )

    async def scene(town: Town, east: Room) -> None:
        with pytest.raises(DeniedProblem):
            await east.create(title="秘密", attributes={"amount": 1, **said})
        await nothing_left(town, east)

    play(tmp_path, scene, policy=policy)
