"""`sealgate envelope withdraw | decline | remind | link | release`: what is done about one."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from gateway.cli.envelope.model import envelope_of
from gateway.cli.envelope.options import (
    Asking,
    ConfigOption,
    Id,
    KeyOption,
    ModuleOption,
    Party,
    PinFileOption,
    URLOption,
    asked,
)
from gateway.cli.envelope.showing import tell
from gateway.cli.options import DEFAULT_CONFIG
from gateway.cli.terminal import err, out, printable
from gateway.client import EnvelopeClient

_Reason = Annotated[str, typer.Option("--reason", help="Why; the others read it.")]
_CODES = (
    "Exits 0 when that is so, 1 when the gateway refused, 2 when it or the network did not answer."
)

_GOES_OUT = "kept, and on its way to the network: `sealgate envelope watch {}` tells how it ended"
_OF_A_PERSON = "give it to nobody but the one who signs"
_ON_THE_LABEL = "it belongs on the goods' label: the first who claims it signs"


def _ending(
    summary: str, act: Callable[[EnvelopeClient, str, str], Awaitable[dict[str, Any]]]
) -> Callable[..., None]:
    """A command that ends an envelope for a reason."""

    def end(
        envelope_id: Id,
        reason: _Reason,
        key: KeyOption = None,
        pkcs11_module: ModuleOption = None,
        pin_file: PinFileOption = None,
        url: URLOption = None,
        config: ConfigOption = DEFAULT_CONFIG,
    ) -> None:
        asking = Asking(key, pkcs11_module, pin_file, url, config)
        told = envelope_of(asked(asking, lambda client: act(client, envelope_id, reason)))
        tell(told)
        if not told.has_ended:
            err.print(printable(_GOES_OUT.format(told.id)), markup=False)

    end.__doc__ = f"{summary}\n\n{_CODES}"
    return end


withdraw = _ending(
    "Withdraw an envelope of yours that not everybody has signed.",
    lambda client, envelope, reason: client.withdraw(envelope, reason=reason),
)
decline = _ending(
    "Decline an envelope that you have not signed, whatever your policies would say.",
    lambda client, envelope, reason: client.decline(envelope, reason=reason),
)


def remind(
    envelope_id: Id,
    party: Party,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Remind a party that it is its turn (催签).

    Exits 0 when that is so, 1 when the gateway refused, 2 when it or the network did not
    answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    tell(envelope_of(asked(asking, lambda client: client.remind(envelope_id, party))))


def link(
    envelope_id: Id,
    party: Party,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print a new link for a person, or for the goods' label; an earlier one no longer opens.

    Exits 0 when it is printed, 1 when the gateway refused, 2 when it or the network did not
    answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    envelope = envelope_of(asked(asking, lambda client: client.show(envelope_id)))
    told = asked(asking, lambda client: client.link(envelope_id, party))
    out.print(printable(str(told["url"])), markup=False, soft_wrap=True)
    is_label = any(each.id == party and not each.account for each in envelope.parties)
    whose = _ON_THE_LABEL if is_label else _OF_A_PERSON
    err.print(
        printable(f"it opens until {told['expiresAt']}; {whose}"), markup=False, soft_wrap=True
    )


def release(
    envelope_id: Id,
    party: Party,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let somebody else claim a delivery that was left lying, or locked by wrong digits.

    Exits 0 when that is so, 1 when the gateway refused, 2 when it or the network did not
    answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    tell(envelope_of(asked(asking, lambda client: client.release(envelope_id, party))))
