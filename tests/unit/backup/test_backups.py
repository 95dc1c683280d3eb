"""What a backup holds, what of it is refused, and how it is put back."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest

from gateway.audit.checkpoint import LogKey
from gateway.backup.errors import BackupFailedError, BackupRefusedError, RestoreRefusedError
from gateway.backup.reading import BackupFile
from gateway.backup.restored_note import recorded
from gateway.backup.restoring import restore
from gateway.backup.shelf import Shelf
from gateway.backup.verifying import verify
from gateway.store.errors import StateInUseError
from gateway.store.files.ownership import sole_owner
from tests.backed_up_house import BackedUp, emptied, put_back, silent, with_receipts
from tests.officers import FREEZE_ID
from tests.running_gateway import RunningGateway, copy_of


@pytest.fixture(scope="module")
def house(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    return with_receipts(trial_template, tmp_path_factory.mktemp("backed-up") / "var")


@pytest.fixture(scope="module")
def backup(house: BackedUp) -> Path:
    return house.back_up().path


@pytest.fixture
def there(house: BackedUp, tmp_path: Path) -> BackedUp:
    """An empty machine."""
    return emptied(house.trial, tmp_path / "there")


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        found = {each.name: archive.extractfile(each) for each in archive}
        return {name: file.read() for name, file in found.items() if file is not None}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """A backup of these members, whatever they are."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def repacked(path: Path, files: dict[str, bytes], **said: object) -> Path:
    """The same with a manifest that fits its members, as somebody makes it who knows how."""
    manifest = {**json.loads(files.pop("manifest.json")), **said}
    manifest["files"] = {
        name: {"sha256": sha256(content).hexdigest(), "size": len(content)}
        for name, content in files.items()
    }
    return packed(path, {**files, "manifest.json": json.dumps(manifest).encode()})


def test_any_tar_reads_it_and_only_its_owner_may(backup: Path) -> None:
    names = set(members(backup))
    assert {"database.sqlite", "audit/checkpoint", "audit/log-key.txt", "manifest.json"} <= names
    assert {"configuration/config.yaml", "configuration/first-officers.json"} <= names
    assert any(name.startswith("documents/companies/") for name in names)
    assert any(name.startswith("configuration/policies/") for name in names)
    assert any(name.startswith("bundles/") for name in names)
    assert backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in backup.parent.iterdir() if path.name != ".lock"] == [backup.name]


def test_neither_pin_nor_private_key_is_in_it(house: BackedUp, backup: Path) -> None:
    content = backup.read_bytes()
    assert b"PRIVATE KEY" not in content
    assert house.trial.pin_file.read_bytes().strip() not in content
    with BackupFile.opened(backup) as opened:
        told = " ".join(each.what for each in opened.manifest.left_out)
    assert str(house.trial.pin_file) in told
    assert "keys on token" in told


def test_secrets_of_calling_systems_stay_out_whatever_they_are_called(
    house: BackedUp, tmp_path: Path
) -> None:
    trial = copy_of(house.trial.directory, tmp_path / "var")
    secret = os.urandom(24).hex()
    (trial.policies / "erp.pem").write_text(secret)
    (trial.policies / "erp.key").write_text(secret)
    (trial.policies / "erp.yaml").write_text("# secretFile: erp.pem\n")
    made = BackedUp(trial, Shelf(tmp_path / "backups")).back_up()
    names = set(members(made.path))
    assert "configuration/policies/erp.yaml" in names
    assert "configuration/policies/erp.pem" not in names
    assert secret.encode() not in made.path.read_bytes()


def test_a_backup_that_was_made_verifies(house: BackedUp, backup: Path) -> None:
    verified = house.verify(backup)
    assert verified.manifest.documents == 3
    assert verified.verdict.sealed == 3
    assert verified.verdict.signed == verified.manifest.log.size
    assert verified.signed_elsewhere is None


Spoil = Callable[[dict[str, bytes], Path], Path]


def _outside(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, {"documents/../../outside": b"x", **files})


def _absolute(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, {"/etc/cron.d/x": b"x", **files})


def _unknown(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, {"systemd/evil.service": b"x", **files})


def _more(files: dict[str, bytes], path: Path) -> Path:
    return packed(path, {"documents/more.tar": b"x", **files})


def _less(files: dict[str, bytes], path: Path) -> Path:
    del files[next(name for name in files if name.startswith("documents/"))]
    return packed(path, files)


