"""An approval is for this document, seal, purpose and request, until then; for no other."""

import base64
import hashlib
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.approvals.statements import STATEMENT
from gateway.store.schema import approval as approval_table
from gateway.store.schema import approval_statement
from policies.model import Invisible
from tests.approving_house import SIGNERS, Approving, approving_house, problem
from tests.running_gateway import EXAMPLES, RECEIPT
from tests.statement_keys import token

OTHER = (EXAMPLES / "receipts" / "cairo-a4-201.pdf").read_bytes()
HEX = "ab" * 32


@pytest.mark.parametrize(
    "changed",
    [
        {"document": RECEIPT + b"\n"},
        {"document": OTHER},
        {"seal": "company-east"},
        {"business_number": "WB-2"},
        {"placement": Invisible()},
        {"requested_by": "sun"},
    ],
    ids=["a byte more", "another document", "seal", "number", "placement", "requester"],
)
async def test_what_was_approved_lets_nothing_else_through(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    async with approving_house(tmp_path) as made:
        await made.say("wang", await made.ask())
        assert (await problem(made.seal("other", **changed)))[0] == "approval-needed"  # type: ignore[arg-type] # as the parameters have them
        await made.seal()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"approval": "0193"}, "approval is '0193' in the statement and"),
        ({"document": HEX}, f"document is '{HEX}' in the statement and"),
        ({"seal": "company-east"}, "seal is 'company-east' in the statement and 'receipt-east'"),
        ({"document_type": "inquiry"}, "document_type is 'inquiry' in the statement and"),
        ({"request": HEX}, f"request is '{HEX}' in the statement and"),
        ({"rule": "receipts/other"}, "rule is 'receipts/other' in the statement and"),
        ({"expires": 2_000_000_000}, "expires is 2000000000 in the statement and"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_statement_on_something_else_is_void_and_the_difference_is_named(
    tmp_path: Path, changed: dict[str, str | int], named: str
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        kind, detail = await problem(made.say("wang", approval, **changed))
        assert kind == "approval-void"
        assert detail.startswith(named)
        assert made.records("approval") == []


async def test_a_statement_for_a_changed_document_names_both_digests(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        one = await made.ask()
        other = await made.ask(document=OTHER)
        kind, detail = await problem(
            made.take_statement("wang", other, made.statement("wang", one))
        )
        assert kind == "approval-void"
        for document in (RECEIPT, OTHER):
            assert hashlib.sha256(document).hexdigest() in detail


async def test_no_byte_of_a_statement_can_be_changed(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        header, payload, signature = made.statement("wang", approval).split(".")
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        for place in range(len(raw)):
            changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            encoded = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
            told = await problem(
                made.take_statement("wang", approval, f"{header}.{encoded}.{signature}")
            )
            assert told[0] == "approval-statement-invalid"
        assert made.records("approval") == []


async def test_a_statement_is_taken_from_who_signed_it(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        signed_by_zhao = made.statement("zhao", approval)
        assert await problem(made.take_statement("wang", approval, signed_by_zhao)) == (
            "approval-not-yours",
            "'zhao' signed the statement, and 'person:wang' sent it; everybody sends their own",
        )


async def test_a_statement_of_another_kind_is_none(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        payload = made.statement("wang", approval).split(".")[1]
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        for header in (
            {"alg": "ES256", "kid": "wang-2026", "typ": "sealgate-freeze"},
            {"alg": "none", "kid": "wang-2026", "typ": STATEMENT},
            {"alg": "ES256", "kid": "nobody-2026", "typ": STATEMENT},
        ):
            told = await problem(
                made.take_statement("wang", approval, token(header, raw, SIGNERS["wang"]))
            )
            assert told[0] == "approval-statement-invalid"


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_statement_is_of_the_time_in_which_it_was_asked(
    tmp_path: Path, minutes: int
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        at = int(made.house.clock.now().timestamp()) + 60 * minutes
        told = await problem(made.say("wang", approval, at=at))
        assert told[0] == "approval-statement-invalid"


async def test_a_statement_that_somebody_wrote_into_the_database_does_not_count(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path) as made:
        one = await made.ask()
        other = await made.ask("other", OTHER)
        await made.say("wang", one)
        await _forge(made, update(approval_statement).values(approval=other))
        assert (await problem(made.seal("other", OTHER)))[0] == "approval-needed"
        assert (await made.shown("wang", other)).state == "pending"


async def test_an_approval_whose_row_was_changed_does_not_count(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        await _forge(made, update(approval_table).values(expires_at=2**50))
        assert (await problem(made.seal()))[0] == "approval-needed"


async def _forge(made: Approving, statement: object) -> None:
    await made.house.lane.write(lambda unit: unit.connection.execute(statement) and None)  # type: ignore[call-overload] # any statement
