"""`sealgate policy template`: a Template learnt from a few good documents, as YAML."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.files.reading import name_of, read_file
from gateway.cli.terminal import fail
from gateway.documents.examining.inspector import Inspector, InspectorLimits
from policies.templates.learning import FirstPage, Learnt, TooDifferentError, learn


def template(
    files: Annotated[list[Path], typer.Argument(help="Good documents of one form; two or more.")],
    document_type: Annotated[str, typer.Option("--type", help="Their document type.")],
    name: Annotated[str, typer.Option(help="Of the template.")],
    version: Annotated[int, typer.Option(min=1, help="Of the template.")] = 1,
) -> None:
    """Learn a template from a few good documents, and print it as YAML.

    Take documents that differ in all that may differ: what is the same in all of them becomes part
    of the form. Read what is printed, name the fields, and put it into the officers' directory.
    Exits 1 when the documents differ too much, 2 when one cannot be read.
    """
    pages = asyncio.run(_first_pages(files))
    try:
        learnt = learn(pages)
    except TooDifferentError as error:
        raise fail(f"no template comes of these: {error}", code=1) from error
    typer.echo("\n".join(_yaml(learnt, name=name, document_type=document_type, version=version)))


async def _first_pages(files: list[Path]) -> list[FirstPage]:
    limits = InspectorLimits()
    pages = []
    async with Inspector(limits=limits) as inspector:
        for file in files:
            read = await asyncio.to_thread(read_file, file, limits.max_document_bytes)
            page = await inspector.first_page(read) if isinstance(read, bytes) else read
            if isinstance(page, str):
                raise fail(f"{name_of(file)}: {page}")
            pages.append(page)
    return pages


def _yaml(learnt: Learnt, *, name: str, document_type: str, version: int) -> Iterator[str]:
    width, height = f"{learnt.width_mm:.1f}", f"{learnt.height_mm:.1f}"
    yield "apiVersion: sealgate/v1"
    yield "kind: Template"
    yield f"metadata: {{name: {name}}}"
    yield "spec:"
    yield f"  documentType: {document_type}"
    yield f"  version: {version}"
    yield f"  page: {{widthMillimetres: {width}, heightMillimetres: {height}}}"
    yield "  marks:"
    for mark in learnt.marks:
        yield (
            f"    - {{text: {_quoted(mark.text)}, "
            f"leftMillimetres: {mark.left_mm}, topMillimetres: {mark.top_mm}}}"
        )
    yield "  fields:"
    for number, (label, box) in enumerate(learnt.fields, start=1):
        if label:
            yield f"    # {_quoted(label)}"
        yield (
            f"    field_{number}: {{leftMillimetres: {box.left_mm}, topMillimetres: {box.top_mm}, "
            f"widthMillimetres: {box.width_mm}, heightMillimetres: {box.height_mm}}}"
        )


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
