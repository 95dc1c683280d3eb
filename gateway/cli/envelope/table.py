"""The commands of `sealgate envelope`, as `gateway.cli.table` lists all."""

from collections.abc import Mapping

ENVELOPE: Mapping[str, tuple[str, str]] = {
    "create": (
        "envelope.create:create",
        "Write down who signs which PDFs, until when. Nothing of them leaves yet.",
    ),
    "send": (
        "envelope.sending:send",
        "Send the envelope of a description. What is sent is final.",
    ),
    "list": ("envelope.showing:list_", "List your company's envelopes, the newest first."),
    "show": (
        "envelope.showing:show",
        "Show an envelope: who has signed, what is done next, and what holds it up.",
    ),
    "watch": (
        "envelope.watching:watch",
        "Follow an envelope until all have signed and it is here, or it has ended otherwise.",
    ),
    "withdraw": (
        "envelope.acting:withdraw",
        "Withdraw an envelope of yours that not everybody has signed.",
    ),
    "decline": (
        "envelope.acting:decline",
        "Decline an envelope that you have not signed, whatever your policies would say.",
    ),
    "remind": ("envelope.acting:remind", "Remind a party that it is its turn (催签)."),
    "link": (
        "envelope.acting:link",
        "Print a new link for a person, or for the goods' label; an earlier one no longer opens.",
    ),
    "release": (
        "envelope.acting:release",
        "Let somebody else claim a delivery that was left lying, or locked by wrong digits.",
    ),
    "document": (
        "envelope.fetching:document",
        "Fetch a document of an envelope as it is now, with the signatures that it has.",
    ),
    "attach": (
        "envelope.fetching:attach",
        "Bring a document that travelled another way, of an envelope with digests only.",
    ),
    "transcript": (
        "envelope.fetching:transcript",
        "Fetch the record of an envelope, to be verified without a network.",
    ),
    "verify": (
        "envelope.proving:verify",
        "Judge a transcript and its documents, without a network or a gateway.",
    ),
    "compare": (
        "envelope.proving:compare",
        "Hold two companies' transcripts of one envelope against each other.",
    ),
}
