"""What the columns of a manifest and the keys of its JSON objects stand for."""

from collections.abc import Mapping, Sequence

from gateway.batches.reading.errors import ManifestUnreadableProblem
from gateway.batches.reading.names import shown
from strictyaml import nearest

IGNORED = ""
ATTRIBUTES, PLACEMENT = "attributes.", "placement."
FIELDS: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "filename", "文件", "文件名"),
    "businessNumber": ("businessNumber", "业务编号", "业务单号", "单号"),
    "documentType": ("documentType", "单据类型"),
    "seal": ("seal", "印章"),
    "further": ("further",),
    "placement": ("placement",),
    "requestedBy": ("requestedBy",),
    "attributes": ("attributes",),
}
_IN_JSON_ALONE = ("placement", "attributes")
_BY_NAME = {alias.lower(): field for field, aliases in FIELDS.items() for alias in aliases}


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace("-", "").replace(" ", "")


def target(name: str, mapping: Mapping[str, str]) -> str | None:
    """What a column or key stands for: a field, `attributes.X`, `placement.X`, or `IGNORED`.

    Args:
        name: as it is written; upper and lower case, `_`, `-` and blanks tell no two apart.
        mapping: of names that are written otherwise; it comes first.

    Returns:
        None: nothing that is known.
    """
    name = name.strip()
    if name in mapping:
        return mapping[name]
    if name.startswith((ATTRIBUTES, PLACEMENT)) and not name.endswith("."):
        return name
    return _BY_NAME.get(_plain(name))


def unknown(name: str) -> str:
    """A sentence on a column that is not known."""
    known = [aliases[0] for aliases in FIELDS.values()]
    meant = nearest(name, known)
    cure = f"did you mean `{meant}`?" if meant else f"known are {', '.join(known)}, attributes.NAME"
    return f"`{shown(name)}` is unknown; {cure}"


def header_targets(names: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """What each column of a header stands for; a column without a name is ignored.

    Raises:
        ManifestUnreadableProblem: with every mistake.
    """
    found = [IGNORED if not name.strip() else target(name, mapping) for name in names]
    mistakes = [unknown(name) for name, each in zip(names, found, strict=True) if each is None]
    mistakes += [
        f"`{name}` is not for tables; write {name}.NAME" for name in _IN_JSON_ALONE if name in found
    ]
    mistakes += sorted(
        {f"two columns are for `{each}`" for each in found if each and found.count(each) > 1}
    )
    if "file" not in found:
        mistakes.append("no column `file` says which file a row is for")
    if mistakes:
        raise ManifestUnreadableProblem(f"its header: {'; '.join(mistakes[:10])}")
    return tuple(each or IGNORED for each in found)
