"""What people sign when they approve or reject, and what an OA system signs for them.

Each is a JWS (see `gateway.statements`) that names the very bytes that it is for, so that it is
void for all others: the digest of the document, the seal, the document type (the purpose), and when
it ends. A person's statement names the digest of the whole request besides.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from gateway.approvals.errors import ApprovalStatementInvalidProblem
from gateway.bundles.keys import public_key
from gateway.statements import (
    Opened,
    PublicKey,
    StatementInvalidError,
    StatementKeyError,
    base64url,
    open_compact,
)
from policies.bundle import Bundle
from policies.objects.people import Person
from policies.objects.systems import ApprovalSource
from policies.people import keys_of_people

STATEMENT: str = "sealgate-approval"
OA_TOKEN: str = "sealgate-oa-approval"  # noqa: S105 - a type, not a secret
SKEW = timedelta(minutes=5)
"""How far the clock of whoever signs may be from ours."""

_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Reason = Annotated[str, msgspec.Meta(max_length=1000)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
# Of the year 3058 at most: of later ones not every number is a moment.
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**35)]
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029/]{1,200}")


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an approval is for, in the words of a statement.

    Attributes:
        approval: its id.
        document: SHA-256 of the document as it came in, hex.
        seal: which seal is to be put on it.
        document_type: as what: the purpose.
        request: SHA-256 of all that is asked, `Use.act_digest`, hex.
        rule: the rule that asks for approval.
        expires: from when it does not count, Unix seconds.
    """

    approval: str
    document: _Digest
    seal: str
    document_type: str
    request: _Digest
    rule: str
    expires: _Seconds


class ApprovalStatement(Subject, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A person approves or rejects. `at`: by the signer's clock, Unix seconds."""

    act: Literal["approve", "reject"]
    at: _Seconds
    v: Literal[1] = 1
    reason: _Reason = ""

    @property
    def subject(self) -> Subject:
        """What it speaks of."""
        return Subject(**{name: getattr(self, name) for name in Subject.__struct_fields__})


class OAApproval(msgspec.Struct, frozen=True, rename="camel"):
    """An OA system says that somebody has approved; other names in it are its own business.

    Attributes:
        iss: the ApprovalSource.
        aud: whom it is for: the source's `audience`, or a list with it (RFC 7519 §4.1.3).
        sub: who approved, as the OA system knows them.
        jti: of this token; it is good once.
        iat: when it was signed, Unix seconds.
        exp: from when it does not count, Unix seconds.
        document: SHA-256 of the document as it will come in, hex.
        seal: which seal.
        purpose: the document type.
        business_number: the request's.
    """

    iss: _Id
    aud: _Id | Annotated[tuple[_Id, ...], msgspec.Meta(max_length=20)]
    sub: _Id
    jti: _Id
    iat: _Seconds
    exp: _Seconds
    document: _Digest
    seal: str
    purpose: str
    business_number: str


def statement_by(bundle: Bundle, token: str) -> tuple[Opened[ApprovalStatement], Person]:
    """A person's statement, and whose it is by the keys of the bundle.

    Raises:
        ApprovalStatementInvalidProblem: it is not one, or no person's.
    """
    keys = keys_of_people(bundle)

    def key_of(key_id: str) -> PublicKey | None:
        found = keys.get(key_id)
        return None if found is None else public_key(key_id, found[1])

    try:
        opened = open_compact(token, typ=STATEMENT, model=ApprovalStatement, key_of=key_of)
    except (StatementInvalidError, StatementKeyError) as error:
        raise ApprovalStatementInvalidProblem(str(error)) from error
    return opened, keys[opened.key_id][0]


def oa_approval_by(bundle: Bundle, token: str) -> tuple[Opened[OAApproval], ApprovalSource]:
    """An OA system's token, and which system's it is.

    Its key is found by the source's name, which is both `kid` and `iss`.

    Raises:
        ApprovalStatementInvalidProblem: it is not one, no source's, one source names another, or it
            is for another audience.
    """

    def key_of(key_id: str) -> PublicKey | None:
        source = bundle.approval_sources.get(key_id)
        return None if source is None else public_key(key_id, source)

    try:
        opened = open_compact(token, typ=OA_TOKEN, model=OAApproval, key_of=key_of)
    except (StatementInvalidError, StatementKeyError) as error:
        raise ApprovalStatementInvalidProblem(f"an OA system's approval: {error}") from error
    claims = opened.claims
    if claims.iss != opened.key_id:
        raise ApprovalStatementInvalidProblem(
            f"`iss` is {claims.iss!r}, but {opened.key_id!r} signed it"
        )
    source = bundle.approval_sources[opened.key_id]
    if source.audience not in ((claims.aud,) if isinstance(claims.aud, str) else claims.aud):
        raise ApprovalStatementInvalidProblem(
            f"`aud` is {claims.aud!r}: {source.name!r} has to write {source.audience!r}, as the "
            "policies say"
        )
    if _SUBJECT.fullmatch(claims.sub) is None or claims.sub != claims.sub.strip():
        raise ApprovalStatementInvalidProblem(
            "`sub` has a control character, a `/`, or white space around it: write the person's "
            "name as the policies do"
        )
    return opened, source


def said_in(token: str) -> dict[str, Any]:
    """What a kept token says, unverified: for telling it, and nothing else."""
    claims: dict[str, Any] = msgspec.json.decode(base64url.decode(token.split(".")[1]))
    return claims


def moment(seconds: int) -> datetime:
    """Unix seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
