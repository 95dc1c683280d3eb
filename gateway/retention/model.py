"""Legal holds. All frozen."""

from datetime import datetime

import msgspec


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A company's documents whose content is not erased, whatever their age.

    Attributes:
        id: its own.
        company: whose documents.
        business_number: only those of this number; empty: all.
        document_type: only those of this type; empty: all.
        reason: why, in a sentence.
        by: who asked for it.
        at: from when on.
        audit_index: of the record that says so.
        ended_by: who ended it; None: it holds.
        ended_at: when.
        end_index: of the record of its end.
    """

    id: str
    company: str
    business_number: str = ""
    document_type: str = ""
    reason: str
    by: str
    at: datetime
    audit_index: int
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_index: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether it holds."""
        return self.ended_at is None

    def covers(self, *, company: str, business_number: str, document_type: str) -> bool:
        """Whether it is of such a document."""
        return (
            self.company == company
            and self.business_number in ("", business_number)
            and self.document_type in ("", document_type)
        )
