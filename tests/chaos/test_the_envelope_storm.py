"""Two companies and their network are killed while contracts go to and fro; then all is compared.

As with the other storm, the checker is tried on the storm's own history, with one thing made wrong
at a time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes.statements import Signed, parse
from cloud_bridge.envelopes.transcript import read, write
from gateway.cli.envelope.model import Trouble
from tests.chaos.envelopes.checker import envelope_violations
from tests.chaos.envelopes.model import CompanyHistory, EnvelopeHistory
from tests.chaos.envelopes.outage import endure_outage
from tests.chaos.envelopes.run import EnvelopeOutcome, envelope_storm
from tests.chaos.envelopes.town import found
from tests.chaos.model import Asked, Invariant, Taken

pytestmark = pytest.mark.timeout(300)  # two minutes are little where the machine is busy
KILLS = 4
WAITING = 100


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> EnvelopeOutcome:
    directory = tmp_path_factory.mktemp("envelopes")
    running = envelope_storm(
        found(directory),
        directory / "client.log",
        kills=KILLS,
        seed=20261127,
        most_progress=4,
        judged=5,
    )
    return asyncio.run(running)


def test_every_contract_ends_at_both_companies_however_often_they_and_the_network_are_killed(
    stormy: EnvelopeOutcome,
) -> None:
    assert stormy.violations == []
    assert sum(stormy.kills.values()) == KILLS
    statuses = [
        [each.status for each in company.told.values()]
        for company in stormy.history.companies.values()
    ]
    assert {"completed"} <= set(statuses[0])
    assert sorted(statuses[0]) == sorted(statuses[1])
    assert stormy.envelopes >= KILLS


def with_company(history: EnvelopeHistory, **changes: object) -> EnvelopeHistory:
    name, company = next(iter(history.companies.items()))
    changed = replace(company, **changes)  # type: ignore[arg-type]
    return replace(history, companies=dict(history.companies) | {name: changed})


def first(history: EnvelopeHistory) -> tuple[CompanyHistory, str]:
    company = next(iter(history.companies.values()))
    completed = (id_ for id_, each in company.told.items() if each.status == "completed")
    return company, next(completed)


def with_told(history: EnvelopeHistory, **changes: object) -> EnvelopeHistory:
    company, id_ = first(history)
    changed = msgspec.structs.replace(company.told[id_], **changes)
    return with_company(history, told=dict(company.told) | {id_: changed})


def with_entries(
    history: EnvelopeHistory,
    change: Callable[[tuple], tuple],  # type: ignore[type-arg]
) -> EnvelopeHistory:
    company, id_ = first(history)
    file = read(company.transcripts[id_])
    record = msgspec.structs.replace(file.record, entries=change(file.record.entries))
    written = write(file.network, record)
    return with_company(history, transcripts=dict(company.transcripts) | {id_: written})


def taken_twice(history: EnvelopeHistory) -> EnvelopeHistory:
    taken = next(each for each in history.client if isinstance(each, Taken))
    return replace(history, client=(*history.client, replace(taken, envelope="another")))


def never_taken(history: EnvelopeHistory) -> EnvelopeHistory:
    asked = Asked(attempt="x", key="carrier-999-allowed", is_allowed=True, at=0)
    return replace(history, client=(*history.client, asked))


def of_nobody(history: EnvelopeHistory) -> EnvelopeHistory:
    company, id_ = first(history)
    return with_company(history, told=dict(company.told) | {"nobody's": company.told[id_]})


def lost(history: EnvelopeHistory) -> EnvelopeHistory:
    company, id_ = first(history)
    told = {key: each for key, each in company.told.items() if key != id_}
    transcripts = {key: each for key, each in company.transcripts.items() if key != id_}
    contents = {key: each for key, each in company.contents.items() if key != id_}
    return with_company(history, told=told, transcripts=transcripts, contents=contents)


def shorter(history: EnvelopeHistory) -> EnvelopeHistory:
    return with_entries(history, lambda entries: entries[:-1])


def said_otherwise(history: EnvelopeHistory) -> EnvelopeHistory:
    def change(entries: tuple) -> tuple:  # type: ignore[type-arg]
        signed = msgspec.structs.replace(entries[1].signed, signature=bytes(64))
        return (entries[0], msgspec.structs.replace(entries[1], signed=signed), *entries[2:])

    return with_entries(history, change)


def signed_twice(history: EnvelopeHistory) -> EnvelopeHistory:
    def change(entries: tuple) -> tuple:  # type: ignore[type-arg]
        signed = next(each for each in entries if isinstance(parse(each.signed).act, Signed))
        return (*entries, signed)

    return with_entries(history, change)


def not_signed(history: EnvelopeHistory) -> EnvelopeHistory:
    def change(entries: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(each for each in entries if not isinstance(parse(each.signed).act, Signed))

    return with_entries(history, change)


def sealed_beside_the_record(history: EnvelopeHistory) -> EnvelopeHistory:
    company, _ = first(history)
    row = next(each for each in company.house.documents if each.key.startswith("envelope:"))
    rows = (*company.house.documents, replace(row, id="beside", digest="0" * 64))
    return with_company(history, house=replace(company.house, documents=rows))


def not_sealed_here(history: EnvelopeHistory) -> EnvelopeHistory:
    company, _ = first(history)
    rows = tuple(each for each in company.house.documents if not each.key.startswith("envelope:"))
    return with_company(history, house=replace(company.house, documents=rows))


def as_two_digests(history: EnvelopeHistory) -> EnvelopeHistory:
    """The key was given another digest for a document that it had signed."""
    company, _ = first(history)
    row = next(each for each in company.house.documents if each.key.startswith("envelope:"))
    records = company.house.records
    (own,) = (each for each in records if each["kind"] == "intent" and each["document"] == row.id)
    other = next(
        each
        for each in records
        if each["kind"] == "intent" and each["to_be_signed"] != own["to_be_signed"]
    )
    of_the_same = {**other, "document": row.id}
    changed = tuple(of_the_same if each is other else each for each in records)
    return with_company(history, house=replace(company.house, records=changed))


def another_file(history: EnvelopeHistory) -> EnvelopeHistory:
    company, _ = first(history)
    id_, (name,) = next((id_, tuple(each)) for id_, each in company.contents.items())
    return with_company(history, contents=dict(company.contents) | {id_: {name: b"another"}})


def called_a_liar(history: EnvelopeHistory) -> EnvelopeHistory:
    return with_company(history, lies=("forked: it is not",))


def in_trouble(history: EnvelopeHistory) -> EnvelopeHistory:
    return with_told(history, trouble=(Trouble(type="missing", detail=""),))


def still_signing(history: EnvelopeHistory) -> EnvelopeHistory:
    return with_told(history, status="signing")


def forbidden_but_completed(history: EnvelopeHistory) -> EnvelopeHistory:
    client = tuple(
        replace(each, is_allowed=False) if isinstance(each, Asked) else each
        for each in history.client
    )
    return replace(history, client=client)


WRONG: dict[Callable[[EnvelopeHistory], EnvelopeHistory], Invariant] = {
    taken_twice: "E1",
    never_taken: "E1",
    of_nobody: "E1",
    lost: "E1",
    still_signing: "E1",
    forbidden_but_completed: "E1",
    shorter: "E2",
    said_otherwise: "E2",
    signed_twice: "E3",
    not_signed: "E3",
    sealed_beside_the_record: "E4",
    not_sealed_here: "E4",
    as_two_digests: "E4",
    another_file: "E4",
    called_a_liar: "E5",
    in_trouble: "E5",
}


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change.__name__)
def test_the_checker_finds_what_is_made_wrong(
    stormy: EnvelopeOutcome, change: Callable[[EnvelopeHistory], EnvelopeHistory]
) -> None:
    broken = envelope_violations(change(stormy.history))
    assert WRONG[change] in {each.invariant for each in broken}, broken


async def test_a_day_without_the_network_is_made_good_once_each_and_nothing_is_missing(
    tmp_path: Path,
) -> None:
    came = await endure_outage(tmp_path, envelopes=WAITING)
    assert came.faults == []
    assert [each.checked for each in came.reports] == [WAITING, WAITING]
