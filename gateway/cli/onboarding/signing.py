"""Questions 8, 13 and 14: how a document is signed, by whom on our side, by hand or not."""

from collections.abc import Iterator

from gateway.batches.receipts.maker import RECEIPT_TYPE
from gateway.cli.onboarding.answers_outside import Flow, Handwriting, OwnSigning
from gateway.cli.onboarding.model import Case, Difference, listed, unlike
from gateway.cli.onboarding.openings import OWN_TYPES, Opening
from policies.calendar import office_day
from policies.model import Stage
from policies.people import roles_of


def flows(answer: tuple[Flow, ...], case: Case) -> Iterator[Difference]:
    """Parties, our way of sealing and the triggers are those that configuration and rules have."""
    bundle, bridge = case.here.bundle, case.here.config.bridge
    names = [each.document_type for each in answer]
    there = set(bundle.document_types) - OWN_TYPES
    yield from unlike("document type", names, there, owner="officer", where="the policies")
    inbound = {
        each.document_type
        for company in (() if bridge is None else bridge.companies)
        for each in company.inbound or ()
    }
    for each in answer:
        yield from _parties(each, has_bridge=bridge is not None, comes_in=inbound)
        opened = [one for one in case.openings if one.document_type == each.document_type]
        yield from _ways(each, opened)
        triggers = {name for one in opened for name in one.triggers}
        what = f"trigger of {each.document_type}:"
        yield from unlike(what, each.triggered_by, triggers, owner="officer", where="the rules")
    yield from _batches(answer, case)


def _parties(answer: Flow, *, has_bridge: bool, comes_in: set[str]) -> Iterator[Difference]:
    kind, parties = answer.document_type, answer.parties
    if parties > 1 and not has_bridge:
        yield Difference(
            answer=f"{parties} parties sign {kind}",
            found="there is no section `bridge`: nothing goes to other companies or persons",
            owner="it",
            cure="Set the bridge up (docs/bridge.md), or let only our side sign.",
        )
    elif parties == 1 and kind in comes_in:
        yield Difference(
            answer=f"only we sign {kind}",
            found="`inbound` of the bridge makes it of contracts that others send",
            owner="it",
            cure="Count the parties anew, or take it out of `inbound`.",
        )


def _ways(answer: Flow, opened: list[Opening]) -> Iterator[Difference]:
    kind = answer.document_type
    wants_automatic = "automatic" in answer.ours or "batch" in answer.ours
    for word, wanted, rules in (
        ("automatic", wants_automatic, [one.rule for one in opened if one.is_automatic]),
        ("manual", "manual" in answer.ours, [one.rule for one in opened if one.is_manual]),
    ):
        if wanted != bool(rules):
            yield Difference(
                answer=f"our seal on {kind}: {', '.join(answer.ours)}",
                found=f"rules by which that is {word}: {listed(set(rules))}",
                owner="officer",
                cure="Add or take out `approvals` in the rules (docs/approvals.md), or correct "
                "`ours`.",
            )


def _batches(answer: tuple[Flow, ...], case: Case) -> Iterator[Difference]:
    wanted = any("batch" in each.ours for each in answer)
    rules = {one.rule for one in case.openings if one.document_type == RECEIPT_TYPE}
    if wanted != bool(rules):
        yield Difference(
            answer="documents come in batches" if wanted else "no documents come in batches",
            found=f"rules that let a batch's receipt be sealed: {listed(rules)}",
            owner="officer",
            cure=f"Permit a seal on {RECEIPT_TYPE} (docs/batches.md), or correct `ours`.",
        )


