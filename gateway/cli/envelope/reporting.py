"""What `sealgate envelope verify` tells of a transcript: one value, printed or given as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from cloud_bridge.envelopes.findings import Finding, TranscriptFindings
from cloud_bridge.envelopes.model import EnvelopeState

_UNREADABLE: Final = "unreadable"
_BY_THE_FILE: Final = (
    "The network's key was taken from the file: what organisations said is proved by their seals, "
    "what the network said is not. Name its key with --network-key."
)
_COMES_TO: Final = {
    "draft": "NOT SENT: nobody has seen it",
    "signing": "NOT COMPLETED: {missing}",
    "completed": "completed: everybody has signed",
    "declined": "DECLINED by {declined}: it was never completed",
    "withdrawn": "WITHDRAWN by who sent it: it was never completed",
    "expired": "EXPIRED before everybody had signed: it was never completed",
    "voided": "VOID: it was completed, and then cancelled by envelope {voided_by}",
}
_CANNOT_BE_TOLD: Final = "CANNOT BE TOLD"
_BY_WHAT: Final = {
    (True, False): "this key",
    (False, True): "these roots",
    (True, True): "this key and these roots",
    (False, False): "these roots",
}
_MAY_BE_NEWER: Final = (
    "This is how it stood after the last entry in the file. What came later is not in it: of a "
    "contract that counts ask a party or the network for a transcript of today."
)
_VOID_BY_THE_NETWORK: Final = (
    "That it is void is the network's word. What proves it is the transcript of the envelope that "
    "cancels it, signed by all who signed this one: verify that, too."
)
_CANCELS: Final = (
    "This is a cancellation agreement: where it is completed, envelope {voids} is void."
)
_NO_SIGNATURES: Final = (
    "The signatures on the documents themselves are judged by `sealgate verify FILE`."
)
Verdict = Literal["valid", "not-valid", "could-not-tell"]


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `--json` prints. Keys are only ever added."""

    verdict: Verdict
    envelope: str | None
    title: str | None
    status: str | None
    comes_to: str | None
    voided_by: str | None
    voids: str | None
    sequence: int
    head: str
    network: str | None
    network_key: str
    organisations: Mapping[str, str]
    parties: tuple[Mapping[str, Any], ...]
    digests: Mapping[str, str]
    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    caveats: tuple[str, ...]


def report_of(found: TranscriptFindings) -> Report:
    """What was found; of an envelope that cannot be told of, nothing."""
    state = None if found.is_untold else found.state
    holds_from_the_first = state is not None and (state.sequence or not found.entries)
    status = state.status if state is not None and holds_from_the_first else None
    by_the_file = (_BY_THE_FILE,) if found.network_key == "file" else ()
    notes = () if is_unreadable(found) else (*by_the_file, *_of_its_state(state), _NO_SIGNATURES)
    return Report(
        verdict=_verdict(found),
        envelope=None if state is None else state.terms.envelope,
        title=None if state is None else state.terms.title,
        status=status,
        comes_to=_comes_to(found),
        voided_by=found.voided_by or None,
        voids=None if state is None else state.terms.voids,
        sequence=0 if state is None else state.sequence,
        head="" if state is None else state.head,
        network=None if found.network is None else found.network.name,
        network_key=found.network_key,
        organisations=found.believed,
        parties=() if state is None else tuple(_parties(state)),
        digests={} if state is None else state.current,
        documents=found.documents,
        findings=found.findings,
        caveats=notes,
    )


def is_unreadable(found: TranscriptFindings) -> bool:
    """Whether the file is no transcript."""
    return any(each.fault == _UNREADABLE for each in found.findings)


def _verdict(found: TranscriptFindings) -> Verdict:
    if is_unreadable(found) or found.is_untold:
        return "could-not-tell"
    return "valid" if found.holds else "not-valid"


def _comes_to(found: TranscriptFindings) -> str | None:
    """What became of the envelope, in words that nobody takes for another end."""
    if found.is_untold:
        wrong = (found.other_network, bool(found.rootless))
        return f"{_CANNOT_BE_TOLD} with {_BY_WHAT[wrong]}"
    state = found.state
    if state is None:
        return None
    if state.sequence >= found.entries:
        return _came_to(state, found.voided_by)
    if not state.sequence:
        return f"{_CANNOT_BE_TOLD}: not even the first entry holds"
    so_far = _came_to(state, found.voided_by)
    return (
        f"{_CANNOT_BE_TOLD} beyond entry {state.sequence}, the last that holds; then it was "
        f"{so_far}"
    )


def _came_to(state: EnvelopeState, voided_by: str) -> str:
    declined = ", ".join(each.party.id for each in state.parties if each.state == "declined")
    missing = "the network has not said that everybody has signed"
    if state.missing:
        missing = f"{', '.join(state.missing)} had not signed"
    words = _COMES_TO[state.status]
    return words.format(missing=missing, declined=declined, voided_by=voided_by)


def _of_its_state(state: EnvelopeState | None) -> Iterator[str]:
    if state is None:
        return
    if state.status in {"signing", "completed"}:
        yield _MAY_BE_NEWER
    if state.status == "voided":
        yield _VOID_BY_THE_NETWORK
    if state.terms.voids is not None:
        yield _CANCELS.format(voids=state.terms.voids)


def _parties(state: EnvelopeState) -> Iterator[Mapping[str, Any]]:
    for each in state.parties:
        yield {
            "id": each.party.id,
            "kind": each.party.kind,
            "name": each.party.name,
            "account": each.party.account,
            "state": each.state,
            "at": each.at,
        }
