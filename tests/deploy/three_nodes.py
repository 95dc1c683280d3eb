"""Three gateways on one PostgreSQL behind a balancer: installed, upgraded, renewed, one lost."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.authority import Authority
from tests.deploy.bundles import FIRST, ROOT, SECOND, Bundles
from tests.deploy.machine import Machine, machines
from tests.deploy.playbooks import Playbooks
from tests.deploy.steps import Steps

_RECEIPT = ROOT / "examples/receipts/reportlab-a4-ascii85-001.pdf"
_LOAD = ROOT / "tests/deploy/load.py"
_NAME, _PORT = "seal.example.com", 8443
_MOST_SECONDS = 5.0
_TRIAL = Path("root/sealgate-trial/var")


@dataclass
class Cluster:
    """The machines, what IT brings, and what callers were given."""

    nodes: tuple[Machine, ...]
    front: Machine
    brought: Path
    documents: Path
    given: dict[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> dict[str, tuple[Machine, ...]]:
        """Database, balancer and an account network are one machine here."""
        front = (self.front,)
        return {"sealgate": self.nodes, "database": front, "balancer": front, "network": front}

    @property
    def variables(self) -> dict[str, Any]:
        """What the inventory says."""
        return {
            "sealgate_trial": True,
            "services_tls_certificate": str(self.brought / "server.pem"),
            "services_tls_key": str(self.brought / "server.key"),
            "services_tls_ca": str(self.brought / "ca.pem"),
            "services_database_password": str(self.brought / "database-password"),
            "services_documents": "/srv/sealgate/documents",
            "trial_database_url": f"postgresql://sealgate@{self.front.address}:5432/sealgate"
            "?sslmode=require",
            "database_addresses": [each.address for each in self.nodes],
            "gateway_url": "https://{{ ansible_host }}:8480",
            "sealgate_url_ca": "/etc/sealgate/tls/ca.pem",
            "balancer_name": _NAME,
            "balancer_port": _PORT,
            "network_name": "Trial network",
        }

    def seal(
        self, *, seconds: float, prefix: str, at: Machine | None = None, stop: Path | None = None
    ) -> dict[str, Any]:
        """Callers outside, through the balancer; asserts that each receipt came back sealed.

        With `at`, one node is asked itself; with `stop`, it is over once that file is there.
        """
        place = f"{self.front.address}:{_PORT}" if at is None else f"{at.address}:8480"
        arguments = [
            f"--url=https://{place}",
            f"--keep={self.brought / 'receipt.pdf'}",
            f"--key={self.nodes[0].directory / _TRIAL / 'clients/tms.key.pem'}",
            f"--ca={self.brought / 'ca.pem'}",
            "--callers=4",
            *([] if stop is None else [f"--stop={stop}"]),
        ]
        done = subprocess.run(
            [sys.executable, str(_LOAD), str(seconds), prefix, str(_RECEIPT), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr[-1500:]
        counted: dict[str, Any] = json.loads(done.stdout)
        assert not counted["wrong"], counted["wrong"]
        assert counted["sealed"], "nothing was sealed"
        self.given |= counted["digests"]
        return counted

    @contextlib.contextmanager
    def sealing(
        self, prefix: str, found: list[str], *, after: float = 2.0
    ) -> Iterator[dict[str, Any]]:
        """Four callers, while something is done and `after` seconds more.

        What they saw is in the mapping afterwards.
        """
        told: dict[str, Any] = {}
        stop = self.brought / f"{prefix}stop"
        stop.unlink(missing_ok=True)
        with ThreadPoolExecutor(1) as beside:
            work = beside.submit(self.seal, seconds=600, prefix=prefix, stop=stop)
            try:
                yield told
                time.sleep(after)
            finally:
                stop.touch()
            told |= work.result()
        found.append(
            f"{told['sealed']} receipts, none failed, {told['repeated']} asked for again, "
            f"longest wait {told['gap']:.1f} s"
        )

    def another_authority(self) -> Authority:
        """A CA that nobody here believes yet."""
        addresses = [each.address for each in (*self.nodes, self.front)]
        return Authority(_NAME, addresses)

    def sql(self, query: str) -> str:
        """What the database says."""
        return self.front.run("runuser", "-u", "postgres", "--", "psql", "-tAc", query, "sealgate")

    def audit(self, node: Machine) -> str:
        """The whole log, verified at a node."""
        return node.run(
            "runuser", "-u", "sealgate", "--", "sealgate", "audit", "verify", "-c",
            "/etc/sealgate/config.yaml",
        )  # fmt: skip


def scenario(steps: Steps, bundles: Bundles, first: Path, second: Path) -> None:
    """All of it, in order."""
    brought, documents = bundles.cache / "brought", bundles.cache / "documents"
    for each in (brought, documents):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir()
    names = ("sg-1", "sg-2", "sg-3", "sg-front")
    shared = {"/srv/sealgate/documents": documents}
    with machines(names, bundles.cache, shared=shared) as (*nodes, front):
        cluster = Cluster(tuple(nodes), front, brought, documents)
        authority = Authority(_NAME, [each.address for each in (*nodes, front)])
        authority.issue(brought, days=30)
        (brought / "database-password").write_text("3f9a-trial-2c71")
        books = Playbooks(bundles.verify(first), nodes[0], cluster.groups)
        install(steps, books, cluster)
        newer = Playbooks(bundles.verify(second), nodes[0], cluster.groups)
        upgrade(steps, newer, cluster)
        renew(steps, newer, cluster, authority)
        lose(steps, cluster)
        prove(steps, cluster)


def install(steps: Steps, books: Playbooks, cluster: Cluster) -> None:
    """From the bundle, onto all machines at once."""
    with steps.step("an inventory that names a file that is not there is refused") as found:
        named = cluster.variables | {"services_tls_key": "/nowhere/server.key"}
        ran = books.run("site.yml", **named)
        assert not ran.well, "it went through"
        assert ran.changed == 0, "something was changed"
        assert "`services_tls_key` names /nowhere/server.key" in ran.output, ran.output
        found.append("nothing changed, the cure is told")
    with steps.step("three nodes, database and balancer are installed") as found:
        ran = books.run("site.yml", **cluster.variables)
        assert ran.well, ran.output
        found.append(f"{ran.changed} changed")
    with steps.step("the first receipts are sealed through the balancer") as found:
        counted = cluster.seal(seconds=5, prefix="first-")
        found.append(f"{counted['sealed']} receipts")
        told = cluster.front.run("python3", "-c", _SHARES)
        found.append(f"connections by node {told}")
        assert "0" not in told.split(), told
    with steps.step("the account network runs and listens"):
        assert cluster.front.run("systemctl", "is-active", "sealgate-network") == "active"
        assert ":8490" in cluster.front.run("ss", "-ltn"), "it does not listen"
    with steps.step("a second run changes nothing"):
        ran = books.run("site.yml", **cluster.variables)
        assert ran.well, ran.output
        assert ran.changed == 0, ran.changes


# How many connections each gateway was given since the balancer began.
_SHARES = """
import csv, socket
with socket.socket(socket.AF_UNIX) as there:
    there.connect("/run/haproxy/admin.sock")
    there.sendall(b"show stat\\n")
    told = b"".join(iter(lambda: there.recv(65536), b"")).decode()
