"""What a trial installation can be: files that it begins with, seals, and who rules it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LOGISTICS_NAME: Final = "logistics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A trial of one kind.

    Attributes:
        name: as `sealgate init --company` has it.
        folder: below `gateway/cli/trial/files`; empty: that one itself.
        authority: common name of its CA: two companies have two, and must not be taken for one.
        seals: company and purpose of each seal, by its id.
        officers: who sign its bundles; the id of a person's key is `NAME-2026`.
        approvers: who approve large amounts.
        connectors: files of connectors, below its folder.
        values: what stands for names in its files.
    """

    name: str
    folder: str = ""
    authority: str = "Sealgate Demo Root CA"
    seals: Mapping[str, tuple[str, str]]
    officers: tuple[str, ...]
    approvers: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def _contracts(
    name: str,
    title: str,
    *,
    port: int,
    serial: str,
    side: str,
    forbidden: str,
    officers: tuple[tuple[str, str], tuple[str, str]],
) -> Kit:
    """A company that signs contracts with others, and the receipts of what it delivers."""
    (first, first_title), (second, second_title) = officers
    return Kit(
        name=name,
        folder="contracts",
        authority=f"Sealgate Demo Root CA of {name}",
        seals={"contract": (title, "合同专用章")},
        officers=(first, second),
        values={
            "company": name,
            "title": title,
            "port": str(port),
            "serial": serial,
            "side": side,
            "forbidden": forbidden,
            "first": first,
            "first_title": first_title,
            "second": second,
            "second_title": second_title,
        },
    )


_LOGISTICS: Final = Kit(
    name=LOGISTICS_NAME,
    seals={
        "receipt-east": ("示例物流（华东）有限公司", "回单专用章"),
        "receipt-south": ("示例物流（华南）有限公司", "回单专用章"),
    },
    officers=("li-na", "wang-qiang"),
    approvers=("he-ping", "qian-wei"),
    connectors=("folder.yaml",),
)
KITS: Final[Mapping[str, Kit]] = {
    kit.name: kit
    for kit in (
        _LOGISTICS,
        _contracts(
            "carrier",
            "示例物流（华东）有限公司",
            port=8481,
            serial="3101150099001",
            side="乙方（盖章）",
            forbidden="独家排他",
            officers=(("li-na", "李娜（演示）"), ("wang-qiang", "王强（演示）")),
        ),
        _contracts(
            "buyer",
            "示例商贸（江南）有限公司",
            port=8482,
            serial="3201020088002",
            side="甲方（盖章）",
            forbidden="无限连带责任",
            officers=(("zhao-min", "赵敏（演示）"), ("sun-li", "孙丽（演示）")),
        ),
    )
}
"""By what `--company` says."""
