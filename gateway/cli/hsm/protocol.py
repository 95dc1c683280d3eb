"""The protocol of a key ceremony: JSON for machines, text for the witnesses' hands."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from gateway import __version__
from hsm.ceremonies.planned import CeremonyPlan, FoundToken

_LINE = "_" * 30


class MadeRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A certificate request of the ceremony; `sha256` is of its file, hex."""

    key: str
    subject: str
    file: str
    sha256: str


class Present(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A witness."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The file: what it says, its name, and the SHA-256 of its bytes, hex."""

    plan: CeremonyPlan
    name: str
    sha256: str


class Protocol(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done, and what the token said afterwards.

    Attributes:
        ceremony: the title.
        file: name of the plan's file.
        file_sha256: of its bytes, hex.
        sealgate: the version that did it.
        module: path of the PKCS#11 module.
        module_sha256: of its bytes, hex.
        began: when, UTC.
        ended: when, UTC.
        token: which token, and the keys with their attributes as read back.
        requests: certificate requests.
        witnesses: who was there.
    """

    ceremony: str
    file: str
    file_sha256: str
    sealgate: str
    module: str
    module_sha256: str
    began: datetime
    ended: datetime
    token: FoundToken
    requests: tuple[MadeRequest, ...]
    witnesses: tuple[Present, ...]

    @classmethod
    def of(
        cls,
        plan: Plan,
        found: FoundToken,
        requests: tuple[MadeRequest, ...],
        *,
        module: Path,
        began: datetime,
        ended: datetime,
    ) -> Self:
        """Put it together.

        Raises:
            OSError: the module cannot be read.
        """
        return cls(
            ceremony=plan.plan.ceremony,
            file=plan.name,
            file_sha256=plan.sha256,
            sealgate=__version__,
            module=str(module),
            module_sha256=hashlib.sha256(module.read_bytes()).hexdigest(),
            began=began,
            ended=ended,
            token=found,
            requests=requests,
            witnesses=tuple(
                Present(name=each.name, role=each.role) for each in plan.plan.witnesses
            ),
        )

    def encoded(self) -> bytes:
        """As JSON; the text names the SHA-256 of these bytes."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def as_text(protocol: Protocol) -> str:
    """For paper, in English and Chinese: what was done, and a line for each witness."""
    return "\n".join([*_head(protocol), *_keys(protocol), *_end(protocol)]) + "\n"


def _head(protocol: Protocol) -> Iterator[str]:
    token = protocol.token
    yield f"KEY CEREMONY 密钥仪式记录: {protocol.ceremony}"
    yield ""
    yield f"began 开始        {protocol.began:%Y-%m-%d %H:%M:%S} UTC"
    yield f"ended 结束        {protocol.ended:%Y-%m-%d %H:%M:%S} UTC"
    yield f"file 文件         {protocol.file}"
    yield f"  SHA-256         {protocol.file_sha256}"
    yield f"sealgate          {protocol.sealgate}"
    yield f"module 模块       {protocol.module}"
    yield f"  SHA-256         {protocol.module_sha256}"
    yield f"token 令牌        {token.label}, serial 序列号 {token.serial}"
    yield f"                  {token.manufacturer} {token.model}, firmware 固件 {token.firmware}"


def _keys(protocol: Protocol) -> Iterator[str]:
    requests = {each.key: each for each in protocol.requests}
    for key in protocol.token.keys:
        state = "made 已生成" if key.state == "made" else "was there, as planned 原已存在，符合计划"
        yield ""
        yield f"KEY 密钥 {key.id}: {state}"
        yield f"  label 标签      {key.label}"
        yield f"  mechanism 机制  {key.mechanism}, {key.bits} bits"
        purpose = ", purpose: checkpoint" if key.mechanism == "ed25519" else ""
        line = f"- {{id: {key.id}, label: {key.label}, mechanism: {key.mechanism}{purpose}}}"
        yield f"  hsm.keys        {line}"
        yield f"  public key 公钥 SHA-256 {key.public_key_sha256}"
        for name, value in key.attributes.items():
            yield f"  CKA_{name:<20} {'not told 未告知' if value is None else str(value).lower()}"
        request = requests.get(key.id)
        if request is not None:
            yield f"  request 请求    {request.file}: {request.subject}"
            yield f"    SHA-256       {request.sha256}"


def _end(protocol: Protocol) -> Iterator[str]:
    yield ""
    yield "This protocol as JSON 本记录的 JSON 文件"
    yield f"  SHA-256         {hashlib.sha256(protocol.encoded()).hexdigest()}"
    yield ""
    yield "We were there and have compared the digests. 我们在场，并已核对以上摘要。"
    for each in protocol.witnesses:
        yield ""
        yield f"{each.name}, {each.role}"
        yield f"  signature 签名 {_LINE}  date 日期 {_LINE}"
