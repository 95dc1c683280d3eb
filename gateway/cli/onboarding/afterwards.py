"""Questions 15 to 17: where signed documents go, what is counted, who is trained."""

from collections.abc import Iterator

from gateway.cli.onboarding.answers_outside import Reports, Return, Returns, Rollout
from gateway.cli.onboarding.model import Case, Difference, Installation, listed, unlike
from gateway.cli.onboarding.openings import OWN_TYPES
from gateway.config.values import is_loopback


def returns(answer: Returns, case: Case) -> Iterator[Difference]:
    """Each system gets its documents as answered, and content is kept here or is not."""
    here = case.here
    names = [each.system for each in answer.systems]
    there = here.bundle.systems
    yield from unlike("system", names, there, owner="officer", where="the policies")
    for each in answer.systems:
        if each.system in there:
            ways = _ways(each, here)
            what = f"way back for {each.system}:"
            yield from unlike(what, each.by, ways, owner="it", where="keys and declarations")
    types = here.bundle.document_types.values()
    digests = [
        each.name
        for each in types
        if each.name not in OWN_TYPES and each.retention.keep == "digests"
    ]
    kept = [each.name for each in types if each.name not in {*OWN_TYPES, *digests}]
    if answer.archive_here and digests:
        yield Difference(
            answer="documents are kept here",
            found=f"only digests are kept of {listed(digests)}",
            owner="officer",
            cure="`retention: {keep: content}` (docs/archive.md), or archive them elsewhere.",
        )
    if not answer.archive_here and kept:
        yield Difference(
            answer="documents are not kept here",
            found=f"the content is kept of {listed(kept)}",
            owner="officer",
            cure="`retention: {keep: digests}` (docs/archive.md), or answer that they are.",
        )


def _ways(answer: Return, here: Installation) -> set[str]:
    system = here.bundle.systems[answer.system]
    declared = here.declarations
    ways: set[str] = set()
    # Whoever asks over HTTP has the answer, whatever is wanted.
    if system.keys or system.certificates:
        ways.add("answer")
    if any(answer.system in each.systems for each in declared.webhooks.values()):
        ways.add("webhook")
    if any(each.system == answer.system for each in declared.returns.values()) or any(
        each.system == answer.system and each.mapping is not None and each.returns_to
        for each in declared.connectors.values()
    ):
        ways.add("connector")
    return ways


def reports(answer: Reports, case: Case) -> Iterator[Difference]:
    """What is to be told is counted, and the metrics can be read by whom they are for."""
    bundle = case.here.bundle
    if "parties" in answer.by:
        yield Difference(
            answer="figures by number of parties",
            found="usage counts seals and documents, not parties",
            owner="it",
            cure="Count envelopes from the export (docs/usage.md), or do without.",
        )
    without = [each.name for each in bundle.systems.values() if each.line is None]
    types = [each for name, each in bundle.document_types.items() if name not in OWN_TYPES]
    says_it = all("department" in each.attributes for each in types)
    if "department" in answer.by and without and not says_it:
        yield Difference(
            answer="figures by department",
            found=f"no business line for {listed(without)}, and not every document type has an "
            "attribute `department`",
            owner="officer",
            cure="Give systems a `line`, or types the attribute (docs/usage.md).",
        )
    is_here = is_loopback(case.here.config.http.host)
    if answer.prometheus == "elsewhere" and is_here:
        yield Difference(
            answer="a Prometheus on another machine",
            found=f"/metrics is at {case.here.config.http.host} only",
            owner="it",
            cure="Let it scrape through the proxy on this machine, or listen beyond it (http.tls).",
        )
    if answer.prometheus != "elsewhere" and not is_here:
        yield Difference(
            answer=f"Prometheus: {answer.prometheus}",
            found=f"/metrics is at {case.here.config.http.host}, without authentication, for all "
            "who reach the port",
            owner="it",
            cure="Close /metrics at the firewall or proxy, or answer `elsewhere`.",
        )


def rollout(answer: Rollout, case: Case) -> Iterator[Difference]:
    """Whoever has a key was trained, and each scenario has a step before it goes live."""
    able = {each.name for each in case.here.bundle.persons.values() if each.keys}
    yield from unlike(
        "person with a key:", answer.trained, able, owner="business", where="the policies"
    )
    scenarios = {each.name: each for each in case.answers.scenarios or ()}
    named = {each.scenario for each in answer.steps}
    yield from unlike("scenario", named, scenarios, owner="business", where="question 2's answers")
    for name, scenario in sorted(scenarios.items()):
        days = [each.by for each in answer.steps if each.scenario == name]
        if days and min(days) > scenario.go_live:
            yield Difference(
                answer=f"the first step of {name} is done by {min(days)}",
                found=f"it goes live on {scenario.go_live} (question 2)",
                owner="business",
                cure="Train before the start, or move `go_live`.",
            )
