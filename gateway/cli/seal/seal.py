"""`sealgate seal`: have files sealed by a running gateway."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.asking import URLOption, gateway_at, told_silence
from gateway.cli.attributes import AttributesError, attributes_from
from gateway.cli.files.whole_files import write_whole
from gateway.cli.options import CLIENT_KEY_ID, DEFAULT_CONFIG, ConfigOption
from gateway.cli.people_keys import NAMED, ModuleOption, PinFileOption, people_keys, request_signer
from gateway.cli.seal.submissions import SubmissionsError, from_files, from_lines
from gateway.cli.terminal import err, out, told_errors
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Submission

Work = list[tuple[Path, Submission]]


def seal(
    seal_id: Annotated[str, typer.Option("--seal", help="The seal's id.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Directory for the sealed documents.")
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="PDF files.")] = None,
    document_type: Annotated[
        str | None, typer.Option("--type", help="Document type of the files.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", "-a", help="name=value, for every file; may be repeated."),
    ] = None,
    further: Annotated[
        list[str] | None,
        typer.Option(
            "--further", help="A seal that follows in the same act, all or none; may be repeated."
        ),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(
            help="JSONL in UTF-8, a JSON object a line: file (counted from the folder of this "
            "file), document_type, business_number, attributes; if wanted placement and further, "
            "as in docs/api.md."
        ),
    ] = None,
    url: URLOption = None,
    key: Annotated[
        str | None,
        typer.Option(
            help=f"The calling system's key, as {NAMED}; by default that of the trial installation."
        ),
    ] = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    at_once: Annotated[int, typer.Option(min=1, max=1000, help="Requests at once.")] = 16,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have files sealed by a running gateway.

    Exits 0 when all were sealed, 1 when any was refused, 2 when that could not be told: arguments,
    a file or the requests are wrong, or no gateway answers.

    The same file with the same purpose has the same idempotency key, so the command can be repeated
    after anything that went wrong.
    """
    where = gateway_at(url, config)
    own = key or f"{CLIENT_KEY_ID}={config.parent / 'clients' / 'tms.key.pem'}"
    with (
        told_errors(AttributesError, SubmissionsError, HTTPMessageSignaturesException, OSError),
        told_silence(where, otherwise="What was sealed before is given again"),
        people_keys(module=pkcs11_module, pin_file=pin_file) as keys,
    ):
        work = _work(files or [], seal_id, further or [], document_type, attribute or [], requests)
        signer = request_signer(keys.named(own))
        _check_output(work, output)
        output.mkdir(parents=True, exist_ok=True)
        refused = asyncio.run(_seal_all(where, signer, work, output, at_once))
    out.print(f"{len(work) - refused} sealed into {output}, {refused} refused")
    raise typer.Exit(1 if refused else 0)


def _work(
    files: list[Path],
    seal_id: str,
    further: list[str],
    document_type: str | None,
    attributes: list[str],
    requests: Path | None,
) -> Work:
    if requests is not None:
        return list(from_lines(requests, seal=seal_id, further=further))
    if not files or document_type is None:
        raise SubmissionsError("give files and --type, or --requests FILE.jsonl")
    return list(
        from_files(
            files,
            seal=seal_id,
            document_type=document_type,
            attributes=attributes_from(attributes),
            further=further,
        )
    )


def _check_output(work: Work, output: Path) -> None:
    """No result may take another's place, or its own original's.

    Raises:
        SubmissionsError: names the files.
    """
    names = [file.name for file, _ in work]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SubmissionsError(
            f"two results would be called {', '.join(twice)}: seal them into different directories"
        )
    same = [file for file, _ in work if file.parent.resolve() == output.resolve()]
    if same:
        raise SubmissionsError(
            f"the sealed {same[0].name} would take the place of {same[0]}: name another directory"
        )


async def _seal_all(url: str, signer: RequestSigner, work: Work, output: Path, at_once: int) -> int:
    """Seal everything; gives how many were refused."""
    places = asyncio.Semaphore(at_once)
    columns = (TextColumn("sealing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        bar = progress.add_task("sealing", total=len(work))

        async def one(client: GatewayClient, file: Path, submission: Submission) -> bool:
            async with places:
                try:
                    sealed = await client.seal(submission)
                except GatewayRefusedError as refusal:
                    _tell(progress, file, refusal)
                    return False
                finally:
                    progress.advance(bar)
                write_whole(output / file.name, sealed.content)
                return True

        async with GatewayClient(url, signer) as client:
            results = await asyncio.gather(*(one(client, *each) for each in work))
    return results.count(False)


def _tell(progress: Progress, file: Path, refusal: GatewayRefusedError) -> None:
    problem = refusal.problem
    why = [f"{each['rule']}: {each['message']}" for each in problem.get("reasons", [])]
    lines = [
        f"refused  {file.name}: {problem.get('title', problem['type'])}",
        *(why or [str(problem.get("detail"))]),
        f"what to do: {problem.get('cure')}",
        f"trace {problem.get('trace')}",
    ]
    progress.console.print("\n         ".join(lines), markup=False, soft_wrap=True)
