"""Keys are kept ready, and never outlive the bundle or the file that they came from."""

import base64
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.http.callers.verification_keys import VerificationKeys
from gateway.http.errors import SignatureInvalidProblem
from policies.objects.systems import SystemKey
from tests.signing_house import FakeClock

LATER = FakeClock(datetime.now(UTC) + timedelta(hours=1))  # noqa: TID251 - files bear real times
FRESH = FakeClock(datetime.now(UTC))  # noqa: TID251 - files bear real times


def declared() -> SystemKey:
    return SystemKey(id="tms", algorithm="hmac-sha256", secret_file="secret")  # noqa: S106 - a path


def test_a_key_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"a" * 40)
    keys, key = VerificationKeys(tmp_path, clock=LATER), declared()
    assert keys.ready(key) is keys.ready(key)


def test_another_bundle_makes_the_key_anew(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"a" * 40)
    keys = VerificationKeys(tmp_path, clock=LATER)
    assert keys.ready(declared()) is not keys.ready(declared())


def test_a_secret_that_is_replaced_counts_at_once(tmp_path: Path) -> None:
    keys, key = VerificationKeys(tmp_path, clock=LATER), declared()
    (tmp_path / "secret").write_bytes(b"a" * 40)
    assert keys.ready(key).value == b"a" * 40
    (tmp_path / "other").write_bytes(b"b" * 40)
    (tmp_path / "other").replace(tmp_path / "secret")
    assert keys.ready(key).value == b"b" * 40


def test_a_secret_that_was_written_just_now_is_read_each_time(tmp_path: Path) -> None:
    keys, key = VerificationKeys(tmp_path, clock=FRESH), declared()
    (tmp_path / "secret").write_bytes(b"a" * 40)
    before = os.stat(tmp_path / "secret")  # noqa: PTH116 - its times are put back below
    assert keys.ready(key).value == b"a" * 40
    (tmp_path / "secret").write_bytes(b"b" * 40)
    os.utime(tmp_path / "secret", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert keys.ready(key).value == b"b" * 40


def test_a_secret_that_is_gone_opens_no_door(tmp_path: Path) -> None:
    keys, key = VerificationKeys(tmp_path, clock=LATER), declared()
    (tmp_path / "secret").write_bytes(b"a" * 40)
    keys.ready(key)
    (tmp_path / "secret").unlink()
    with pytest.raises(SignatureInvalidProblem, match="cannot be read"):
        keys.ready(key)


@pytest.mark.parametrize("secret", [b"", b"\n", b"short"])
def test_a_secret_that_is_too_short_opens_no_door(tmp_path: Path, secret: bytes) -> None:
    (tmp_path / "secret").write_bytes(secret)
    with pytest.raises(SignatureInvalidProblem, match="32 are the least"):
        VerificationKeys(tmp_path, clock=LATER).ready(declared())


def test_a_check_says_no_to_another_signature(tmp_path: Path) -> None:
    public = base64.b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")  # RFC 8032 §7.1
    key = SystemKey(id="tms", algorithm="ed25519", public_key=public)
    ready = VerificationKeys(tmp_path, clock=LATER).ready(key)
    assert not ready.check(bytes(64), b"base")
    assert not ready.check(b"", b"base")
