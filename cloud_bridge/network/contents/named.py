"""What is named must have been brought: by terms, before they are sent, and by who signs."""

from sqlalchemy import Connection, select

from cloud_bridge.envelopes.statements import Signed
from cloud_bridge.model import Terms
from cloud_bridge.network.contents.rows import has, head_of
from cloud_bridge.network.contents.rules import refuse_other_mode
from cloud_bridge.network.problems import ContentMissingProblem
from cloud_bridge.network.store import schema


def refuse_what_is_missing(connection: Connection, terms: Terms) -> None:
    """Before an envelope is sent: its initiator must have brought all documents, as it says.

    What it brought besides is forgotten when it does not agree with the mode.

    Raises:
        ContentMissingProblem, ModeProblem: see there.
    """
    table = schema.content
    rows = connection.execute(
        select(table.c.digest, table.c.head).where(
            table.c.envelope == terms.envelope, table.c.uploader == terms.initiator
        )
    ).all()
    heads = {row.digest: head_of(row) for row in rows}
    for head in heads.values():
        refuse_other_mode(head, terms.mode)
    for document in terms.documents:
        if terms.mode != "digest" and document.digest not in heads:
            raise ContentMissingProblem(
                f"the content of {document.name!r} ({document.digest}) must be put first"
            )


def refuse_what_is_unbrought(connection: Connection, envelope: str, act: Signed) -> None:
    """ContentMissingProblem: somebody signs what nobody of the envelope has brought."""
    for digest in (
        *(each.digest for each in act.revisions),
        *(each.digest for each in act.attachments),
    ):
        if not has(connection, envelope, digest):
            raise ContentMissingProblem(f"the content {digest} must be put before it is stated")
