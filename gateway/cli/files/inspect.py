"""`sealgate inspect`: what the gateway would find about files, without a gateway."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.files.reading import name_of, read_file
from gateway.cli.options import JSONOption
from gateway.cli.terminal import out, printable, tell_json
from gateway.documents.examining.inspector import Inspector, InspectorLimits, unknown
from gateway.documents.inspection.model import FileInspection, ToldFacts, ToldFinding, Verdict

_EXIT_CODES: dict[Verdict, int] = {"accepted": 0, "refused": 1, "could-not-tell": 2}
_LABELS: dict[Verdict, tuple[str, str]] = {
    "accepted": ("accepted", "bold green"),
    "refused": ("REFUSED", "bold red"),
    "could-not-tell": ("could not tell", "bold yellow"),
}
# One refused file outweighs those that nothing could be told of, and these the accepted ones.
_WORST_FIRST: tuple[Verdict, ...] = ("refused", "could-not-tell", "accepted")


class InspectedFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was found (`gateway.documents.inspection.model.FileInspection`) under a file's name."""

    file: str
    verdict: Verdict
    why: tuple[str, ...]
    problem: str | None
    facts: ToldFacts | None
    findings: tuple[ToldFinding, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `--json` prints. Keys are only ever added."""

    verdict: Verdict
    files: tuple[InspectedFile, ...]


def inspect(
    files: Annotated[list[Path], typer.Argument(help="PDF files.")],
    as_json: JSONOption = False,
) -> None:
    """Show what the gateway would find in files, by the default intake rules.

    Document types can switch rules, which is not looked at here. Pages are drawn to see what lies
    under pictures, as the gateway does for seals after which something may still be changed. Exits
    0 when nothing would be refused, 1 when a file would be, 2 when that could not be told.
    """
    inspected = asyncio.run(_inspect_all(files))
    verdicts = {each.verdict for each in inspected}
    report = Report(
        verdict=next(verdict for verdict in _WORST_FIRST if verdict in verdicts), files=inspected
    )
    if as_json:
        tell_json(report)
    else:
        for each in report.files:
            _print(each)
    raise typer.Exit(_EXIT_CODES[report.verdict])


async def _inspect_all(files: list[Path]) -> tuple[InspectedFile, ...]:
    limits = InspectorLimits()
    async with Inspector(limits=limits) as inspector:
        return tuple([await _inspect(inspector, file, limits) for file in files])


async def _inspect(inspector: Inspector, file: Path, limits: InspectorLimits) -> InspectedFile:
    read = await asyncio.to_thread(read_file, file, limits.max_document_bytes)
    found = await inspector.inspect(read) if isinstance(read, bytes) else unknown(read)
    return _under_its_name(file, found)


def _under_its_name(file: Path, found: FileInspection) -> InspectedFile:
    return InspectedFile(
        file=name_of(file),
        verdict=found.verdict,
        why=found.why,
        problem=found.problem,
        facts=found.facts,
        findings=found.findings,
    )


def _print(file: InspectedFile) -> None:
    label, style = _LABELS[file.verdict]
    _say(f"{label:<14} {file.file}", style=style)
    facts = file.facts
    if facts is not None:
        _say(
            f"  PDF {facts.pdf_version}, {facts.size_bytes:,} bytes; pages {facts.pages}, "
            f"revisions {facts.revisions}, signatures {facts.signatures}"
        )
    for why in file.why:
        _say(f"  {why}" if file.problem is None else f"  {file.problem}: {why}")
    if file.findings:
        out.print(_table(file.findings))


def _table(findings: tuple[ToldFinding, ...]) -> Table:
    table = Table("rule", "default", "found", "what to do", padding=(0, 1), show_edge=False)
    for each in findings:
        table.add_row(
            Text(each.rule, style="bold red" if each.refused else ""),
            "refuse" if each.refused else "accept",
            Text(printable(each.detail)),
            Text(each.cure),
        )
    return table


def _say(line: str, *, style: str = "") -> None:
    out.print(Text(printable(line), style=style), soft_wrap=True)
