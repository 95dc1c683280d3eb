"""The process that talks HTTP loads no parser of documents, and no way to the token."""

import subprocess
import sys

import pytest

_ASK = "import sys, {module}; print(*sorted(sys.modules))"


def _loaded(module: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", _ASK.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("gateway.wiring.serving", {"pyhanko", "pypdfium2", "pikepdf", "PIL", "picosvg", "pkcs11"}),
        # pyHanko brings aiohttp along; what keeps a worker from the network is its namespace.
        ("gateway.documents.worker", {"pkcs11", "sqlalchemy", "hsm.client", "hsm.token.pkcs11"}),
        ("hsm.signer", {"pyhanko", "pypdfium2", "PIL", "aiohttp", "sqlalchemy", "yaml"}),
    ],
)
def test_a_process_loads_nothing_that_it_has_no_business_with(module: str, never: set[str]) -> None:
    assert not _loaded(module) & never
