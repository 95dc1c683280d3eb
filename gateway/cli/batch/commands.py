"""`sealgate batch`: look at batches, and pause, resume, cancel and retry them."""

from collections.abc import Callable
from typing import Annotated

import typer

from gateway.cli.asking import URLOption
from gateway.cli.batch.following import shown
from gateway.cli.batch.model import Batch, batch_of
from gateway.cli.batch.options import Asking, Id, KeyOption
from gateway.cli.batch.results import failures
from gateway.cli.batch.sending import PATH
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.people_keys import ModuleOption, PinFileOption
from gateway.cli.terminal import err, out, printable, tell_json
from gateway.client import GatewayClient


def status(
    batch_id: Annotated[str | None, typer.Argument(help="The batch's id.", metavar="ID")] = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how far a batch is, or list the system's newest ones.

    Exits 0 when that is shown, 1 when the gateway refused, 2 when it did not answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    path = PATH if batch_id is None else f"{PATH}/{batch_id}"
    told = asking.ask(lambda client: client.get_json(path))
    if as_json:
        tell_json(told)
        return
    found = told["batches"] if batch_id is None else [told]
    for each in found:
        tell(batch_of(each))
    if not found:
        err.print("no batches yet: hand one in with `sealgate batch submit`")


def watch(
    batch_id: Id,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Follow a batch with a progress bar until it has ended.

    Exits 0 when all its documents are sealed, 1 when one is not or the gateway refused, 2 when that
    could not be told.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    ended = tell_end(asking, batch_id, otherwise="The batch goes on without it")
    raise typer.Exit(0 if ended.is_whole else 1)


def _changing(action: str, summary: str) -> Callable[..., None]:
    """A command that asks for a change of a batch."""

    def change(
        batch_id: Id,
        key: KeyOption = None,
        pkcs11_module: ModuleOption = None,
        pin_file: PinFileOption = None,
        url: URLOption = None,
        config: ConfigOption = DEFAULT_CONFIG,
    ) -> None:
        _change(action, batch_id, Asking(key, pkcs11_module, pin_file, url, config))

    change.__doc__ = (
        f"{summary}\n\n"
        "Exits 0 when that is so, 1 when the gateway refused, 2 when it did not answer."
    )
    return change


pause = _changing("pause", "Begin no further document of a batch; those under way are finished.")
resume = _changing("resume", "Go on with a batch that was paused.")
cancel = _changing("cancel", "Seal no further document of a batch; what is sealed stays sealed.")
retry = _changing(
    "retry", "Try the failed documents of a batch once more, after what failed is mended."
)


def tell(batch: Batch) -> None:
    """A batch in a line."""
    said = f": {batch.counts.told()}" if batch.counts else ""
    line = f"{batch.id}  {batch.state}  {batch.created_at}  {batch.items} documents{said}"
    out.print(printable(line), markup=False, soft_wrap=True)


def tell_end(asking: Asking, batch_id: str, *, otherwise: str) -> Batch:
    """Follow a batch to its end, and say how it ended and where to read on."""

    async def question(client: GatewayClient) -> tuple[Batch, list[str]]:
        ended = await shown(client, batch_id, err)
        failed = ended.counts is not None and ended.counts.failed
        return ended, await failures(client, batch_id) if failed else []

    ended, lines = asking.ask(question, otherwise=otherwise)
    tell(ended)
    for line in lines:
        err.print(printable(f"  {line}"), markup=False, soft_wrap=True)
    if lines:
        err.print(
            f"all of them: sealgate batch results {batch_id} --state failed; once the cause is "
            f"mended: sealgate batch retry {batch_id}",
            soft_wrap=True,
        )
    return ended


def _change(action: str, batch_id: str, asking: Asking) -> None:
    async def question(client: GatewayClient) -> Batch:
        async with client.exchange("POST", f"{PATH}/{batch_id}/{action}") as response:
            return batch_of(await response.json())

    tell(asking.ask(question))
