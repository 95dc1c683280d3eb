"""A support bundle is made of an installation full of secrets, and has none of them."""

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.running_gateway import RunningGateway

# Each is planted somewhere; some are words that look harmless.
PLANTED = {
    "pin": "739104628855",
    "person": "Rosalind Okonkwo",
    "chinese person": "欧阳明月",
    "business number": "WB-77190-geheim",
    "company": "Nordwindspedition",
    "url password": "hunter2correcthorse",
    "bearer": "eyJhbGciOiJFZERTQSJ9.cGF5bG9hZA.c2ln",
    "token": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "key": "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v",
    "environment": "env-0b7f-plumage",
    "log file": "log-99c1-plumage",
    "reason": "Betriebsgeheimnis",
}
UNIT_LINES = [
    {"event": "ready", "level": "info", "url": f"http://x:{PLANTED['url password']}@host"},
    {"event": "refused", "detail": f"{PLANTED['person']} may not", "by": PLANTED["person"]},
    {"event": "failed", "error": f"Authorization: Bearer {PLANTED['bearer']}"},
    {"event": "failed", "exception": f'File "/x.py", line 9\n  pin = "{PLANTED["pin"]}"'},
    f"postgresql://sealgate:{PLANTED['url password']}@db/sealgate refused the connection",
    f"token={PLANTED['token']} key: {PLANTED['key']} {PLANTED['chinese person']}",
    f"Started sealgate.service for {PLANTED['company']}",
]


def opened(data: bytes, *, depth: int = 6) -> bytes:
    """All that is in it: archives unpacked, and whatever is compressed within them as well."""
    assert depth, "archives within archives without end"
    if data[:2] == b"\x1f\x8b":
        return data + opened(gzip.decompress(data), depth=depth - 1)
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            members = [(each.name, archive.extractfile(each)) for each in archive]
            return data + b"".join(
                name.encode() + opened(file.read() if file else b"", depth=depth - 1)
                for name, file in members
            )
    except tarfile.ReadError:
        return data


def test_the_scanner_sees_into_what_is_compressed_twice() -> None:
    inner = gzip.compress(b"needle")
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        entry = tarfile.TarInfo("inner.gz")
        entry.size = len(inner)
        archive.addfile(entry, io.BytesIO(inner))
    assert b"needle" not in written.getvalue()
    assert b"needle" in opened(written.getvalue())


def programs(folder: Path) -> Path:
    """A journal with lines of ours and systemd's, and units; as the real programs write them."""
    folder.mkdir()
    entries = [
        {
            "__REALTIME_TIMESTAMP": "1795760000000000",
            "PRIORITY": "6",
            "_CMDLINE": f"sealgate serve --pin {PLANTED['pin']}",
            "_HOSTNAME": PLANTED["company"],
            "MESSAGE": each if isinstance(each, str) else json.dumps(each, ensure_ascii=False),
        }
        for each in UNIT_LINES
    ]
    lines = "\n".join(json.dumps(each) for each in entries)
    (folder / "lines").write_text(lines)
    _program(folder / "journalctl", f"cat {folder}/lines\n")
    shown = f"ActiveState=active\nNRestarts=3\nEnvironment=PIN={PLANTED['pin']}\nResult=success\n"
    (folder / "shown").write_text(shown)
    _program(folder / "systemctl", f"cat {folder}/shown\n")
    return folder


def _program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}")
    file.chmod(0o755)