def _less_and_says_so(files: dict[str, bytes], path: Path) -> Path:
    del files[next(name for name in files if name.startswith("documents/"))]
    return repacked(path, files)


def _after_the_end(files: dict[str, bytes], path: Path) -> Path:
    return packed(path, {**files, "documents/late.tar": b"x"})


def _link(files: dict[str, bytes], path: Path) -> Path:
    packed(path, files)
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("documents/link.tar")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return path


def _twice(files: dict[str, bytes], path: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in [("audit/checkpoint", b"x"), *files.items()]:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def _newer(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, files, version="99.0.0")


def _unknown_schema(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, files, revision="9999")


def _changed_database(files: dict[str, bytes], path: Path, *statements: str) -> Path:
    file = path.with_suffix(".sqlite")
    file.write_bytes(files["database.sqlite"])
    with closing(sqlite3.connect(file)) as rows:
        for statement in statements:
            rows.execute(statement)
        rows.commit()
    files["database.sqlite"] = file.read_bytes()
    file.unlink()
    return repacked(path, files)


def _cut_log(files: dict[str, bytes], path: Path) -> Path:
    last = 'WHERE "index" = (SELECT max("index") FROM audit_leaf)'
    return _changed_database(files, path, f"DELETE FROM audit_leaf {last}")  # noqa: S608


def _changed_row(files: dict[str, bytes], path: Path) -> Path:
    return _changed_database(files, path, "UPDATE document SET seal = 'other'")


def _changed_document(files: dict[str, bytes], path: Path) -> Path:
    name = next(name for name in files if name.startswith("documents/"))
    files[name] = files[name].replace(b"%PDF", b"%PFD", 1)
    return repacked(path, files)


def _damaged_database(files: dict[str, bytes], path: Path) -> Path:
    files["database.sqlite"] = files["database.sqlite"][:8192] + os.urandom(8192)
    return repacked(path, files)


def _in_colour(files: dict[str, bytes], path: Path) -> Path:
    return repacked(path, files, node="\x1b[31mevil\nnode")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_in_colour, "no program of ours writes"),
        (_outside, "outside"),
        (_absolute, "outside"),
        (_unknown, "belongs into no backup"),
        (_more, "not in its manifest"),
        (_less, "is not in it"),
        (_less_and_says_so, "which the database points at"),
        (_after_the_end, "comes after its end"),
        (_link, "link"),
        (_twice, "twice"),
        (_newer, "install 99.0.0"),
        (_unknown_schema, "9999"),
        (_cut_log, "audit log is not whole"),
        (_changed_row, "audit log is not whole"),
        (_changed_document, "is not what was sealed"),
        (_damaged_database, "database"),
    ],
)
def test_what_no_gateway_wrote_is_refused_by_name(
    there: BackedUp, backup: Path, tmp_path: Path, spoil: Spoil, told: str
) -> None:
    spoiled = spoil(members(backup), tmp_path / "spoiled.tar")
    there.shelf.directory.mkdir()
    with pytest.raises(BackupRefusedError, match=told):
        put_back(there, spoiled)
    assert not (there.trial.directory / "state").exists()
    assert list(there.shelf.directory.iterdir()) == []


