"""By which policies an exported approval is judged: a bundle file, or the installation's copy."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gateway.approvals.model import Asked, written
from gateway.approvals.proof import Proof, proved
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError
from gateway.bundles.reading import SealedBundle, read
from gateway.cli.officers.deciding_policies import policies_at, policies_here
from gateway.store.engines.database import open_writer
from gateway.store.migrating import migrate
from gateway.store.rows.approvals import ApprovalRow
from gateway.store.schema import activation
from policies.model import Caller, DocumentFacts, SealRequest
from tests.sealed_bundles import Group, key
from tests.unit.cli.conftest import CommandLine, rewrite

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def asked_by(digest: str) -> Proof:
    """An approval that waits, by policies of this digest."""
    request = SealRequest(
        caller=Caller(system="tms", company="group"),
        seal="receipt-east",
        document_type="receipt",
        business_number="WB-1",
    )
    facts = DocumentFacts(pages=1, size_bytes=1, revisions=1, signatures=0, pdf_version="1.7")
    row = ApprovalRow(
        id="0193",
        state="pending",
        created_at=NOW,
        expires_at=NOW,
        system="tms",
        request_digest=bytes(32),
        document_digest=bytes(32),
        seal="receipt-east",
        document_type="receipt",
        rule="receipts/automatic",
        bundle=digest,
        asked=written(Asked(request=request, facts=facts, trace_id="t")),
    )
    return Proof(
        format="sealgate-approval-proof-1",
        approvals=(proved(row, ()),),
        requests=(msgspec.Raw(msgspec.json.encode(request)),),
        records=(),
        checkpoint="",
    )


def test_of_a_bundle_file_it_is_told_who_has_signed_it(tmp_path: Path) -> None:
    group, file = Group(), tmp_path / "next.sealbundle"
    file.write_bytes(group.sign(group.built(), key("wang"), key("zhao")))
    used = policies_at(file)
    assert used.signed_by == ("wang", "zhao")
    assert used.bundle.digest == read(file.read_bytes()).manifest.content


def test_of_a_directory_nobody_has_signed_it(sealgate: CommandLine) -> None:
    used = policies_at(sealgate.trial.policies)
    assert used.signed_by == ()
    assert policies_here(sealgate.config, asked_by("sha256:x")) == used


def test_the_installation_finds_the_bundle_that_was_in_force_then(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    group = Group()
    data = group.published()
    first, again = (
        read(data),
        read(group.published(after=read(data).manifest)),  # of the same content
    )
    root = tmp_path / "root.json"
    root.write_bytes(group.root.written())
    kept = f"directory: {sealgate.trial.policies}"
    rewrite(sealgate.trial.config_file, kept, f"bundles: {tmp_path}\n  root: {root}")
    config, copies = sealgate.config, BundleCopies(sealgate.config.bundle_copies)
    copies.keep(data, first.manifest)
    copies.keep(b"damaged", again.manifest)
    _were_in_force(config.database, first, again)
    asked = asked_by(first.manifest.content)
    assert policies_here(config, asked).signed_by == ("li", "wang")
    copies.path_of(first.manifest).unlink()
    for proof in (asked, asked_by("sha256:other")):
        with pytest.raises(BundleFileError, match="there is no whole copy of sha256:"):
            policies_here(config, proof)


def _were_in_force(database: Path, *bundles: SealedBundle) -> None:
    engine = open_writer(database)
    migrate(engine)
    with engine.begin() as connection:
        for each in bundles:
            row = {
                "sequence": each.manifest.sequence,
                "digest": each.manifest.content,
                "manifest": each.statement,
                "at": 0,
                "audit_index": 0,
            }
            connection.execute(activation.insert(), [row])
    engine.dispose()
