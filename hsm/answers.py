"""What the signer's answers mean to whoever asked."""

from hsm.errors import KeyStoreError, PinRefusedError, SignerUnavailableError, TokenAbsentError
from hsm.wire import PROTOCOL, Failure, Greeting, Signature
from policies.errors import GrantRefusedError


def greeted(answer: Greeting | Signature | Failure) -> Greeting:
    """The greeting of a signer that can serve.

    Raises:
        KeyStoreError: why it cannot.
        SignerUnavailableError: it does not speak as this version does.
    """
    match answer:
        case Greeting(protocol=protocol) if protocol == PROTOCOL:
            return answer
        case Failure():
            error = error_of(answer)
            if isinstance(error, KeyStoreError):
                raise error
            raise SignerUnavailableError(answer.message)
        case _:
            raise SignerUnavailableError("the signer does not speak as this version does")


def error_of(failure: Failure) -> GrantRefusedError | KeyStoreError:
    """The failure as the error that it was inside the signer."""
    match failure.kind:
        case "grant-refused":
            return GrantRefusedError(failure.message)
        case "pin-refused":
            return PinRefusedError(failure.message)
        case "token-absent":
            return TokenAbsentError(failure.message)
        case "token-failed" | "internal":
            return KeyStoreError(failure.message)