def plant(gateway: RunningGateway) -> None:
    """Secrets in the configuration, in files that the doctor reads, and in logs."""
    config = gateway.trial.config_file
    written = config.read_text()
    config.write_text(
        f"# {PLANTED['person']}: {PLANTED['token']}\n"
        + written.replace(
            "http:\n", f"http:\n  external_url: https://{PLANTED['company']}.example\n"
        )
    )
    # It took a free port; the bundle asks where the configuration says.
    config.write_text(
        config.read_text().replace("port: 0", f"port: {gateway.url.rpartition(':')[2]}")
    )
    gateway.trial.pin_file.write_text(PLANTED["pin"])
    systems = gateway.trial.policies / "systems.yaml"
    broken = systems.read_text().replace("company: east", f"company: {PLANTED['company'].lower()}")
    systems.write_text(f"# {PLANTED['key']}\n{broken}")
    (gateway.trial.policies / f"{PLANTED['chinese person']}.yaml").write_text(PLANTED["reason"])
    state = gateway.trial.directory / "state"
    state.mkdir(exist_ok=True)
    for folder in (state, gateway.trial.directory):
        (folder / "gateway.old.log").write_text(PLANTED["log file"])


def made(gateway: RunningGateway, target: Path, path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "gateway", "support-bundle", "-o", str(target), "--json"]
    return subprocess.run(
        [*command, "-c", str(gateway.trial.config_file)],
        env={
            **os.environ,
            "PATH": f"{path}:{os.environ['PATH']}",
            "SEALGATE_ODD": PLANTED["environment"],
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(180)
async def test_what_nobody_outside_should_know_is_not_in_it(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await gateway.seal(business_number=PLANTED["business number"])
    plant(gateway)
    target = tmp_path / "bundle.tar.gz"
    path = programs(tmp_path / "bin")
    done = made(gateway, target, path)
    assert done.returncode == 0, done.stderr
    found = opened(target.read_bytes()).decode(errors="replace").lower()
    for what, secret in PLANTED.items():
        for piece in (secret, *secret.split()):
            assert piece.lower() not in found, what
    assert str(gateway.trial.directory).lower() not in found
    assert stat.S_IMODE(target.stat().st_mode) == 0o600

    # And it helps.
    parts = files(target)
    report = {each["part"]: each for each in json.loads(parts["findings.json"])}
    assert report["HSM PIN"]["state"] == "failed"
    assert report["policies"]["state"] == "failed"
    assert report["policies"]["owner"] == "officer"
    assert "a document is a mapping" in report["policies"]["message"]
    assert json.loads(parts["config.json"])["hsm"]["deadline_seconds"] == 5
    figures = json.loads(parts["database.json"])
    assert figures["rows"]["document"] == {"sealed": 1}
    assert figures["audit"]["records"] >= 3
    assert figures["revision"] == figures["newest_revision"]
    names = {each["name"] for each in json.loads(parts["metrics.json"])}
    assert "sealgate_sealed_total" in names
    assert json.loads(parts["versions.json"])["libraries"]["sqlalchemy"]
    units = json.loads(parts["units.json"])["sealgate.service"]
    assert units == {"ActiveState": "active", "NRestarts": "3", "Result": "success"}
    lines = [json.loads(each) for each in parts["journal/sealgate.service.jsonl"].splitlines()]
    assert [each.get("event") for each in lines[:3]] == ["ready", "refused", "failed"]
    assert lines[1]["detail"].endswith("may not")

    # Never over another file.
    again = made(gateway, target, path)
    assert again.returncode == 2
    assert "exists" in again.stderr


def files(target: Path) -> dict[str, Any]:
    with tarfile.open(target) as archive:
        return {
            each.name.removeprefix("sealgate-support/"): file.read()
            for each in archive
            if (file := archive.extractfile(each)) is not None
        }


def test_it_is_made_where_nothing_works(tmp_path: Path) -> None:
    gone = tmp_path / "config.yaml"
    gone.write_text(f"polices: {PLANTED['token']}")
    command = [sys.executable, "-m", "gateway", "support-bundle", "-o", str(tmp_path / "b.tgz")]
    done = subprocess.run([*command, "-c", str(gone)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    parts = files(tmp_path / "b.tgz")
    assert PLANTED["token"].encode() not in opened((tmp_path / "b.tgz").read_bytes())
    report = json.loads(parts["findings.json"])
    assert "failed" in {each["state"] for each in report}
