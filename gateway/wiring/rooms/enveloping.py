"""The room of envelopes joined: what callers ask, and what does jobs of the kind `envelope`."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gateway.envelopes.carriage.carrying import Bridges
from gateway.envelopes.course.advancing import Advancing, Reached, unwatched
from gateway.envelopes.course.creating import Creating
from gateway.envelopes.course.ending import Ending
from gateway.envelopes.course.sealing import TurnSealing
from gateway.envelopes.course.turning import OurTurn
from gateway.envelopes.course.verifying import RevisionJudge, Trust, Verifying
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.contents import Contents
from gateway.envelopes.keeping.naming import Naming
from gateway.envelopes.keeping.troubles import STAMP_OVER_TEXT
from gateway.envelopes.partners.roots import certificates_in
from gateway.envelopes.service import EnvelopeService
from gateway.envelopes.waking import Waking
from gateway.seals.in_force import InForce
from gateway.signing.service import SigningService
from gateway.verification.verifier import Verifier
from gateway.wiring.house import House
from gateway.wiring.rooms.bridging import Bridging
from gateway.wiring.rooms.waiting import why_still
from policies.intake import Intake


@dataclass(frozen=True, slots=True)
class EnvelopeRoom:
    """All of it.

    Attributes:
        service: for those who send envelopes and ask for them.
        advancing: does the jobs of the kind `envelope`.
        waking: has them done when people have spoken of what an envelope waits for.
    """

    service: EnvelopeService
    advancing: Advancing
    waking: Waking


async def open_envelopes(
    house: House,
    bridging: Bridging,
    signing: SigningService,
    stack: contextlib.AsyncExitStack,
) -> EnvelopeRoom:
    """Join the room over a house; its judging process is started with the first revision.

    Args:
        house: all that it stands on.
        bridging: the ways to the network.
        signing: the signing cycle for documents.
        stack: ends the judging process.
    """
    config = house.config.bridge
    persons = None if config is None else config.persons_root
    judge = await stack.enter_async_context(Verifier(trust=(), clock=house.clock))
    return envelope_room(
        ground=bridging.ground,
        bridges=bridging.bridges,
        signing=signing,
        in_force=lambda: house.policies.current,
        judge=judge,
        trust=Trust(
            companies=bridging.ground.roots,
            persons=lambda: () if persons is None else certificates_in(persons.read_bytes()),
        ),
        most_bytes=house.config.http.max_document_bytes,
        still=lambda: why_still(house, "envelope"),
    )


def _keeps_text_free(in_force: Callable[[], InForce], document_type: str) -> bool:
    known = in_force().bundle.document_types.get(document_type)
    return (Intake() if known is None else known.intake).refuses(STAMP_OVER_TEXT)


def envelope_room(
    *,
    ground: Ground,
    bridges: Bridges,
    signing: SigningService,
    in_force: Callable[[], InForce],
    judge: RevisionJudge,
    trust: Trust,
    most_bytes: int,
    reached: Reached = unwatched,
    still: Callable[[], str] = lambda: "",
) -> EnvelopeRoom:
    """Join the room.

    Args:
        ground: what carrying envelopes stands on.
        bridges: of our companies.
        signing: the signing cycle.
        in_force: the policies.
        judge: the judging process.
        trust: who may say who companies and persons are.
        most_bytes: that a document of a partner may have.
        reached: told each step of an envelope before it is taken.
        still: why no envelope is looked at now, in words; empty: they are.
    """
    contents = Contents(ground)
    sealing = TurnSealing(
        signing=signing,
        contents=contents,
        in_force=in_force,
        naming=Naming(ground.cards),
        clock=ground.clock,
    )
    verifying = Verifying(
        ground=ground,
        contents=contents,
        judge=judge,
        trust=trust,
        keeps_text_free=partial(_keeps_text_free, in_force),
        most_bytes=most_bytes,
    )
    ending = Ending(ground=ground, contents=contents)
    return EnvelopeRoom(
        service=EnvelopeService(
            bridges=bridges,
            ground=ground,
            creating=Creating(bridges=bridges, ground=ground, contents=contents, sealing=sealing),
            contents=contents,
            verifying=verifying,
            ending=ending,
            still=still,
        ),
        advancing=Advancing(
            bridges=bridges,
            ground=ground,
            verifying=verifying,
            turning=OurTurn(ground=ground, sealing=sealing),
            ending=ending,
            reached=reached,
        ),
        waking=Waking(ground.queue),
    )
