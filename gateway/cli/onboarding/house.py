"""Questions 5 to 7: the group, its systems, what they hand in."""

from collections.abc import Iterator

from connectors.amqp.settings import AMQPSettings
from connectors.folder.connector import FolderSettings
from connectors.http.connector import HTTPSettings
from connectors.open import Settings
from connectors.s3.settings import S3Settings
from connectors.sftp.settings import SFTPSettings
from connectors.table.connector import TableSettings
from gateway.cli.onboarding.answers_inside import Format, GroupAnswer, SystemAnswer, Way
from gateway.cli.onboarding.model import Case, Difference, Installation, listed, unlike
from gateway.cli.onboarding.openings import OWN_TYPES
from policies.calendar import office_day
from policies.objects.rules import ANY
from policies.objects.seals import SealGrant
from policies.people import posts_of, roles_of

_POLICIES = "the policies"
_TEMPLATE = "doc.template"


def group(answer: GroupAnswer, case: Case) -> Iterator[Difference]:
    """Companies, their people, who manages their seals, and who may use those of another."""
    here = case.here
    names = [each.name for each in answer.companies]
    yield from unlike("company", names, here.bundle.companies, owner="officer", where=_POLICIES)
    for each in answer.companies:
        people = sum(
            person.company == each.name and bool(posts_of(person, at=here.at))
            for person in here.bundle.persons.values()
        )
        if people != each.people:
            yield Difference(
                answer=f"{each.people} people at {each.name}",
                found=f"{people} persons of it hold a post today",
                owner="officer",
                cure="Add Persons with their posts, or correct `people`.",
            )
        otherwise = [
            seal.name
            for seal in here.bundle.seals.values()
            if seal.company == each.name and seal.managed_by != each.seals_managed_by
        ]
        if otherwise:
            yield Difference(
                answer=f"seals of {each.name} are managed by: {each.seals_managed_by}",
                found=f"`managedBy` says otherwise for {listed(otherwise)}",
                owner="officer",
                cure="Correct `managedBy` of the seals, or the answer.",
            )
    lent = {f"{company} for {owner}" for company, owner in _lent(here)}
    answered = [f"{each.company} for {each.seals_of}" for each in answer.on_behalf]
    yield from unlike("grant to", answered, lent, owner="officer", where="the grants in force")
    managers = {
        person.name
        for person in here.bundle.persons.values()
        if any(
            here.bundle.roles[role].power == "seal-manager"
            for role in roles_of(here.bundle, person, at=here.at)
        )
    }
    yield from unlike(
        "seal manager", answer.seal_managers, managers, owner="officer", where=_POLICIES
    )


def _lent(here: Installation) -> Iterator[tuple[str, str]]:
    """Who may use whose seals today, by a grant between two companies."""
    day = office_day(here.at)
    for grant in here.bundle.grants.values():
        is_void = grant.revoked_at is not None and grant.revoked_at <= here.at
        if is_void or not grant.valid_from <= day <= grant.valid_until:
            continue
        company = _grantee(here, grant)
        for seal in grant.seals:
            owner = here.bundle.seals[seal].company
            if owner != company:
                yield company, owner


def _grantee(here: Installation, grant: SealGrant) -> str:
    match grant.grantee_kind:
        case "company":
            return grant.grantee
        case "system":
            return here.bundle.systems[grant.grantee].company
        case "post":
            return here.bundle.posts[grant.grantee].company


def systems(answer: tuple[SystemAnswer, ...], case: Case) -> Iterator[Difference]:
    """The policies know these systems, by these ways, with these approvals before the seal."""
    there = case.here.bundle.systems
    names = [each.name for each in answer]
    yield from unlike("system", names, there, owner="officer", where=_POLICIES)
    for each in answer:
        if each.name in there:
            ways = _ways(each.name, case.here)
            what = f"way in for {each.name}:"
            yield from unlike(what, each.comes_by, ways, owner="it", where="keys and connectors")
            yield from _approvals(each, case)


