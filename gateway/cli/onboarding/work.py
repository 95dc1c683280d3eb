"""Questions 1 to 4: what is wanted, from when, of which kinds, how many."""

from collections.abc import Iterator

from gateway.cli.onboarding.answers_inside import Goals, KeptType, Scenario, Volumes
from gateway.cli.onboarding.capacity import bearable_per_second, disk_bytes, peak_per_second
from gateway.cli.onboarding.model import Case, Difference, Installation, unlike
from gateway.cli.onboarding.openings import OWN_TYPES
from policies.calendar import office_day
from policies.objects.documents import Retention

_MEGABYTE = 1_000_000
_GIGABYTE = 1_000_000_000
_KILOBYTE = 1_000


def goals(answer: Goals, case: Case) -> Iterator[Difference]:
    """Each has a figure from before, and what it is measured by is still kept at the review."""
    for each in answer.wanted:
        if each.before is None:
            yield Difference(
                answer=each.goal,
                found="there is no figure from before, and after the start nobody can take one",
                owner="business",
                cure="Measure how it is today, and write it under `before`.",
            )
    kept = case.here.config.policies.history_days
    if answer.review_after_days > kept and any(
        each.measured_by == "decisions" for each in answer.wanted
    ):
        yield Difference(
            answer=f"decisions are compared after {answer.review_after_days} days",
            found=f"policies.history_days is {kept}: those of the first days are gone by then",
            owner="it",
            cure=f"Set policies.history_days: {answer.review_after_days}, or review earlier.",
        )


def scenarios(answer: tuple[Scenario, ...], case: Case) -> Iterator[Difference]:
    """From `go_live` on, and not before, a policy lets each company's seals on each type."""
    today = office_day(case.here.at)
    opened = {
        (each.seal.company, each.document_type): each.rule
        for each in case.openings
        if each.document_type not in OWN_TYPES
    }
    planned = {
        (company, kind): min(
            each.go_live
            for each in answer
            if company in each.companies and kind in each.document_types
        )
        for scenario in answer
        for company in scenario.companies
        for kind in scenario.document_types
    }
    for (company, kind), day in sorted(planned.items()):
        rule = opened.get((company, kind))
        told = f"{kind} of {company}: live from {day}"
        if day <= today and rule is None:
            yield Difference(
                answer=told,
                found="no policy permits anybody an active seal of that company on it",
                owner="officer",
                cure="Publish a policy that does (sealgate policy publish), or move `go_live`.",
            )
        elif day > today and rule is not None:
            yield Difference(
                answer=told,
                found=f"the rule {rule} permits it today",
                owner="officer",
                cure="Take the rule out until then, or move `go_live`.",
            )
    for (company, kind), rule in sorted(opened.items()):
        if (company, kind) not in planned:
            yield Difference(
                answer=f"no scenario has {kind} of {company}",
                found=f"the rule {rule} permits it",
                owner="officer",
                cure="Name it in a scenario, or take the rule out.",
            )


def document_types(answer: tuple[KeptType, ...], case: Case) -> Iterator[Difference]:
    """The policies have these types and no others, each kept as long as was answered."""
    there = {
        name: each
        for name, each in case.here.bundle.document_types.items()
        if name not in OWN_TYPES
    }
    names = [each.name for each in answer]
    yield from unlike("document type", names, there, owner="officer", where="the policies")
    for each in answer:
        found = there.get(each.name)
        if found is not None and (each.keep, each.years) != _kept(found.retention):
            keep, years = _kept(found.retention)
            yield Difference(
                answer=f"{each.name}: {_told(each.keep, each.years)}",
                found=f"its `retention` says: {_told(keep, years)}",
                owner="officer",
                cure="Correct `retention` of the DocumentType, or the answer.",
            )


def _kept(retention: Retention) -> tuple[str, int | None]:
    if retention.keep == "digests":
        return "digests", None
    return ("for-good", None) if retention.years is None else ("years", retention.years)


def _told(keep: str, years: int | None) -> str:
    return f"keep content for {years} years" if keep == "years" else f"keep: {keep}"


def volumes(answer: Volumes, case: Case) -> Iterator[Difference]:
    """Limits let through what comes, and cores, HSM and disk bear it (sizing.md)."""
    yield from _limits(answer, case.here)
    yield from _rates(answer, case.here)
    yield from _disk(answer, case.here)
    takes = any(
        not each.intake.refuses("embedded-files")
        for name, each in case.here.bundle.document_types.items()
        if name not in OWN_TYPES
    )
    if answer.attachments != takes:
        yield Difference(
            answer=f"attachments: {str(answer.attachments).lower()}",
            found="a document type accepts `embedded-files`"
            if takes
            else "every document type refuses `embedded-files`",
            owner="officer",
            cure="Say so under `intake` of the DocumentType (docs/intake.md), or in the answer.",
        )


def _limits(answer: Volumes, here: Installation) -> Iterator[Difference]:
    largest = answer.largest_megabytes * _MEGABYTE
    at_once = answer.at_once * answer.mean_kilobytes * _KILOBYTE
    http, jobs = here.config.http, here.config.jobs
    for key, wanted, limit, what in (
        ("http.max_document_bytes", largest, http.max_document_bytes, "the largest document"),
        (
            "jobs.most_open_items_of_a_system",
            answer.at_once,
            jobs.most_open_items_of_a_system,
            "what comes at once",
        ),
        (
            "jobs.most_open_bytes_of_a_system",
            at_once,
            jobs.most_open_bytes_of_a_system,
            "what comes at once",
        ),
    ):
        if wanted > limit:
            yield Difference(
                answer=f"{what}: {wanted:,.0f}",
                found=f"{key} is {limit:,}",
                owner="it",
                cure=f"Raise {key} to {wanted:,.0f} or more.",
            )


def _rates(answer: Volumes, here: Installation) -> Iterator[Difference]:
    peak = peak_per_second(answer.busiest_day, hours=answer.busiest_hours)
    told = f"up to {peak:,.1f} documents/s on the busiest day"
    bearable = bearable_per_second(here.cores, nodes=answer.nodes)
    if peak > bearable:
        yield Difference(
            answer=told,
            found=f"{answer.nodes} nodes with {here.cores} cores are planned for {bearable:,.0f}/s",
            owner="it",
            cure="More cores, or more nodes on one PostgreSQL (docs/operations/sizing.md).",
        )
    if peak > answer.hsm_per_second:
        yield Difference(
            answer=told,
            found=f"the HSM signs {answer.hsm_per_second:,.1f} times a second",
            owner="it",
            cure="A faster HSM, or a second gateway with an HSM of its own, by company.",
        )
    if answer.nodes > 1 and here.config.store.url is None:
        yield Difference(
            answer=f"{answer.nodes} nodes",
            found="there is no store.url: SQLite is for one node",
            owner="it",
            cure="Name a PostgreSQL database in store.url (docs/store.md), or plan one node.",
        )


def _disk(answer: Volumes, here: Installation) -> Iterator[Difference]:
    mean = answer.mean_kilobytes * _KILOBYTE
    wanted = disk_bytes(answer.per_year * answer.disk_years, mean_bytes=mean)
    if wanted > here.free_bytes:
        yield Difference(
            answer=f"{answer.per_year:,} documents a year for {answer.disk_years:g} years: "
            f"{wanted / _GIGABYTE:,.1f} GB",
            found=f"{here.free_bytes / _GIGABYTE:,.1f} GB are free where documents go",
            owner="it",
            cure="A larger volume (store.documents), or a `retention` that ends.",
        )