rows = csv.DictReader(told.removeprefix("# ").splitlines())
print(*(row["stot"] for row in rows if row["pxname"] == "sealgate" and row["svname"][:3] == "sg-"))
"""


def upgrade(steps: Steps, books: Playbooks, cluster: Cluster) -> None:
    """One node after the other, drained before; and back."""
    with (
        steps.step(f"upgrade to {SECOND} under callers, node by node") as found,
        cluster.sealing("u-", found) as told,
    ):
        ran = books.run("upgrade.yml", **cluster.variables)
        assert ran.well, ran.output
        for each in cluster.nodes:
            assert each.run("sealgate", "--version") == f"sealgate {SECOND}"
    with steps.step("no request of these had to be repeated"):
        assert told.get("repeated") == 0, told.get("repeated")
        assert told.get("gap", 600) <= _MOST_SECONDS, told.get("gap")
    with (
        steps.step(f"rollback to {FIRST} under callers, node by node") as found,
        cluster.sealing("r-", found) as told,
    ):
        ran = books.run("rollback.yml", "-e", f"rollback_to={FIRST}", **cluster.variables)
        assert ran.well, ran.output
        for each in cluster.nodes:
            assert each.run("sealgate", "--version") == f"sealgate {FIRST}"
    with steps.step("no request of these had to be repeated"):
        assert told.get("repeated") == 0, told.get("repeated")


def renew(steps: Steps, books: Playbooks, cluster: Cluster, authority: Authority) -> None:
    """The server's certificate, and a seal's."""
    with steps.step("a certificate whose key is another's is refused, and the former serves on"):
        authority.issue(cluster.brought, days=400)
        key = cluster.brought / "server.key"
        right = key.read_bytes()
        authority.issue(cluster.brought, days=400, only="server.pem")
        ran = books.run("renew.yml", **cluster.variables)
        assert not ran.well, "it went through"
        assert "is the key of another certificate" in ran.output, ran.output
        assert key.read_bytes() == right
        cluster.seal(seconds=2, prefix="refused-")
    serial = authority.issue(cluster.brought, days=400)
    bundles = cluster.brought / "bundles"
    seal_serial = authority.renew_seal(cluster.nodes[0], _TRIAL, "receipt-east", bundles)
    with (
        steps.step("certificates of server and seal are renewed under callers") as found,
        cluster.sealing("n-", found) as told,
    ):
        ran = books.run("renew.yml", **cluster.variables, services_policy_bundles=f"{bundles}/")
        assert ran.well, ran.output
        found.append(f"{ran.changed} changed")
    with steps.step("no request of these had to be repeated"):
        assert told.get("repeated") == 0, told.get("repeated")
    with steps.step("each node serves and seals with the new ones"):
        for each in cluster.nodes:
            shown = authority.shown_by(each.address, 8480)
            assert shown == serial, f"{each.name} shows {shown:x}"
            cluster.seal(seconds=1, prefix=f"after-{each.name}-", at=each)
            signed_by = authority.signer_of(cluster.brought / "receipt.pdf")
            assert signed_by == seal_serial, f"{each.name} seals with {signed_by:x}"
    with steps.step("a second run changes nothing"):
        ran = books.run("renew.yml", **cluster.variables, services_policy_bundles=f"{bundles}/")
        assert ran.well, ran.output
        assert ran.changed == 0, ran.changes
    with steps.step("one that no handshake proves goes back by itself, and the next node is left"):
        authority.issue(cluster.brought, days=400, for_machines=False)
        ran = books.run("renew.yml", **cluster.variables)
        assert not ran.well, "it went through"
        assert "did not serve with the new certificate" in ran.output, ran.output
        for each in cluster.nodes:
            assert authority.shown_by(each.address, 8480) == serial, each.name
            left = each.run("ls", "/etc/sealgate/tls").split()
            assert not [name for name in left if name.endswith((".new", ".former"))], left
        cluster.seal(seconds=2, prefix="back-")
    with steps.step("a new CA comes along, and the former again"):
        for issuer in (cluster.another_authority(), authority):
            serial = issuer.issue(cluster.brought, days=400)
            ran = books.run("renew.yml", **cluster.variables)
            assert ran.well, ran.output
            for each in cluster.nodes:
                assert issuer.shown_by(each.address, 8480) == serial, each.name
                cluster.front.run("/usr/local/sbin/sealgate-balancer", "ready", each.name)
    with steps.step("all nodes seal with what they have now"):
        cluster.seal(seconds=2, prefix="again-")


def lose(steps: Steps, cluster: Cluster) -> None:
    """A node whose machine is gone from one moment to the next."""
    lost = cluster.nodes[1]
    with (
        steps.step("a node loses power and cable under callers; the others go on") as found,
        cluster.sealing("l-", found, after=15) as told,
    ):
        time.sleep(4)
        lost.pull_the_cable()
        lost.power_off()
    with steps.step(f"nobody waited longer than {_MOST_SECONDS} s"):
        assert told.get("gap", 600) <= _MOST_SECONDS, told.get("gap")
    with (
        steps.step("it comes back under callers, and is given work again") as found,
        cluster.sealing("c-", found, after=20),
    ):
        lost.boot()
    with steps.step("the balancer has it back"):
        lost.run("systemctl", "is-active", "sealgate", "sealgate-signer")
        cluster.front.run("/usr/local/sbin/sealgate-balancer", "ready", lost.name)


def prove(steps: Steps, cluster: Cluster) -> None:
    """What is left at the end, against what callers were given."""
    with steps.step("each receipt was sealed once, and is the one that its caller has") as found:
        sealed = cluster.sql("SELECT idempotency_key, encode(output_digest, 'hex') FROM document")
        kept = dict(each.split("|") for each in sealed.splitlines())
        assert len(kept) == len(sealed.splitlines()), "a key has two rows"
        lost = [key for key, digest in cluster.given.items() if kept.get(key) != digest]
        assert not lost, f"{len(lost)} are not what was given: {lost[:5]}"
        found.append(f"{len(cluster.given)} receipts")
    with steps.step("the audit log is whole at each node") as found:
        told = [cluster.audit(each).splitlines()[-1] for each in cluster.nodes]
        found.append(told[0])
