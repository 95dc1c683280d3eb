"""The one door to the key room's implementations."""

from hsm.config import HSMConfig
from hsm.interfaces import KeyStore
from hsm.pin import SecretsHandler, read_pin
from hsm.self_test import self_test
from hsm.token.pkcs11 import PKCS11KeyStore


def open_key_store(config: HSMConfig, *, ask_pin: SecretsHandler) -> KeyStore:
    """Open the token and prove that every key signs. Call it in the signer process only.

    Args:
        config: the `hsm:` section.
        ask_pin: called once, with the question, when the configuration says `pin: {ask: true}`.

    Raises:
        PinUnreadableError: there is no PIN where the configuration says, or others can read it.
        PinRefusedError: the token refused it. Do not start again before somebody has looked.
        TokenAbsentError: module, slot, token or key is not where the configuration says.
        KeyStoreError: anything else that makes it wrong to serve; the message has the cure.
    """
    token = f"token {config.token_label!r}" if config.token_label else f"slot {config.slot}"
    pin = read_pin(config.pin, ask=ask_pin, question=f"PIN of {token}: ")
    store = PKCS11KeyStore.open(config, pin=pin)
    try:
        self_test(store, config)
    except BaseException:
        store.close()
        raise
    return store
