"""Uses of keys, held against the audit log: a use that no record explains was outside the gateway.

A use is explained by the intent, or the certificate request, that names the very digest; a use of
the log's key by the tree head that it signs. Tests of ours sign fixed sentences. Nobody else can
make a use look explained without signing what is recorded anyway.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.audit.checkpoint import TreeHead, checkpoint_text
from gateway.audit.merkle import Frontier, leaf_hash
from gateway.audit.record import read_leaf
from gateway.keys.reconciled import FindingName
from gateway.keys.uses import CountFile, Use
from gateway.store.engines.reading import one_moment
from gateway.store.schema import audit_leaf
from hsm.checking import DIGEST_INFO_SHA256
from hsm.config import KeyConfig
from hsm.sentences import SENTENCES, signed_in_test

_BATCH = 10_000
_MOST_TOLD = 100
_MOST_SHOWN = 64
_TREE_HEAD = re.compile(rb"[^\n]+\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n")


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not fit.

    Attributes:
        name: `use-outside-the-gateway`: the key signed what no record has. `use-of-unknown-key`: a
            label that is not under hsm.keys, and that nobody said is another's.
            `retired-key-used`: a record uses a key after it was retired. `use-missing`: a document
            was sealed, and the HSM does not say so, so it does not say all.
        key: its id; of an unknown one the label.
        what: what was found.
    """

    name: FindingName
    key: str
    what: str


@dataclass(slots=True, kw_only=True)
class Reconciled:
    """What came of it.

    Attributes:
        uses: of keys of ours.
        seals: of these, for documents.
        requests: for certificate requests.
        heads: for tree heads.
        tests: in tests of ours.
        others: uses by labels that are somebody else's, as the caller says.
        records: audit records that were read.
        findings: what does not fit; the first hundred a key and name.
    """

    uses: int = 0
    seals: int = 0
    requests: int = 0
    heads: int = 0
    tests: int = 0
    others: int = 0
    records: int = 0
    findings: list[Discrepancy] = field(default_factory=list)


@dataclass(slots=True)
class _OfAKey:
    """What the HSM says of one key: how often something was signed, and where that stands.

    `late` are records that use it after it was retired: their moment, and what to tell.
    """

    config: KeyConfig
    counts: Counter[bytes] = field(default_factory=Counter)
    where: dict[bytes, str] = field(default_factory=dict)
    explained: set[bytes] = field(default_factory=set)
    retired_at: int | None = None
    late: list[tuple[str, str]] = field(default_factory=list)
    sealed: list[tuple[int, bytes, str]] = field(default_factory=list)
    first: int | None = None
    last: int = -1


class Reconciliation:
    """Takes uses, then goes through the log once."""

    def __init__(self, keys: Iterable[KeyConfig], *, origin: str, others: Collection[str]) -> None:
        """Begin.

        Args:
            keys: under hsm.keys, retired ones too.
            origin: the log's.
            others: labels on the token that are somebody else's.
        """
        self._others = others
        self._unknown = Counter[str]()
        self._keys = {key.label: _OfAKey(key) for key in keys}
        self._ids = {each.config.id: each for each in self._keys.values()}
        self._origin = origin
        self._result = Reconciled()
        self._heads: dict[int, list[tuple[_OfAKey, bytes]]] = defaultdict(list)

    def take(self, uses: Iterable[Use]) -> None:
        """Remember what was used."""
        for use in uses:
            key = self._keys.get(use.label)
            if key is None:
                if use.label in self._others:
                    self._result.others += 1
                else:
                    self._unknown[use.label] += 1
                continue
            self._result.uses += 1
            signed = _signed(use.data, key.config)
            key.counts[signed] += 1
            key.where.setdefault(signed, use.where)
            if key.config.purpose == "checkpoint" and (head := _TREE_HEAD.fullmatch(signed)):
                self._heads[int(head[1])].append((key, signed))

    def against(self, connection: Connection) -> Reconciled:
        """Hold them against the log, as of one moment."""
        one_moment(connection)
        self._explain_tests()
        self._walk(connection)
        self._find()
        return self._result

    def _explain_tests(self) -> None:
        for key in self._keys.values():
            for number in range(SENTENCES):
                signed = signed_in_test(key.config.mechanism, number)
                if signed in key.counts:
                    key.explained.add(signed)
                    self._result.tests += key.counts[signed]

    def _walk(self, connection: Connection) -> None:
        frontier = Frontier()
        intents: dict[int, tuple[_OfAKey, bytes, str]] = {}
        self._explain_heads(frontier)
        for index, leaf in connection.execution_options(yield_per=_BATCH).execute(
            select(audit_leaf.c.index, audit_leaf.c.leaf).order_by(audit_leaf.c.index)
        ):
            frontier.append(leaf_hash(bytes(leaf)))
            self._explain_heads(frontier)
            content = read_leaf(bytes(leaf))
            key = self._ids.get(str(content.get("key")))
            match content.get("kind"):
                case "intent" if key is not None:
                    digest = bytes.fromhex(content["to_be_signed"])
                    intents[index] = (key, digest, str(content.get("document")))
                    self._intent(key, digest, index, at=content["at"])
                case "outcome":
                    self._outcome(intents.pop(content.get("intent", -1), None), content)
                case "key" if key is not None:
                    self._act(key, content, index)
                case _:
                    pass
        self._result.records = frontier.size

    def _explain_heads(self, frontier: Frontier) -> None:
        wanted = self._heads.get(frontier.size)
        if not wanted:
            return
        text = checkpoint_text(self._origin, TreeHead(frontier.size, frontier.root()))
        for key, signed in wanted:
            if signed == text and signed not in key.explained:
                key.explained.add(signed)
                self._result.heads += key.counts[signed]

    def _intent(self, key: _OfAKey, digest: bytes, index: int, *, at: str) -> None:
        if key.retired_at is not None:
            told = f"record {index} uses it, after it was retired by record {key.retired_at}"
            key.late.append((at, told))
        if digest not in key.counts:
            return
        key.first = index if key.first is None else key.first
        key.last = index
        if digest not in key.explained:
            key.explained.add(digest)
            self._result.seals += key.counts[digest]

    def _outcome(
        self, intent: tuple[_OfAKey, bytes, str] | None, content: Mapping[str, Any]
    ) -> None:
        if intent is not None and content.get("result") == "sealed":
            key, digest, document = intent
            key.sealed.append((content["intent"], digest, document))

    def _act(self, key: _OfAKey, content: Mapping[str, Any], index: int) -> None:
        if content.get("what") == "retired":
            key.retired_at = index
        if content.get("what") == "switched":
            # A seal has it again, since some moment between the switch's note and this record.
            key.retired_at = None
            key.late = [each for each in key.late if each[0] < content["noted"]]
        if content.get("what") != "request":
            return
        signed = bytes.fromhex(str(content.get("signed", "")))
        if signed in key.counts and signed not in key.explained:
            key.explained.add(signed)
            self._result.requests += key.counts[signed]

    def _find(self) -> None:
        self._result.findings += _unknown(self._unknown)
        for key in self._keys.values():
            for _, told in key.late:
                self._tell("retired-key-used", key, told)
            for signed in key.counts.keys() - key.explained:
                told = f"{key.where[signed]}: no record explains that it signed {_told(signed)}"
                self._tell("use-outside-the-gateway", key, told)
            if key.sealed and self._result.uses == 0:
                told = f"the list has no use at all, and {len(key.sealed)} documents were sealed"
                self._tell("use-missing", key, told)
            # Only between the first and the last that it knows: lists begin and end somewhere.
            for index, digest, document in key.sealed:
                known = key.first is not None and key.first <= index <= key.last
                if known and digest not in key.counts:
                    told = f"document {document} of record {index} was sealed with it"
                    self._tell("use-missing", key, told)

    def _tell(self, name: FindingName, key: _OfAKey, what: str) -> None:
        same = sum(
            each.name == name and each.key == key.config.id for each in self._result.findings
        )
        if same < _MOST_TOLD:
            self._result.findings.append(Discrepancy(name=name, key=key.config.id, what=what))


