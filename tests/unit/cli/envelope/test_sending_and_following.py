"""From a description to an envelope that all have signed, on the command line."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from cloud_bridge.envelopes.statements import Attachment, Place, Received
from gateway.cli.app import app
from gateway.clock import SystemClock
from gateway.envelopes.model import EnvelopeTold, EvidenceTold
from policies.model import Caller
from tests.envelope_parties import BUYER, PAPER, SELLER, terms_of
from tests.envelopes_in_memory import EnvelopesInMemory
from tests.signing_house import FakeClock
from tests.unit.cli.conftest import CommandLine
from tests.unit.http.test_envelopes import served
from tests.unit.http.test_routes import KEY

CREATE = (
    *("--company", "east", "--seal", "company-east", "--type", "purchase-contract"),
    *("--number", "PO-7", "--from", "org-buyer=买方有限公司"),
)

GOODS = (
    *("--waybill", "WB-817", "--shipper", "示例商贸", "--consignee", "江南示例门店"),
    *("--line", "保温箱=12", "--line", "托盘=4"),
)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["envelope", *map(str, words)])


@dataclass
class Desk:
    """Whoever types commands, and the gateway that they reach."""

    folder: Path
    url: str
    envelopes: EnvelopesInMemory

    async def __call__(self, *words: str | Path) -> Result:
        pem = self.folder / "own.pem"
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(KEY.private_bytes(*form))
        reach = ("--url", self.url, "--key", f"key={pem}")
        return await asyncio.to_thread(run, *words, *reach)

    async def described(self, *more: str) -> Path:
        contract = self.folder / "采购合同.pdf"
        contract.write_bytes(PAPER)
        told = await asyncio.to_thread(run, "create", contract, *CREATE, *more)
        assert told.exit_code == 0, told.stderr
        return self.folder / "采购合同.envelope.yaml"

    async def sent(self) -> str:
        described = await self.described("--to", "org-seller=Seller Ltd")
        told = await self("send", described, "--json")
        assert told.exit_code == 0, told.stderr
        return str(json.loads(told.stdout)["envelope"]["id"])


@asynccontextmanager
async def desk(directory: Path, envelopes: EnvelopesInMemory | None = None) -> AsyncIterator[Desk]:
    clock = FakeClock(SystemClock().now())
    async with served(directory, envelopes=envelopes, clock=clock) as house:
        folder = directory / "desk"
        folder.mkdir()
        yield Desk(folder, house.url, house.envelopes)


async def test_create_writes_what_send_sends_and_nothing_leaves_between(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd", "-a", "amount_cents=100")
        assert at.envelopes.kept == {}
        written = yaml.safe_load(described.read_text(encoding="utf-8"))
        assert [(each["id"], each["turn"]) for each in written["parties"]] == [
            ("us", 1),
            ("them", 2),
        ]
        assert written["attributes"] == {"amount_cents": 100}
        told = await at("send", described)
        assert told.exit_code == 0, told.stderr
        assert "signing  采购合同  to Seller Ltd" in told.stdout
        (kept,) = at.envelopes.kept.values()
        assert [each.party.account for each in kept.made.state.parties] == [
            *("org-buyer", "org-seller")
        ]


async def test_the_same_description_again_is_the_same_envelope(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        first, second = await at("send", described), await at("send", described)
        assert first.stdout == second.stdout
        assert "it was sent before" in second.stderr
        assert len(at.envelopes.kept) == 1


async def test_who_could_not_be_looked_up_at_the_network_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd", "--person", "李强=person-9")
        at.envelopes.unasked = ("person",)
        told = await at("send", described)
        assert told.exit_code == 0, told.stderr
        assert "the network does not answer now: whether it has the account of party person" in (
            told.stderr
        )
        assert "sealgate envelope watch" in told.stderr


async def test_a_file_that_was_changed_after_it_was_looked_through_is_not_sent(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        (at.folder / "采购合同.pdf").write_bytes(PAPER + b" and one more page")
        told = await at("send", described)
        assert told.exit_code == 2
        assert "采购合同.pdf is another file than when" in told.stderr
        assert at.envelopes.kept == {}


async def test_a_mistake_in_a_description_is_told_with_its_line(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        text = described.read_text(encoding="utf-8")
        described.write_text(text.replace("mode: encrypted", "mood: encrypted"), encoding="utf-8")
        told = await at("send", described)
        assert told.exit_code == 2
        line = text.splitlines().index("mode: encrypted") + 1
        assert f"采购合同.envelope.yaml:{line}: mood: unknown key" in told.stderr


async def test_persons_sign_at_the_foot_of_the_page_and_the_network_may_show_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        described = await at.described(
            *("--person", "王芳=person-1", "--person", "李强=person-2", "--order", "parallel")
        )
        written = yaml.safe_load(described.read_text(encoding="utf-8"))
        assert written["mode"] == "open"
        people = [each for each in written["parties"] if each["kind"] == "person"]
        assert [each["turn"] for each in people] == [2, 2]
        (first,), (second,) = [each["fields"] for each in people]
        left = first["box"]["leftMm"] + first["box"]["widthMm"]
        assert left < second["box"]["leftMm"]
        again = await asyncio.to_thread(
            *(run, "create", at.folder / "采购合同.pdf", *CREATE, "--replace"),
            *("--person", "王芳=person-1"),
        )
        assert "to where nothing lies" in " ".join(again.stderr.split())
        assert (await at("send", described)).exit_code == 0


async def test_we_sign_last_and_a_third_only_reads(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described(
            *("--to", "org-seller=Seller Ltd", "--we-sign", "last", "--copy", "org-third=Third"),
            *("--expires", "2027-01-31T18:00:00+08:00"),
        )
        written = yaml.safe_load(described.read_text(encoding="utf-8"))
        assert [each["id"] for each in written["parties"]] == ["them", "us", "copy-1"]
        assert [each.get("turn") for each in written["parties"]] == [1, 2, None]
        assert written["expiresAt"] == "2027-01-31T10:00:00+00:00"


async def test_what_we_alone_sign_may_go_to_others_as_a_copy(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--copy", "org-third=Third")
        assert (await at("send", described)).exit_code == 0


async def test_a_description_is_not_written_over_unasked(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        described.write_text("my own words")
        again = run("create", at.folder / "采购合同.pdf", *CREATE, "--to", "a=b")
        assert again.exit_code == 2
        assert "--replace" in again.stderr
        assert described.read_text() == "my own words"
        await at.described("--to", "a=b", "--replace")
        assert described.read_text() != "my own words"


async def test_options_that_cannot_be_are_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        contract = at.folder / "c.pdf"
        contract.write_bytes(PAPER)
        (at.folder / "c.docx").write_bytes(b"PK")
        nobody = ("--config", at.folder / "none.yaml")  # and no --from: nothing says who we are
        for words, why in (
            ((contract, *CREATE, "--to", "org-seller"), "is not ORGANISATION=NAME"),
            ((contract, *CREATE, "--we-sign", "no"), "nobody signs"),
            ((contract, *CREATE), "nobody but you takes part"),
            ((contract, *CREATE, "--to", "a=b", "--expires", "soon"), "is no date"),
            ((contract, *CREATE, "--to", "a=b", "--expires", "2020-01-01"), "is over already"),
            ((contract, *CREATE, *GOODS, "--bearer", "x"), "no end of a telephone number"),
            ((contract, *CREATE, "--bearer", "5678"), "--bearer needs the goods as well"),
            ((contract, *CREATE[:-2], *nobody, *GOODS, "--bearer", ""), "name --carrier"),
            ((contract, *CREATE, *GOODS, "--to", "a=b"), "nobody takes them"),
            ((at.folder / "c.docx", *CREATE, "--to", "a=b"), "is no PDF"),
            ((at.folder / "no.pdf", *CREATE, "--to", "a=b"), "cannot be read"),
        ):
            told = run("create", *words)
            assert told.exit_code == 2
            assert why in told.stderr.replace("\n", " "), told.stderr


async def test_whoever_takes_the_goods_signs_before_us(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--bearer", "5678", *GOODS)
        written = yaml.safe_load(described.read_text(encoding="utf-8"))
        turns = [(each["id"], each["turn"]) for each in written["parties"]]
        assert turns == [("bearer", 1), ("us", 2)]
        assert written["delivery"]["carrier"] == "买方有限公司"
        assert written["delivery"]["lines"] == [["保温箱", 12], ["托盘", 4]]
        text = described.read_text(encoding="utf-8")
        described.write_text(text.replace("kind: bearer", "kind: person\n  account: p"), "utf-8")
        told = await at("send", described)
        assert (told.exit_code, at.envelopes.kept) == (2, {})
        assert "nobody takes them" in told.stderr.replace("\n", " ")


async def test_list_and_show_tell_who_has_signed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert "no envelopes" in (await at("list")).stderr
        envelope = await at.sent()
        at.envelopes.kept[envelope].made.sign("us")
        listed = await at("list")
        assert listed.exit_code == 0
        assert "1 of 2" in listed.stdout
        shown = (await at("show", envelope)).stdout
        assert "✓ us: 买方有限公司: signed" in shown
        assert "→ them: Seller Ltd: its-turn" in shown


async def test_ids_are_listed_in_one_piece_beside_long_names(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        envelope = await at.sent()
        (line,) = (each for each in (await at("list")).stdout.splitlines() if envelope in each)
        assert "采购合同" in line


async def test_what_a_driver_gave_along_is_shown_and_fetched(tmp_path: Path) -> None:
    photo = b"\xff\xd8\xff a box with a hole"
    digest = hashlib.sha256(photo).hexdigest()
    pressed = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
    async with desk(tmp_path) as at:
        envelope = await at.sent()
        kept = at.envelopes.kept[envelope]
        kept.evidence = (
            EvidenceTold(
                party="driver",
                at=pressed + timedelta(hours=2),
                acted_at=pressed,
                late=True,
                place=Place(latitude=31.2304, longitude=121.4737, accuracy_m=20),
                goods=(Received(line=0, received=7, short=1),),
                remark="外箱一处破损",
                attachments=(
                    Attachment(
                        name="photo-1.jpg", digest=digest, size=len(photo), media_type="image/jpeg"
                    ),
                ),
            ),
        )
        kept.contents[digest] = photo
        shown = (await at("show", envelope)).stdout
        for words in (
            "driver: signed",
            ", late",
            "31.23040, 121.47370 within 20 m",
            "line 1: 7 received, 1 short, 0 damaged",
            "remark: 外箱一处破损",
            f"photo-1.jpg, {len(photo)} bytes, SHA-256 {digest}",
        ):
            assert words in shown
        into = at.folder / "photo.jpg"
        fetched = await at("document", envelope, digest, "-o", into)
        assert (fetched.exit_code, into.read_bytes()) == (0, photo)


async def test_watch_follows_to_the_end_and_says_how_it_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        envelope = await at.sent()
        watching = asyncio.create_task(at("watch", envelope))
        await asyncio.sleep(0)
        at.envelopes.complete(envelope)
        while not watching.done():
            await at.envelopes.news()
            await asyncio.sleep(0.01)  # it runs in a thread of its own
        told = await watching
        assert told.exit_code == 0, told.stderr
        assert f"{envelope}  completed" in told.stdout


async def test_watch_goes_on_until_what_was_signed_last_is_verified(tmp_path: Path) -> None:
    class Unsound(EnvelopesInMemory):
        askings = 0

        async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
            told = await super().show(caller, envelope)
            self.askings += 1
            if self.askings == 1:
                return replace(told, status="completed", next_step="wait-for-network")
            return replace(told, status="held", next_step="look-at-it")

        async def watch(
            self, caller: Caller, envelope: str, *, beyond: int, seconds: float
        ) -> EnvelopeTold:
            assert beyond >= 0 < seconds
            return await self.show(caller, envelope)

    async with desk(tmp_path, Unsound()) as at:
        told = await at("watch", await at.sent())
        assert told.exit_code == 1, told.stderr
        assert "held" in told.stdout


async def test_a_completed_envelope_that_lacks_its_file_exits_1_and_says_what_to_attach(
    tmp_path: Path,
) -> None:
    class Lacking(EnvelopesInMemory):
        async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
            told = await super().show(caller, envelope)
            hint = "Attach 采购合同.pdf as the partner has sent it."
            return replace(told, status="completed", next_step="wait-for-content", next_hint=hint)

    async with desk(tmp_path, Lacking()) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        told = await at("send", described, "--watch")
        assert told.exit_code == 1, told.stderr
        assert "Attach 采购合同.pdf" in told.stdout.splitlines()[-1]


async def test_what_holds_a_sent_envelope_is_told_with_its_cure(tmp_path: Path) -> None:
    class Held(EnvelopesInMemory):
        async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
            told = await super().show(caller, envelope)
            words = "it leads to no trusted root"
            trouble = (("revision-untrusted", words),)
            return replace(
                told, status="held", next_step="look-at-it", next_hint=words, trouble=trouble
            )

    async with desk(tmp_path, Held()) as at:
        described = await at.described("--to", "org-seller=Seller Ltd")
        told = await at("send", described, "--watch")
        assert told.exit_code == 1, told.stderr
        assert "revision-untrusted: it leads to no trusted root" in told.stdout
        assert "bridge.trusted_roots" in told.stdout


async def test_watch_of_one_that_was_withdrawn_exits_1(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        envelope = await at.sent()
        told = await at("withdraw", envelope, "--reason", "写错了价格")
        assert (told.exit_code, "withdrawn" in told.stdout) == (0, True)
        assert (await at("watch", envelope)).exit_code == 1
        again = await at("withdraw", envelope, "--reason", "写错了价格")
        assert again.exit_code == 1
        assert "it is withdrawn" in again.stderr.replace("\n", " ")


async def test_a_withdrawal_that_is_still_on_its_way_says_so(tmp_path: Path) -> None:
    class Slow(EnvelopesInMemory):
        async def withdraw(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
            before = await self.show(caller, envelope)
            await super().withdraw(caller, envelope, reason=reason)
            return before

    async with desk(tmp_path, Slow()) as at:
        envelope = await at.sent()
        told = await at("withdraw", envelope, "--reason", "写错了价格")
        assert (told.exit_code, f"{envelope}  signing" in told.stdout) == (0, True)
        assert f"on its way to the network: `sealgate envelope watch {envelope}`" in told.stderr


async def test_one_of_theirs_is_declined_with_the_file_brought_or_not(tmp_path: Path) -> None:
    envelopes = EnvelopesInMemory()
    theirs = terms_of(SELLER, BUYER, initiator="org-seller", mode="digest")
    async with desk(tmp_path, envelopes) as at:
        await envelopes.receive(theirs, by="org-seller", contents={})
        other, same = at.folder / "other.pdf", at.folder / "合同.pdf"
        other.write_bytes(b"%PDF-1.7 other")
        same.write_bytes(PAPER)
        wrong = await at("attach", theirs.envelope, other, "--name", "合同.pdf")
        assert wrong.exit_code == 1
        assert (await at("attach", theirs.envelope, same)).exit_code == 0
        into = at.folder / "fetched.pdf"
        fetched = await at("document", theirs.envelope, "合同.pdf", "-o", into)
        assert (fetched.exit_code, into.read_bytes()) == (0, PAPER)
        assert (await at("decline", theirs.envelope, "--reason", "no")).exit_code == 0


async def test_a_file_that_differs_is_not_written_over(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        envelope = await at.sent()
        place = at.folder / "mine.pdf"
        place.write_bytes(b"mine")
        told = await at("document", envelope, "采购合同.pdf", "-o", place)
        assert told.exit_code == 2
        assert place.read_bytes() == b"mine"


async def test_a_person_gets_a_link_on_standard_output_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--person", "王芳=person-1")
        told = await at("send", described, "--json")
        envelope = json.loads(told.stdout)["envelope"]["id"]
        linked = await at("link", envelope, "person")
        assert linked.stdout == "https://network.example/s/1\n"
        assert "nobody but the one who signs" in linked.stderr
        assert (await at("remind", envelope, "person")).exit_code == 1  # it is our turn
        at.envelopes.kept[envelope].made.sign("us")
        assert (await at("remind", envelope, "person")).exit_code == 0
        assert (await at("link", envelope, "us")).exit_code == 1
        assert (await at("release", envelope, "person")).exit_code == 1  # nobody claims a person


async def test_the_link_of_a_delivery_belongs_on_the_label(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        described = await at.described("--bearer", "5678", *GOODS)
        told = await at("send", described, "--json")
        envelope = json.loads(told.stdout)["envelope"]["id"]
        assert "bearer: whoever holds the goods" in (await at("show", envelope)).stdout
        linked = await at("link", envelope, "bearer")
        assert linked.exit_code == 0, linked.stderr
        assert "on the goods' label" in linked.stderr


async def test_a_person_named_by_contact_has_the_account_that_the_network_says(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        contract = at.folder / "采购合同.pdf"
        contract.write_bytes(PAPER)
        persons = ("--person", "王芳=+86 138 0000 4821", "--person", "Li Qiang=li@example.com")
        told = await at("create", contract, *CREATE, *persons, "--person", "赵敏=person-77")
        assert told.exit_code == 0, told.stderr
        written = yaml.safe_load((at.folder / "采购合同.envelope.yaml").read_text())
        accounts = [each["account"] for each in written["parties"]]
        assert accounts == ["org-buyer", "person-1", "person-2", "person-77"]
        known = {("王芳", "+86 138 0000 4821"), ("Li Qiang", "li@example.com")}
        assert at.envelopes.persons.keys() == known
        assert "4821" not in (at.folder / "采购合同.envelope.yaml").read_text()


async def test_who_is_named_by_account_needs_no_gateway(tmp_path: Path) -> None:
    contract = tmp_path / "c.pdf"
    contract.write_bytes(PAPER)
    nowhere = ("--url", "http://127.0.0.1:1", "--key", f"key={tmp_path / 'none.pem'}")
    told = run("create", contract, *CREATE, "--person", "王芳=person-1", *nowhere)
    assert told.exit_code == 0, told.stderr
    told = run("create", contract, *CREATE, "--replace", "--person", "王芳=13800004821", *nowhere)
    assert told.exit_code == 2


def test_who_we_are_is_known_from_the_configuration(sealgate: CommandLine) -> None:
    directory = sealgate.trial.directory
    bridge = (
        "bridge:\n  url: https://network.example\n"
        f"  network_key: {'A' * 43}\n  trusted_roots: {directory}/roots\n  companies:\n"
        "    - {company: east, organisation: org-east, name: 示例物流, card_seal: receipt-east,\n"
        f"       system: tms, signing_key: {directory}/s.pem, encryption_key: {directory}/e.pem}}\n"
    )
    config = sealgate.trial.config_file
    config.write_text(config.read_text(encoding="utf-8") + bridge, encoding="utf-8")
    contract = directory / "c.pdf"
    contract.write_bytes(PAPER)
    options = ("--seal", "receipt-east", "--type", "t", "--number", "1", "--to", "org-b=B")
    told = sealgate("envelope", "create", contract, "--company", "east", *options)
    assert told.exit_code == 0, told.stderr
    written = yaml.safe_load((directory / "c.envelope.yaml").read_text(encoding="utf-8"))
    assert written["parties"][0]["account"] == "org-east"
    other = sealgate("envelope", "create", contract, "--company", "west", *options, "--replace")
    assert other.exit_code == 2
    assert "company 'west' is not in bridge.companies, which has east; say --from" in other.stderr
    again = yaml.safe_load((directory / "c.envelope.yaml").read_text(encoding="utf-8"))
    assert again == written
