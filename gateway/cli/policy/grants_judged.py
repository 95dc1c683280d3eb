"""What commands say of grants' sealed PDFs (授权书)."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.files.verify import roots_in
from gateway.clock import SystemClock
from gateway.desk.grant_documents import GrantFinding, judged_grants
from gateway.desk.policy_files import PolicyFiles
from gateway.seals.registry import NamedFiles
from gateway.verification.verifier import Verifier
from policies.bundle import Bundle
from strictyaml import Mistake


def judge_grants(
    bundle: Bundle, *, files: NamedFiles, roots: Iterable[Path]
) -> tuple[GrantFinding, ...]:
    """Judge the PDF of each grant, in a process of its own; `roots`: PEM files of certificates."""
    trusted = [root.public_bytes(Encoding.DER) for path in roots for _, root in roots_in(path)]

    async def judged() -> tuple[GrantFinding, ...]:
        found = judged_grants(
            bundle,
            files=files,
            roots=trusted,
            verifier=lambda trust: Verifier(trust=trust, clock=SystemClock()),
        )
        return tuple([each async for each in found])

    return asyncio.run(judged()) if bundle.grants else ()


def grant_mistakes(files: PolicyFiles, judged: Iterable[GrantFinding]) -> Iterator[Mistake]:
    """Grants of which nobody should believe that they were given."""
    for each in judged:
        if each.state == "wrong":
            yield files.mistake("SealGrant", each.grant, each.path, each.message, each.cure)


def grant_notes(judged: Iterable[GrantFinding]) -> tuple[str, ...]:
    """What could not be told, and which grants name no PDF."""
    told = [f"grant {each.grant}: {each.message}" for each in judged if each.state == "unclear"]
    bare = [each.grant for each in judged if each.state == "none"]
    if bare:
        told.append(f"grants without a sealed PDF (document:): {', '.join(bare)}")
    return tuple(told)
