"""The process that talks HTTP loads no parser of documents, and no way to the token."""

import subprocess
import sys

import pytest

# Those that read what strangers wrote begin as their starters have it: offline.
_ASK = """
import sys
from processes.beginning import leave_out_the_http_client, loaded
if {offline}:
    leave_out_the_http_client()
loaded("{module}")
print(*sorted(sys.modules))
"""
_READERS = (
    "gateway.documents.worker",
    "gateway.documents.examining.child",
    "gateway.verification.child",
)
_GATEWAY = """
import sys, gateway.wiring.process, gateway.wiring.serving, gateway.declarations.library
print(*sorted(sys.modules))
"""
# Of aiohttp there is a name that pyHanko finds, and nothing behind it.
_NOT_FOR_READERS = {"aiohttp.client", "pkcs11", "sqlalchemy", "hsm.client", "hsm.token.pkcs11"}


def _loaded(module: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", _ASK.format(module=module, offline=module in _READERS)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("gateway.documents.worker", _NOT_FOR_READERS),
        ("gateway.documents.examining.child", _NOT_FOR_READERS),
        ("gateway.verification.child", _NOT_FOR_READERS),
        ("hsm.signer", {"pyhanko", "pypdfium2", "PIL", "aiohttp", "sqlalchemy", "yaml"}),
    ],
)
def test_a_process_loads_nothing_that_it_has_no_business_with(module: str, never: set[str]) -> None:
    assert not _loaded(module) & never


def test_the_gateway_loads_no_reader_of_documents_and_no_driver_that_only_some_need() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _GATEWAY], capture_output=True, text=True, check=True
    )
    never = {"pyhanko", "pypdfium2", "pikepdf", "PIL", "picosvg", "pkcs11"}
    assert not set(told.stdout.split()) & (never | {"psycopg", "pymysql", "aio_pika", "asyncssh"})
