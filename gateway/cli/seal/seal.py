"""`sealgate seal`: have files sealed by a running gateway."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import aiohttp
import typer
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.attributes import AttributesError, attributes_from
from gateway.cli.files.whole_files import write_whole
from gateway.cli.options import CLIENT_KEY_ID, DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.seal.submissions import SubmissionsError, from_files, from_lines
from gateway.cli.terminal import err, fail, out
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Submission
from gateway.clock import SystemClock

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
        list[str] | None, typer.Option("--attribute", "-a", help="name=value, for every file.")
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
    url: Annotated[
        str | None, typer.Option(help="The gateway; by default as config.yaml says.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="PEM of the calling system's Ed25519 key.")
    ] = None,
    key_id: Annotated[str, typer.Option(help="That key's id.")] = CLIENT_KEY_ID,
    at_once: Annotated[int, typer.Option(min=1, max=1000, help="Requests at once.")] = 16,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have files sealed by a running gateway.

    Exits 0 when all were sealed, 1 when any was refused, 2 when that could not be told: arguments,
    a file or the requests are wrong, or no gateway answers.

    The same file with the same purpose has the same idempotency key, so the command can be repeated
    after anything that went wrong.
    """
    if url is None:
        http = configuration(config).http
        url = f"{'http' if http.tls is None else 'https'}://{http.host}:{http.port}"
    try:
        _check_url(url)
        work = _work(files or [], seal_id, further or [], document_type, attribute or [], requests)
        signer = RequestSigner.from_file(
            key or config.parent / "clients" / "tms.key.pem", key_id=key_id, clock=SystemClock()
        )
        _check_output(work, output)
        output.mkdir(parents=True, exist_ok=True)
        refused = asyncio.run(_seal_all(url, signer, work, output, at_once))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise fail(_unanswered(url, error)) from error
    except (
        AttributesError,
        SubmissionsError,
        HTTPMessageSignaturesException,
        OSError,
        ValueError,
    ) as error:
        raise fail(str(error)) from error
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


def _check_url(url: str) -> None:
    """Raises SubmissionsError for what is no address of a gateway."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good:
        raise SubmissionsError(f"{url} is no address of a gateway: write it as http://HOST:PORT")


def _unanswered(url: str, error: Exception) -> str:
    """Why there is no answer from `url`, and what to do."""
    if isinstance(error, aiohttp.ClientSSLError):
        return f"no secure connection to {url}: {error.__cause__ or error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return (
            f"no gateway at {url}: start it with `sealgate serve` (or `make serve`), or see "
            "`sealgate doctor`"
        )
    why = "did not answer in time" if isinstance(error, TimeoutError) else "broke the connection"
    return (
        f"the gateway at {url} {why}: see its log, then run the command again; what was sealed "
        "is given back"
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