def test_each_changed_byte_and_each_cut_is_noticed(
    house: BackedUp, backup: Path, tmp_path: Path
) -> None:
    content = backup.read_bytes()
    spoiled = tmp_path / "spoiled.tar"
    with BackupFile.opened(backup) as opened:
        places = {name: opened._members[name] for name in opened.manifest.files}
    for place in places.values():
        changed = bytearray(content)
        changed[place.offset + place.size // 2] ^= 1
        spoiled.write_bytes(changed)
        with pytest.raises(BackupRefusedError):
            house.verify(spoiled)
    for size in (0, 1, 511, 512, len(content) // 2, len(content) - 1024, len(content) - 1):
        spoiled.write_bytes(content[:size])
        with pytest.raises(BackupRefusedError):
            house.verify(spoiled)
    for more in (b"\0" * 100_000, b"x" * 512):
        spoiled.write_bytes(content + more)
        with pytest.raises(BackupRefusedError):
            house.verify(spoiled)


def test_an_empty_machine_has_all_of_it_again(
    house: BackedUp, there: BackedUp, backup: Path
) -> None:
    there.shelf.directory.mkdir()
    done = put_back(there, backup)
    # Another port, other paths.
    assert {path.name for path in done.kept} == {"config.yaml", "folder.yaml"}
    assert done.homeless == []
    before, after = house.trial.directory, there.trial.directory
    for path in (before / "state").rglob("*"):
        if path.is_dir() or path.name.startswith(("lock", "reserve", "sealgate.sqlite")):
            continue
        again = after / path.relative_to(before)
        assert again.read_bytes() == path.read_bytes(), again
        assert again.stat().st_mode & 0o077 == 0
    assert there.trial.signed.root.read_bytes() == house.trial.signed.root.read_bytes()
    assert recorded(after / "state")["restored"]
    with sole_owner(after / "state"):
        pass


def test_two_histories_do_not_mix(house: BackedUp, there: BackedUp, backup: Path) -> None:
    there.shelf.directory.mkdir()
    put_back(there, backup)
    with pytest.raises(RestoreRefusedError, match=r"move .* away"):
        put_back(there, backup)
    with pytest.raises(RestoreRefusedError, match="not empty"):
        put_back(house, backup)


class _CutOffError(Exception):
    pass


def test_a_restore_that_is_cut_off_anywhere_starts_no_gateway_and_goes_on(
    house: BackedUp, backup: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    whole = emptied(house.trial, tmp_path / "whole")
    whole.shelf.directory.mkdir()
    verified = whole.verify(backup)
    config_file = whole.trial.config_file
    restore(backup, verified, whole.config, config_file, on_token=None, tell=steps.append)
    assert steps[-1] == "database"
    for number in range(len(steps)):
        there = emptied(house.trial, tmp_path / f"cut-{number}")
        remaining: Iterator[int] = iter(range(number))

        def cut(_line: str, left: Iterator[int] = remaining) -> None:
            if next(left, None) is None:
                raise _CutOffError

        with pytest.raises(_CutOffError):
            restore(
                backup, verified, there.config, there.trial.config_file, on_token=None, tell=cut
            )
        state = there.trial.directory / "state"
        with pytest.raises(StateInUseError, match="same backup again"), sole_owner(state):
            pass
        restore(backup, verified, there.config, there.trial.config_file, on_token=None, tell=silent)
        found = {path.relative_to(state): path.read_bytes() for path in state.rglob("*.tar")}
        assert found == {
            path.relative_to(whole.trial.directory / "state"): path.read_bytes()
            for path in (whole.trial.directory / "state").rglob("*.tar")
        }
        with sole_owner(state):
            pass
        assert not list(state.rglob(".*.restoring"))


def test_a_restore_of_another_backup_does_not_finish_one_that_was_cut_off(
    there: BackedUp, backup: Path
) -> None:
    there.shelf.directory.mkdir()
    state = there.trial.directory / "state"
    state.mkdir()
    (state / "restoring").write_text("0" * 64)
    with pytest.raises(RestoreRefusedError, match="another backup"):
        put_back(there, backup)


def test_a_log_goes_on_under_its_own_name_and_key_only(there: BackedUp, backup: Path) -> None:
    there.shelf.directory.mkdir()
    text = there.trial.config_file.read_text()
    config = there.trial.config_file
    config.write_text(text.replace("origin: ", "origin: another."))
    with pytest.raises(RestoreRefusedError, match=r"audit\.origin"):
        put_back(there, backup)
    config.write_text(text)
    key = there.config.log_key_file
    key.parent.mkdir(parents=True)
    key.write_text("trial+00000000+AAAA")
    with pytest.raises(RestoreRefusedError, match="HSM's own backup"):
        put_back(there, backup)


def test_the_log_of_another_token_is_not_put_back(there: BackedUp, backup: Path) -> None:
    there.shelf.directory.mkdir()
    manifest = there.verify(backup).manifest
    own = LogKey.parse(manifest.log_key)
    with pytest.raises(RestoreRefusedError, match="the backup of another installation"):
        put_back(there, backup, on_token=LogKey(own.origin, bytes(32)))
    assert not there.config.log_key_file.exists()
    put_back(there, backup, on_token=own)
    assert there.config.log_key_file.exists()


def test_a_backup_of_other_officers_is_not_put_back(there: BackedUp, backup: Path) -> None:
    there.shelf.directory.mkdir()
    there.trial.signed.root.write_text("{}")
    with pytest.raises(RestoreRefusedError, match="other first officers"):
        put_back(there, backup)
    assert not there.config.log_key_file.exists()
    there.trial.signed.root.unlink()
    put_back(there, backup)


_VERIFYING = """
import os, sys, time
from pathlib import Path
from gateway.backup import scratch
with scratch.scratch_directory(Path(sys.argv[1]), ".verify-"):
    print("here", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_verification_left_goes_with_the_next_and_nothing_else(
    house: BackedUp, backup: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(backup, tmp_path))
    (tmp_path / ".verify-of-mine").mkdir()
    (tmp_path / ".verify-abcdefgh").symlink_to(tmp_path / ".verify-of-mine")
    words = [sys.executable, "-c", _VERIFYING, tmp_path]
    with (
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running,
    ):
        for each in (killed, running):
            assert each.stdout is not None
            assert each.stdout.readline() == b"here\n"
        assert len(list(tmp_path.glob(".verify-*"))) == 4
        killed.kill()
        killed.wait(60)
        house.verify(copy)  # elsewhere: it clears up where it works itself
        assert len(list(tmp_path.glob(".verify-*"))) == 4
        verify(copy, scratch=tmp_path)
        assert len(list(tmp_path.glob(".verify-*"))) == 3
        running.kill()
        running.wait(60)
    verify(copy, scratch=tmp_path)
    left = sorted(each.name for each in tmp_path.glob(".verify-*"))
    assert left == [".verify-abcdefgh", ".verify-of-mine"]


def test_a_tree_head_from_elsewhere_tells_what_is_missing(
    house: BackedUp, backup: Path, tmp_path: Path
) -> None:
    known = house.config.checkpoint_file.read_text()
    assert house.verify(backup, checkpoint=known).signed_elsewhere is None
    later = RunningGateway(copy_of(house.trial.directory, tmp_path / "later", signed=True))
    later.start()
    later.stop()
    newer = (later.trial.directory / "state/audit/checkpoint").read_text()
    verified = house.verify(backup, checkpoint=newer)
    assert verified.signed_elsewhere is not None
    assert verified.signed_elsewhere > verified.manifest.log.size
    forged = newer.splitlines()
    forged[1] = str(int(forged[1]) + 1)
    with pytest.raises(BackupRefusedError, match="does not belong"):
        house.verify(backup, checkpoint="\n".join(forged))


def test_what_is_damaged_here_makes_no_backup(house: BackedUp, tmp_path: Path) -> None:
    trial = copy_of(house.trial.directory, tmp_path / "var", signed=True)
    damaged = BackedUp(trial, Shelf(tmp_path / "backups"))
    (segment,) = (trial.directory / "state/documents/companies").rglob("*.tar")
    content = segment.read_bytes()
    segment.write_bytes(content.replace(b"%PDF", b"%PFD", 1))
    with pytest.raises(BackupRefusedError, match="is not what was sealed"):
        damaged.back_up()
    segment.write_bytes(content[:-2048])
    with pytest.raises(BackupFailedError, match="fewer"):
        damaged.back_up()
    segment.unlink()
    with pytest.raises(BackupFailedError, match="is gone"):
        damaged.back_up()
    segment.write_bytes(content)
    with closing(sqlite3.connect(trial.directory / "state/sealgate.sqlite")) as rows:
        rows.execute('DELETE FROM audit_leaf WHERE "index" > 3')
        rows.commit()
    with pytest.raises(BackupFailedError, match="were signed"):
        damaged.back_up()
    assert [path.name for path in damaged.shelf.directory.iterdir()] == [".lock"]


def test_so_many_are_kept_of_each_node(backup: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for node in ("seal-1", "seal-2"):
        for day in range(1, 5):
            shutil.copy(backup, tmp_path / f"sealgate-{node}-2026110{day}T020000Z.tar")
    (tmp_path / "other.tar").touch()
    gone = shelf.keep(2, node="seal-1")
    assert [path.name[:28] for path in gone] == [
        "sealgate-seal-1-20261102T020",
        "sealgate-seal-1-20261101T020",
    ]
    assert len(shelf.backups()) == 6
    assert shelf.backups()[0].name.endswith("20261104T020000Z.tar")


def test_what_a_killed_backup_left_goes_with_the_next(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    shelf.directory.mkdir()
    left = shelf.directory / ".sealgate-x-20261101T020000Z.tar.partial"
    left.touch()
    scratch = left.with_name(f"{left.name}.scratch")
    scratch.mkdir()
    (scratch / "database.sqlite").touch()
    with shelf.alone():
        assert not left.exists()
        assert not scratch.exists()
        with pytest.raises(BackupFailedError, match="under way"), Shelf(shelf.directory).alone():
            pass


def test_certificates_go_along_and_keys_beside_them_do_not(house: BackedUp, tmp_path: Path) -> None:
    trial = copy_of(house.trial.directory, tmp_path / "var", signed=True)
    tls = tmp_path / "tls"
    tls.mkdir()
    shutil.copy(trial.ca_file, tls / "server.pem")
    shutil.copy(trial.client_key, tls / "server.key")
    both = trial.ca_file.read_bytes() + trial.client_key.read_bytes()
    (tls / "ca.pem").write_bytes(both)
    text = trial.config_file.read_text()
    named = f"{{certificate: {tls}/server.pem, key: {tls}/server.key, client_ca: {tls}/ca.pem}}"
    trial.config_file.write_text(text.replace("http:\n", f"http:\n  tls: {named}\n"))
    (trial.connectors / "password").write_text("a password of somebody else's system")
    made = BackedUp(trial, Shelf(tmp_path / "backups")).back_up()
    found = members(made.path)
    assert found["configuration/tls/certificate.pem"] == trial.ca_file.read_bytes()
    assert "configuration/tls/client-ca.pem" not in found
    assert "configuration/connectors/folder.yaml" in found
    assert b"PRIVATE KEY" not in made.path.read_bytes()
    assert b"a password of somebody" not in made.path.read_bytes()
    assert any(str(tls / "server.key") in each.what for each in made.verified.manifest.left_out)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_puts_back_is_the_gateways_own(there: BackedUp, backup: Path) -> None:
    there.shelf.directory.mkdir()
    state = there.trial.directory / "state"
    state.mkdir()
    os.chown(state, 12345, 12346)
    put_back(there, backup)
    for path in state.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346), path
    assert there.trial.signed.root.stat().st_uid == 0
    assert there.trial.signed.root.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("group", "modes"),
    [
        pytest.param(
            12346,
            (0o750, 0o640),
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away"),
        ),
        (None, (0o700, 0o600)),
    ],
    ids=["by root", "by the gateway's user"],
)
def test_who_was_frozen_and_why_is_put_back_for_the_gateway_alone(
    house: BackedUp, there: BackedUp, group: int | None, modes: tuple[int, int]
) -> None:
    name = f"{FREEZE_ID}.freeze.jws"
    frozen = house.trial.signed.bundles / "freezes"
    frozen.mkdir()
    (frozen / name).write_text("who, and why")
    try:
        made = house.back_up()
    finally:
        shutil.rmtree(frozen)
    there.shelf.directory.mkdir()
    if group is not None:
        state = there.trial.directory / "state"
        state.mkdir()
        os.chown(state, 12345, group)
    with patch.object(os, "geteuid", lambda: 0 if group else 1):
        put_back(there, made.path)
    folder = there.trial.signed.bundles / "freezes"
    found = folder.stat(), (folder / name).stat()
    assert tuple(each.st_mode & 0o777 for each in found) == modes
    assert {each.st_gid for each in found} == {os.getegid() if group is None else group}
    # The policies beside it are as public as they were.
    assert folder.parent.stat().st_mode & 0o777 == 0o755
    made.path.unlink()  # the next backup may come within the second that names this one


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """Root restores into a directory of the service's user, who may have left a link there."""
    other = tmp_path / "shadow"
    other.write_text("root's own")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "lock").symlink_to(other)
    with pytest.raises(OSError, match="lock"), sole_owner(tmp_path / "state", restoring=True):
        pass
    assert other.read_text() == "root's own"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "CREATE TRIGGER evil AFTER INSERT ON audit_leaf BEGIN DELETE FROM freeze; END",
            "trigger 'evil'",
        ),
        ("CREATE VIEW evil AS SELECT 1", "view 'evil'"),
        ("CREATE TABLE evil (x)", "table 'evil'"),
    ],
)
def test_what_would_act_in_the_database_by_itself_is_refused(
    house: BackedUp, backup: Path, tmp_path: Path, statement: str, told: str
) -> None:
    files = members(backup)
    database = tmp_path / "database.sqlite"
    database.write_bytes(files["database.sqlite"])
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()
    files["database.sqlite"] = database.read_bytes()
    spoiled = repacked(tmp_path / "spoiled.tar", files)
    with pytest.raises(BackupRefusedError, match=told):
        house.verify(spoiled)