def reconcile_counts(
    connection: Connection,
    counted: CountFile,
    keys: Sequence[KeyConfig],
    *,
    others: Collection[str],
) -> Reconciled:
    """The same with numbers alone: they can tell too many and too few, and not which.

    A key is used once for an intent, unless its signer died meanwhile; and never without one.
    """
    one_moment(connection)
    by_id = {key.id: key for key in keys if key.purpose == "seal"}
    most, least = Counter[str](), Counter[str]()
    intents: dict[int, str] = {}
    requests: set[object] = set()
    result = Reconciled()
    query = select(audit_leaf.c.index, audit_leaf.c.leaf).where(
        audit_leaf.c.index >= counted.first_record
    )
    for index, leaf in connection.execution_options(yield_per=_BATCH).execute(
        query.order_by(audit_leaf.c.index)
    ):
        content = read_leaf(bytes(leaf))
        result.records += 1
        name = str(content.get("key"))
        match content.get("kind"):
            case "intent" if name in by_id:
                intents[index] = name
                most[name] += 1
            case "outcome" if content.get("result") == "sealed" and content["intent"] in intents:
                least[intents.pop(content["intent"])] += 1
            case "key" if content.get("what") == "request" and name in by_id:
                # Noted before the key is used, which may then fail; a crash may record it twice.
                if content.get("act") not in requests:
                    most[name] += 1
                requests.add(content.get("act"))
            case _:
                pass
    for name, key in by_id.items():
        if key.label in counted.counts:
            uses, tests = counted.counts[key.label], counted.tests.get(key.label, 0)
            result.uses += uses
            result.tests += tests
            result.findings += _compared(name, uses - tests, least[name], most[name])
        elif least[name]:
            told = f"the counts do not have it, and {least[name]} documents were sealed with it"
            result.findings.append(Discrepancy(name="use-missing", key=name, what=told))
    known = {key.label for key in keys}
    result.others = sum(counted.counts[label] for label in counted.counts.keys() & set(others))
    result.findings += _unknown(
        {
            label: uses
            for label, uses in counted.counts.items()
            if uses and label not in known and label not in others
        }
    )
    return result


def _unknown(uses: Mapping[str, int]) -> Iterator[Discrepancy]:
    for label, count in uses.items():
        told = f"{count} uses of a key with this label, which is not under hsm.keys"
        yield Discrepancy(name="use-of-unknown-key", key=label, what=told)


def _compared(key: str, uses: int, least: int, most: int) -> list[Discrepancy]:
    if uses > most:
        told = f"it was used {uses} times besides tests, and the log explains {most} at the most"
        return [Discrepancy(name="use-outside-the-gateway", key=key, what=told)]
    if uses < least:
        told = f"it was used {uses} times besides tests, and the log has {least} at the least"
        return [Discrepancy(name="use-missing", key=key, what=told)]
    return []


def _signed(data: bytes, key: KeyConfig) -> bytes:
    """What was signed, without what RSASSA-PKCS1-v1_5 puts before a digest (RFC 8017 §9.2)."""
    if key.mechanism == "rsa-pkcs1-sha256":
        return data.removeprefix(DIGEST_INFO_SHA256)
    return data


def _told(signed: bytes) -> str:
    return signed.hex() if len(signed) <= _MOST_SHOWN else f"{signed[:_MOST_SHOWN].hex()}…"
