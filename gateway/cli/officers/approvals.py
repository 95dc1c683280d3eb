"""`sealgate approvals`: see what waits for people, and approve or reject it."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.approvals.statements import STATEMENT, ApprovalStatement, Subject
from gateway.cli.asking import OwnKey, URLOption, ask_with
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.people_keys import NAMED, ModuleOption, PersonSigner, PinFileOption
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.client import GatewayClient
from gateway.clock import SystemClock
from gateway.statements import compact

_Id = Annotated[str, typer.Argument(help="The approval's id.")]
_Key = Annotated[str, typer.Option(help=f"Your own key, as {NAMED}.")]
_Document = Annotated[
    Path | None, typer.Option(help="The PDF that you have read: it must be the very one.")
]


def list_(
    key: _Key,
    state: Annotated[
        str | None, typer.Option(help="pending, granted, rejected, used, closed or expired.")
    ] = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List the newest approvals that concern you.

    Exits 0 when that is shown, 1 when the gateway refused, 2 when it did not answer.
    """
    path = "/v1/approvals" if state is None else f"/v1/approvals?state={state}"
    own = OwnKey(key, pkcs11_module, pin_file)
    found = ask_with(own, url, config, lambda client, _: client.get_json(path))
    if as_json:
        tell_json(found)
        return
    for each in found["approvals"]:
        _tell(
            f"{each['id']}  {each['state']:<8}  {each['seal']}  {each['documentType']}  "
            f"{each['businessNumber']}  {_wanted(each)}"
        )


def show(
    approval: _Id,
    key: _Key,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show what is to be approved: the request, the document's facts, the rule.

    Exits 0 when that is shown, 1 when the gateway refused, 2 when it did not answer.
    """
    own = OwnKey(key, pkcs11_module, pin_file)
    found = ask_with(own, url, config, lambda client, _: _get(client, approval))
    if as_json:
        tell_json(found)
    else:
        _tell_whole(found)


def approve(
    approval: _Id,
    key: _Key,
    document: _Document = None,
    reason: Annotated[str, typer.Option(help="What others should know.")] = "",
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Approve a request: sign for this very document, seal and request.

    Exits 0 when it is counted, 1 when the gateway refused or the document is another one, 2 when
    that could not be told.
    """
    own = OwnKey(key, pkcs11_module, pin_file)
    _say("approve", approval, own, document, reason, url, config)


def reject(
    approval: _Id,
    key: _Key,
    reason: Annotated[str, typer.Option(help="Why; whoever asked reads it.")],
    document: _Document = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Reject a request; nobody can approve it any more.

    Exits 0 when it is rejected, 1 when the gateway refused or the document is another one, 2 when
    that could not be told.
    """
    own = OwnKey(key, pkcs11_module, pin_file)
    _say("reject", approval, own, document, reason, url, config)


def _say(
    act: Any,  # noqa: ANN401 - one of two words
    approval: str,
    own: OwnKey,
    document: Path | None,
    reason: str,
    url: str | None,
    config: Path,
) -> None:
    async def look_and_say(client: GatewayClient, signer: PersonSigner) -> dict[str, Any]:
        found = await _get(client, approval)
        _tell_whole(found)
        subject = _subject(found)
        _compare(document, subject)
        fields = {name: getattr(subject, name) for name in Subject.__struct_fields__}
        now = int(SystemClock().now().timestamp())
        claims = ApprovalStatement(**fields, act=act, at=now, reason=reason)
        said = {"statement": compact(claims, typ=STATEMENT, signer=signer)}
        return await client.post_json(f"/v1/approvals/{approval}/statements", said)

    found = ask_with(own, url, config, look_and_say)
    done = "approved" if act == "approve" else "rejected"
    _tell(f"{done}; the approval is now {found['state']}")


def _subject(found: dict[str, Any]) -> Subject:
    said = found.get("statement")
    if not isinstance(said, dict):
        raise fail(
            "an OA system is asked for this approval: give it there, there is nothing to sign here",
            code=1,
        )
    # Camel case is for JSON; the digest, seal and times are signed as the gateway has shown them.
    return Subject(
        approval=said["approval"],
        document=said["document"],
        seal=said["seal"],
        document_type=said["documentType"],
        request=said["request"],
        rule=said["rule"],
        expires=said["expires"],
    )


def _compare(document: Path | None, subject: Subject) -> None:
    if document is None:
        return
    try:
        digest = hashlib.sha256(document.read_bytes()).hexdigest()
    except OSError as error:
        raise fail(f"{document} cannot be read: {error.strerror}") from error
    if digest != subject.document:
        raise fail(
            f"{document} is another document: its SHA-256 is {digest}, and {subject.document} "
            "waits for approval. Nothing was signed",
            code=1,
        )


async def _get(client: GatewayClient, approval: str) -> dict[str, Any]:
    return await client.get_json(f"/v1/approvals/{approval}")


def _tell_whole(found: dict[str, Any]) -> None:
    policy = found["policy"] or {}
    facts = found["facts"]
    for word, value in (
        ("approval", f"{found['id']}, {found['state']}, until {found['expiresAt']}"),
        ("asked by", f"{found['system']} of {found['company']}"),
        ("for", ", ".join(found["requestedBy"])),
        ("seal", found["seal"]),
        ("document", f"{found['documentType']} {found['businessNumber']}"),
        ("sha256", found["document"]["sha256"]),
        ("attributes", ", ".join(f"{k}={v}" for k, v in found["attributes"].items())),
        ("facts", ", ".join(f"{k}={v}" for k, v in facts.items() if k != "content" and v != [])),
        ("content", facts.get("content", "")),
        ("rule", f"{found['rule']}: {policy.get('words', '')}"),
        ("when", policy.get("when")),
        ("missing", _wanted(found)),
        ("closed", found["closedFor"]),
    ):
        if value:
            _tell(f"{word:<11} {value}")
    for each in found["statements"]:
        where = "" if each["source"] == "person" else f" in {each['source']}"
        said = f"{each['act']} by {each['by']}{where} at {each['at']}"
        _tell(f"{'':<11} {said}  {each['reason']}")


def _wanted(found: dict[str, Any]) -> str:
    stages = (f"{each['count']} of {', '.join(each['roles'])}" for each in found["outstanding"])
    return "; ".join(stages)


def _tell(line: str) -> None:
    out.print(printable(line), markup=False, soft_wrap=True)
