"""By which rules pyHanko asks what followed a signature. Runs in the child only."""

from typing import Final

from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffPolicy, StandardDiffPolicy
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from gateway.revisions.numbers import known_numbers

_FREES_NUMBERS: Final = StandardDiffPolicy(
    DEFAULT_DIFF_POLICY.global_rules, DEFAULT_DIFF_POLICY.form_rule, reject_object_freeing=False
)


def rules_for(signature: EmbeddedPdfSignature) -> DiffPolicy:
    """PyHanko's own; without its rule on free objects where no object of the file is freed.

    iText and OpenPDF call numbers free that they reserved and did not need, that of their table
    among them.

    Args:
        signature: that is asked about.
    """
    reader = signature.reader
    freed = {
        number: {each.idnum for each in reader.xrefs.refs_freed_in_revision(number)}
        for number in range(signature.signed_revision + 1, reader.xrefs.total_revisions)
    }
    if not any(freed.values()):
        return DEFAULT_DIFF_POLICY
    took_away = any(gone and gone & known_numbers(reader, each) for each, gone in freed.items())
    return DEFAULT_DIFF_POLICY if took_away else _FREES_NUMBERS