def own_signing(answer: OwnSigning, case: Case) -> Iterator[Difference]:
    """Automatic, by people, under grants or not; and those who approve are there, with keys."""
    opened = [one for one in case.openings if one.document_type not in OWN_TYPES]
    for word, wanted, rules in (
        ("automatic", answer.automatic, {one.rule for one in opened if one.is_automatic}),
        ("people", answer.people, {one.rule for one in opened if one.is_manual}),
    ):
        if wanted != bool(rules):
            yield Difference(
                answer=f"{word}: {str(wanted).lower()}",
                found=f"rules that work so: {listed(rules)}",
                owner="officer",
                cure="Change the rules' `approvals`, or the answer.",
            )
    governance = case.here.bundle.governance
    demands = governance is not None and governance.automatic_sealing == "granted"
    if answer.written_authority != demands:
        yield Difference(
            answer=f"a written authority for every automatic seal: "
            f"{str(answer.written_authority).lower()}",
            found=f"`automaticSealing` is {'granted' if demands else 'free, or not said'}",
            owner="officer",
            cure="Set `automaticSealing` in Governance (docs/policies.md), or correct the answer.",
        )
    yield from _authorities(opened, case)
    yield from _approvers(opened, case)
    if answer.sign_in != "key":
        yield Difference(
            answer=f"people sign in by {answer.sign_in}",
            found="people sign what they approve with a key of their own; there is no other way in",
            owner="it",
            cure="Give approvers keys (docs/approvals.md), or have an OA system sign approvals.",
        )


def _authorities(opened: list[Opening], case: Case) -> Iterator[Difference]:
    """Grants, where a system needs one to have a seal put on by itself."""
    bundle, at = case.here.bundle, case.here.at
    governance, day = bundle.governance, office_day(at)
    if governance is None:
        return
    live = [
        grant
        for grant in bundle.grants.values()
        if grant.valid_from <= day <= grant.valid_until
        and (grant.revoked_at is None or grant.revoked_at > at)
    ]
    without = {
        (name, one.seal.name, one.document_type)
        for one in opened
        if one.is_automatic
        for name in one.systems
        if governance.automatic_sealing == "granted"
        or bundle.systems[name].company != one.seal.company
        if not any(
            one.seal.name in grant.seals
            and one.document_type in grant.document_types
            and (grant.grantee_kind, grant.grantee)
            in {("system", name), ("company", bundle.systems[name].company)}
            for grant in live
        )
    }
    for name, seal, kind in sorted(without):
        yield Difference(
            answer=f"{name} has {seal} put on {kind} by itself",
            found="no grant (授权书) that is in force lets it",
            owner="officer",
            cure="Have the seal's company give one (SealGrant), or ask for approvals.",
        )


def _approvers(opened: list[Opening], case: Case) -> Iterator[Difference]:
    """Persons with keys, as many as a rule asks for."""
    sources = {each.role for each in case.here.bundle.approval_sources.values()}
    for rule, stage in sorted(
        {(one.rule, stage) for one in opened for stage in _stages(one)}, key=lambda each: each[0]
    ):
        able = [
            person.name
            for person in case.here.bundle.persons.values()
            if person.keys
            and not stage.roles.isdisjoint(roles_of(case.here.bundle, person, at=case.here.at))
        ]
        if len(able) < stage.count and stage.roles.isdisjoint(sources):
            yield Difference(
                answer=f"people approve for the rule {rule}",
                found=f"it takes {stage.count} of {listed(stage.roles)}; with a key there are: "
                f"{listed(able)}",
                owner="officer",
                cure="Add Persons with that role and a key (sealgate policy key).",
            )


def _stages(opening: Opening) -> tuple[Stage, ...]:
    approvals = opening.permit.approvals
    return () if approvals is None else approvals.stages


def handwriting(answer: tuple[Handwriting, ...], case: Case) -> Iterator[Difference]:
    """Where drawing is required somebody can draw; where persons can sign it was answered."""
    for each in answer:
        if each.recognition:
            yield Difference(
                answer=f"{each.document_type}: handwriting is recognised",
                found="nobody here compares handwriting; what was drawn is kept as it is",
                owner="business",
                cure="Do without, or have it compared by others before the document is used.",
            )
        if each.drawing == "required" and not case.here.lets_persons_sign:
            yield Difference(
                answer=f"{each.document_type}: persons must draw",
                found="there is no bridge.persons_root: nobody can sign in a browser",
                owner="it",
                cure="Set the bridge up and name persons_root (docs/bridge.md).",
            )
    if not answer and case.here.lets_persons_sign:
        yield Difference(
            answer="no document type",
            found="bridge.persons_root is there: persons can sign, and may draw or type",
            owner="business",
            cure="Say of each type that persons sign whether they may or must draw.",
        )
