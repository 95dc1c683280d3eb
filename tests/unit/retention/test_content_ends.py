"""Content is kept as long as policies and holds say, erased after that, and the log proves it."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from gateway.audit.verification import LogVerifier
from gateway.retention import sweeping
from gateway.retention.errors import HoldEndedProblem, HoldScopeProblem, HoldUnknownProblem
from gateway.retention.holds import HoldBook
from gateway.retention.sweeping import Sweeper
from gateway.signing.errors import ContentErasedProblem
from gateway.signing.model import SealedDocument
from gateway.store.engines.database import open_reader
from gateway.store.files.content import ContentStore, Location
from policies.model import Caller
from policies.objects.documents import Retention
from tests.running_gateway import RECEIPT
from tests.signing_house import House, request, signing_house

OFFICER = Caller(system="person:li-na", company="east", person="li-na")
WEEK = Retention(keep="digests")
TEN_YEARS = Retention(years=10)


@dataclass
class Archived:
    house: House
    holds: HoldBook
    sweeper: Sweeper

    def keep(self, retention: Retention) -> None:
        """What the policies say of receipts from now on."""
        bundle = self.house.in_force.bundle
        kept = msgspec.structs.replace(bundle.document_types["receipt"], retention=retention)
        types = {**bundle.document_types, "receipt": kept}
        self.house.in_force = replace(
            self.house.in_force, bundle=replace(bundle, document_types=types)
        )

    async def sealed(self, key: str = "k", number: str = "WB-1") -> SealedDocument:
        return await self.house.service.seal(request(key, business_number=number), RECEIPT)

    async def content(self, key: str = "k", number: str = "WB-1") -> bytes:
        return b"".join((await self.sealed(key, number)).content)

    def findings(self) -> list[str]:
        note = (self.house.directory / "checkpoint").read_text()
        reader = open_reader(self.house.directory / "test.sqlite")
        with reader.connect() as connection:
            verifier = LogVerifier(
                connection, key=self.house.log_key, published={"checkpoint": note}
            )
            return [finding.what for finding in verifier.verify().findings]


@pytest.fixture
async def archived(tmp_path: Path) -> AsyncIterator[Archived]:
    async with signing_house(tmp_path) as house:
        yield Archived(
            house,
            HoldBook(
                lane=house.lane,
                audit=house.audit,
                in_force=lambda: house.in_force,
                clock=house.clock,
            ),
            Sweeper(
                lane=house.lane,
                audit=house.audit,
                content=house.content,
                in_force=lambda: house.in_force,
                clock=house.clock,
            ),
        )


async def test_without_a_word_content_is_kept_for_good(archived: Archived) -> None:
    before = await archived.content()
    archived.house.clock.move(timedelta(days=40_000))
    assert await archived.sweeper.sweep() == 0
    assert await archived.content() == before


async def test_digests_only_means_that_content_goes_once_it_could_be_collected(
    archived: Archived,
) -> None:
    archived.keep(WEEK)
    sealed = await archived.sealed()
    archived.house.clock.move(timedelta(days=6))
    assert await archived.sweeper.sweep() == 0
    archived.house.clock.move(timedelta(days=1))
    assert await archived.sweeper.sweep() == 1
    with pytest.raises(ContentErasedProblem, match="erased by record"):
        await archived.sealed()  # the same request again: it is known, and never sealed anew
    assert sealed.row.location is not None
    segment = archived.house.directory / "documents" / sealed.row.location.segment
    assert RECEIPT[:200] not in segment.read_bytes()
    assert await archived.sweeper.sweep() == 0
    await archived.house.audit.checkpoint()
    assert archived.findings() == []


async def test_years_are_counted_by_the_calendar(archived: Archived) -> None:
    archived.keep(TEN_YEARS)
    await archived.sealed()
    archived.house.clock.moment = datetime(2036, 11, 22, 1, 59, tzinfo=UTC)
    assert await archived.sweeper.sweep() == 0
    archived.house.clock.moment = datetime(2036, 11, 22, 2, 0, tzinfo=UTC)
    assert await archived.sweeper.sweep() == 1


def test_what_was_signed_on_a_leap_day_ends_on_the_first_of_march() -> None:
    signed = datetime(2028, 2, 29, 4, 0, tzinfo=UTC)
    assert Retention(years=1).until(signed) == datetime(2029, 3, 1, 4, 0, tzinfo=UTC)
    assert Retention(years=4).until(signed) == datetime(2032, 2, 29, 4, 0, tzinfo=UTC)


async def test_officers_can_lengthen_what_is_kept_and_not_shorten_it(archived: Archived) -> None:
    archived.keep(WEEK)
    await archived.sealed("short")
    archived.keep(Retention())
    await archived.sealed("good")
    archived.keep(TEN_YEARS)
    archived.house.clock.move(timedelta(days=100))
    assert await archived.sweeper.sweep() == 0  # by now both are kept, the one for ten years
    archived.keep(WEEK)
    assert await archived.sweeper.sweep() == 0
    archived.house.clock.move(timedelta(days=4000))
    assert await archived.sweeper.sweep() == 1
    assert await archived.content("good")


async def test_a_hold_keeps_content_whatever_its_age_until_it_ends(archived: Archived) -> None:
    archived.keep(WEEK)
    for number in ("WB-1", "WB-2"):
        await archived.sealed(number, number)
    hold = await archived.holds.begin(
        OFFICER, company="east", business_number="WB-1", document_type="", reason="诉讼"
    )
    archived.house.clock.move(timedelta(days=30))
    assert await archived.sweeper.sweep() == 1
    assert await archived.content("WB-1", "WB-1")
    with pytest.raises(ContentErasedProblem):
        await archived.content("WB-2", "WB-2")
    assert await archived.holds.listed(OFFICER, live_only=True) == (hold,)
    ended = await archived.holds.end(OFFICER, hold.id)
    assert ended.ended_by == "person:li-na"
    assert await archived.holds.listed(OFFICER, live_only=True) == ()
    assert await archived.holds.listed(OFFICER, live_only=False) == (ended,)
    assert await archived.sweeper.sweep() == 1
    with pytest.raises(HoldEndedProblem):
        await archived.holds.end(OFFICER, hold.id)


async def test_a_hold_is_of_ones_own_company_and_of_a_type_that_there_is(
    archived: Archived,
) -> None:
    with pytest.raises(HoldScopeProblem, match="west"):
        await archived.holds.begin(
            OFFICER, company="west", business_number="", document_type="", reason="x"
        )
    with pytest.raises(HoldScopeProblem, match="contract"):
        await archived.holds.begin(
            OFFICER, company="east", business_number="", document_type="contract", reason="x"
        )
    hold = await archived.holds.begin(
        OFFICER, company="east", business_number="", document_type="receipt", reason="x"
    )
    with pytest.raises(HoldUnknownProblem):
        await archived.holds.end(Caller(system="person:x", company="west"), hold.id)


async def test_many_are_erased_page_by_page_though_some_of_them_are_held(
    archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_AT_ONCE", 3)
    archived.keep(WEEK)
    for number in range(8):
        archived.house.clock.move(timedelta(hours=number % 2))
        await archived.sealed(str(number), f"WB-{number % 2}")
    await archived.holds.begin(
        OFFICER, company="east", business_number="WB-1", document_type="", reason="x"
    )
    archived.house.clock.move(timedelta(days=30))
    assert await archived.sweeper.sweep() == 4
    assert await archived.sweeper.sweep() == 0


async def test_what_a_stop_left_between_record_and_deed_is_carried_out(
    archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived.keep(WEEK)
    sealed = await archived.sealed()
    archived.house.clock.move(timedelta(days=8))

    def die(_store: ContentStore, _location: Location, _length: int) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(ContentStore, "erase", die)
        with pytest.raises(RuntimeError):
            await archived.sweeper.sweep()
    assert sealed.row.location is not None
    segment = archived.house.directory / "documents" / sealed.row.location.segment
    assert RECEIPT[:200] in segment.read_bytes()
    assert await archived.sweeper.sweep() == 1
    assert RECEIPT[:200] not in segment.read_bytes()
    await archived.house.audit.checkpoint()
    assert archived.findings() == []


async def test_content_that_was_taken_away_without_a_record_is_found(archived: Archived) -> None:
    await archived.sealed()
    await archived.house.audit.checkpoint()
    with archived.house.engine.begin() as connection:
        connection.execute(text("UPDATE document SET erased_index = 1, is_wiped = 1"))
    (found,) = archived.findings()
    assert "no record tells of it" in found


async def test_any_tar_reads_a_companys_documents_and_what_they_are(archived: Archived) -> None:
    sealed = await archived.sealed(number="运单-1")
    (segment,) = (archived.house.directory / "documents" / "companies" / "east").glob("*.tar")
    with tarfile.open(segment) as tar:
        note, pdf = tar.getmembers()
        told = json.load(tar.extractfile(note))  # type: ignore[arg-type]  # it is a file
        content = tar.extractfile(pdf).read()  # type: ignore[union-attr]  # it is a file
    assert (note.name, pdf.name) == (f"{sealed.row.id}.pdf.json", f"{sealed.row.id}.pdf")
    assert hashlib.sha256(content).hexdigest() == told["output"]["sha256"]
    assert told["input"]["sha256"] == hashlib.sha256(RECEIPT).hexdigest()
    assert (told["businessNumber"], told["company"]) == ("运单-1", "east")
    listed = subprocess.run(["tar", "-tf", segment], capture_output=True, check=True, text=True)
    assert listed.stdout.split() == [note.name, pdf.name]