def _ways(name: str, here: Installation) -> set[Way]:
    system = here.bundle.systems[name]
    ways: set[Way] = {"api"} if system.keys or system.certificates else set()
    return ways | {
        _way(each.settings)
        for each in here.declarations.connectors.values()
        if each.system == name and each.mapping is not None and each.name in system.connectors
    }


def _way(settings: Settings) -> Way:
    match settings:
        case FolderSettings():
            return "folder"
        case SFTPSettings():
            return "sftp"
        case AMQPSettings():
            return "amqp"
        case TableSettings():
            return "table"
        case HTTPSettings():
            return "http"
        case S3Settings():
            return "s3"


def _approvals(answer: SystemAnswer, case: Case) -> Iterator[Difference]:
    asking = [
        each
        for each in case.openings
        if answer.name in each.systems and each.permit.approvals is not None
    ]
    told = f"approval before the seal for {answer.name}: {answer.approval}"
    if answer.approval == "none" and asking:
        yield Difference(
            answer=told,
            found=f"the rule {asking[0].rule} asks for approvals",
            owner="officer",
            cure="Answer `here` or `oa`, or take `approvals` out of the rule.",
        )
    elif answer.approval != "none" and not asking:
        yield Difference(
            answer=told,
            found="no rule for it asks for approvals",
            owner="officer",
            cure="Add `approvals` to its rules (docs/approvals.md), or answer `none`.",
        )
    elif answer.oa is not None:
        source = case.here.bundle.approval_sources.get(answer.oa)
        roles = {
            role
            for each in asking
            if each.permit.approvals is not None
            for stage in each.permit.approvals.stages
            for role in stage.roles
        }
        if source is None or source.role not in roles:
            yield Difference(
                answer=f"{told} ({answer.oa})",
                found="there is no ApprovalSource of that name"
                if source is None
                else f"those who approve there are {source.role}, the rules ask {listed(roles)}",
                owner="officer",
                cure="Declare the OA system's key and role (docs/approvals.md): a flag that it "
                "sends proves nothing.",
            )


def formats(answer: tuple[Format, ...], case: Case) -> Iterator[Difference]:
    """All are PDF; of a fixed form (制式) a template is looked for, and of others not."""
    bundle = case.here.bundle
    names = [each.document_type for each in answer]
    there = set(bundle.document_types) - OWN_TYPES
    yield from unlike("document type", names, there, owner="officer", where=_POLICIES)
    for each in answer:
        if each.format != "pdf":
            yield Difference(
                answer=f"{each.document_type} comes as {each.format}",
                found="PDF is sealed, and nothing else; nothing is converted here",
                owner="caller",
                cure="Have the system that hands it in make the PDF, and keep its source.",
            )
        asked = _asking_for_a_form(each.document_type, case)
        templates = [
            name
            for name, template in bundle.templates.items()
            if template.document_type == each.document_type
        ]
        if each.fixed_form != bool(asked and templates):
            yield Difference(
                answer=f"{each.document_type} has a fixed form: {str(each.fixed_form).lower()}",
                found=f"templates: {listed(templates)}; rules that ask for one: {listed(asked)}",
                owner="officer",
                cure="Learn a Template (sealgate policy template) and ask for it in a rule: "
                "`doc.template`; or correct the answer.",
            )


def _asking_for_a_form(document_type: str, case: Case) -> set[str]:
    """Rules that permit what follows a template, or forbid what does not."""
    permits = {
        opening.rule
        for opening in case.openings
        if opening.document_type == document_type and _TEMPLATE in (opening.permit.when or "")
    }
    forbids = {
        f"{policy.name}/{rule.id}"
        for policy in case.here.bundle.policies.values()
        if not {document_type, ANY}.isdisjoint(policy.document_types)
        for rule in policy.forbid
        if _TEMPLATE in (rule.when or "")
    }
    return permits | forbids
