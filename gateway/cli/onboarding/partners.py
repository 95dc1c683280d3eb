"""Questions 9 to 12: those on the other side, how they are known, how they are told."""

from collections.abc import Iterator

from gateway.cli.onboarding.answers_outside import (
    Identity,
    Notifications,
    Partners,
    VerifiedBefore,
)
from gateway.cli.onboarding.model import Case, Difference, listed

_ABLE = {
    "companies": {"certificate"},
    "persons": {"code", "contact-tail", "id-tail"},
}
"""How a signer is checked today; no other method is built."""
_BRIDGE = "Set the bridge up (docs/bridge.md)"


def partners(answer: Partners, case: Case) -> Iterator[Difference]:
    """There is a way to those who sign, and none that nobody asked for."""
    here, bridge = case.here, case.here.config.bridge
    if answer.companies and not here.believes_companies:
        yield Difference(
            answer="other companies sign",
            found="there is no section `bridge`"
            if bridge is None
            else f"{bridge.trusted_roots} has no certificate: no partner is believed",
            owner="it",
            cure=f"{_BRIDGE}, and put the CAs of partners' seals into trusted_roots.",
        )
    if answer.persons != "none" and not here.lets_persons_sign:
        yield Difference(
            answer=f"persons sign, contacts {answer.persons}",
            found="there is no bridge.persons_root",
            owner="it",
            cure=f"{_BRIDGE}, and name the network's CA for persons as persons_root.",
        )
    if answer.persons == "none" and here.lets_persons_sign:
        yield Difference(
            answer="no persons sign",
            found="bridge.persons_root is there: what persons sign is believed",
            owner="it",
            cure="Take persons_root out, or say which persons sign.",
        )
    if bridge is not None and not answer.companies and answer.persons == "none":
        yield Difference(
            answer="nobody else signs",
            found=f"there is a way out of the house, to {bridge.url}",
            owner="it",
            cure="Take the section `bridge` out, or say who signs.",
        )
    if answer.portal is not None and answer.portal not in here.bundle.systems:
        yield Difference(
            answer=f"partners' data comes from {answer.portal}",
            found=f"the policies have no such system; there are {listed(here.bundle.systems)}",
            owner="officer",
            cure="Add it as a System with a key, or leave `portal` out.",
        )


def identity(answer: tuple[Identity, ...], case: Case) -> Iterator[Difference]:
    """Whoever is to be known can be, by a method that there is."""
    here = case.here
    for each in answer:
        told = f"{each.document_type}, {each.who}: {each.level}"
        ready = here.believes_companies if each.who == "companies" else here.lets_persons_sign
        if not ready:
            what = "trusted_roots" if each.who == "companies" else "persons_root"
            yield Difference(
                answer=told,
                found=f"bridge.{what} gives nothing by which they could be known",
                owner="it",
                cure=f"{_BRIDGE}, and fill {what}.",
            )
        unable = set(each.methods) - _ABLE[each.who]
        if unable:
            yield Difference(
                answer=f"{told}, by {listed(each.methods)}",
                found=f"{each.who} are checked by {listed(_ABLE[each.who])}; "
                f"{listed(unable)} is not built",
                owner="business",
                cure="Accept what there is, or have the network's operator check persons that way "
                "before it enters them (sealgate network person add).",
            )
    for who, could in (
        ("persons", here.lets_persons_sign),
        ("companies", here.believes_companies),
    ):
        if could and not any(each.who == who for each in answer):
            yield Difference(
                answer=f"nothing is said of {who}",
                found=f"{who} can sign: the bridge is set up for them",
                owner="business",
                cure="Say for each document type that they sign how well they must be known.",
            )


def verified_before(answer: VerifiedBefore, case: Case) -> Iterator[Difference]:
    """Nobody unverified gets in where all must be verified first, and the other way round."""
    rows = case.answers.identity or ()
    persons = [each for each in rows if each.who == "persons"]
    loose = [each.document_type for each in persons if each.level != "identity"]
    strict = [each.document_type for each in persons if each.level == "identity"]
    if answer.persons and (loose or not case.here.lets_persons_sign):
        yield Difference(
            answer="persons are verified before anything is sent",
            found=f"at the levels of question 10, an unverified person could sign {listed(loose)}"
            if loose
            else "there is no bridge.persons_root: no person is known at all",
            owner="business",
            cure="Ask for `level: identity` in the envelopes of these types; the network then lets "
            "only verified accounts sign (docs/signing-in-a-browser.md).",
        )
    if not answer.persons and strict:
        yield Difference(
            answer="persons need not be verified before",
            found=f"question 10 asks for `identity` on {listed(strict)}: whoever the operator has "
            "not verified cannot sign",
            owner="business",
            cure="Have persons verified first, or ask for `contact`.",
        )
    if answer.companies and not case.here.believes_companies:
        yield Difference(
            answer="companies are verified before anything is sent",
            found="no bridge, or no CA in trusted_roots: nothing says who a company is",
            owner="it",
            cure=f"{_BRIDGE}, and put the CAs of partners' seals into trusted_roots.",
        )
    if not answer.companies and case.here.believes_companies:
        yield Difference(
            answer="companies need not be verified before",
            found="no company is on the network before its operator has entered it",
            owner="partner",
            cure="Have partners entered first (sealgate network organisation add).",
        )


def notifications(answer: Notifications, case: Case) -> Iterator[Difference]:
    """Each channel leads somewhere, none is open that nobody named, and quiet hours are kept."""
    here, channels = case.here, set(answer.channels)
    hooks = here.declarations.webhooks
    by_network, by_us = channels & {"sms", "email"}, channels & {"app", "mini-program", "system"}
    if by_network and not here.lets_persons_sign:
        yield Difference(
            answer=f"persons are told by {listed(by_network)}",
            found="the network's operator brings links and codes, and there is no way to it",
            owner="it",
            cure=f"{_BRIDGE}, and name persons_root.",
        )
    if here.lets_persons_sign and not by_network:
        yield Difference(
            answer=f"channels: {listed(channels)}",
            found="persons can sign, and the network writes to them by message or mail",
            owner="business",
            cure="Name `sms` or `email`; `bringLink: false` of a party leaves its link to you.",
        )
    if by_us and not hooks:
        yield Difference(
            answer=f"told by {listed(by_us)}",
            found="no Webhook is declared, so no system of ours hears of anything",
            owner="it",
            cure="Declare one below `connectors:` (docs/webhooks.md).",
        )
    if hooks and not by_us:
        yield Difference(
            answer=f"channels: {listed(channels)}",
            found=f"events leave by the webhooks {listed(hooks)}",
            owner="it",
            cure="Name `system`, or take the webhooks out.",
        )
    yield from _quiet(answer, case)


def _quiet(answer: Notifications, case: Case) -> Iterator[Difference]:
    windows = {
        (each.starts, each.ends)
        for each in case.here.config.jobs.maintenance or ()
        if "deliver" in each.kinds and each.days is None
    }
    wanted = set() if answer.quiet is None else {(answer.quiet.starts, answer.quiet.ends)}
    if wanted != windows:
        yield Difference(
            answer=f"quiet hours: {_told(wanted)}",
            found=f"daily windows of jobs.maintenance with `deliver`: {_told(windows)}",
            owner="it",
            cure="Make `jobs.maintenance` and `quiet` the same.",
        )


def _told(windows: set[tuple[str, str]]) -> str:
    return listed(f"{starts} to {ends}" for starts, ends in windows)
