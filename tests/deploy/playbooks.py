"""Run the bundle's own playbooks as IT does, and read what they changed."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.machine import Machine

_RECAP = re.compile(r"ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a playbook."""

    output: str
    changed: int
    well: bool

    @property
    def changes(self) -> str:
        """What was changed, with the names of the tasks."""
        blocks = self.output.split("\n\n")
        return "\n".join(block for block in blocks if re.search("^changed: ", block, re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Playbooks:
    """The playbooks of an unpacked bundle, for one machine or for groups of them.

    Attributes:
        bundle: where it was unpacked.
        machine: the first, beside whose directory the inventory lies.
        groups: of the inventory; none: the machine is the only one, a gateway.
    """

    bundle: Path
    machine: Machine
    groups: Mapping[str, tuple[Machine, ...]] = field(default_factory=dict)

    def run(self, book: str, *more: str, seconds: float = 600, **variables: Any) -> Ran:  # noqa: ANN401 - of an inventory
        """Run one; variables replace the inventory's."""
        command = self.command(book, *more, **variables)
        done = subprocess.run(
            command,
            cwd=self.bundle / "ansible",
            env={**os.environ, "LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": "ansible.cfg"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        changed = sum(int(each[0]) for each in _RECAP.findall(done.stdout))
        return Ran(done.stdout + done.stderr, changed, done.returncode == 0)

    def command(self, book: str, *more: str, **variables: Any) -> list[str]:  # noqa: ANN401 - as above
        """How it is run."""
        inventory = self.machine.directory.with_suffix(".inventory.json")
        groups = self.groups or {"sealgate": (self.machine,)}
        children = {
            name: {"hosts": {each.name: _host(each) for each in members}}
            for name, members in groups.items()
        }
        inventory.write_text(json.dumps({"all": {"children": children, "vars": variables}}))
        program = shutil.which("ansible-playbook")
        if program is None:
            raise RuntimeError("no ansible-playbook: run `make test-deploy`")
        return [program, "-i", str(inventory), *more, book]


def _host(machine: Machine) -> dict[str, str]:
    return {
        "ansible_host": machine.address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(machine.key),
        # Connections are kept by address, and another machine may have had this one's.
        "ansible_control_path_dir": str(machine.directory.with_suffix(".ssh")),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no "
        "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
    }
