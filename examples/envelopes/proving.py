"""What came of an envelope, judged by others and by us, without the network."""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from examples.running import PROGRAM, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What each company keeps of a completed envelope.

    Attributes:
        document: as all have signed it.
        signatures: how many there must be.
        transcripts: of the first company, and the second's if there is one.
        roots: PEM of the CAs of the companies' seals, who alone may say who a company is.
        persons_root: PEM of the network's CA for persons, who may say who signed a PDF by hand and
            nothing else: as a root of cards it would let the network write them.
        network_key: which both pinned.
        name: of the document in the envelope.
    """

    document: Path
    signatures: int
    transcripts: Sequence[Path]
    roots: Path
    persons_root: Path
    network_key: str
    name: str


def prove(evidence: Evidence) -> list[str]:
    """What is not as it should be."""
    given = evidence.document.with_name("given") / evidence.name
    given.parent.mkdir(exist_ok=True)
    given.write_bytes(evidence.document.read_bytes())
    signers = ("--trust", evidence.roots, "--trust", evidence.persons_root)
    ours = ("verify", evidence.document, *signers)
    more = ("--roots", evidence.roots, "--network-key", evidence.network_key, "-d", given)
    proofs: list[Sequence[str | Path]] = [ours]
    proofs += [("envelope", "verify", each, *more) for each in evidence.transcripts]
    if len(evidence.transcripts) > 1:
        proofs.append(("envelope", "compare", *evidence.transcripts))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        faults = [*_pdfsig(evidence), *filter(None, threads.map(_fault, proofs))]
    if not faults:
        say(
            f"   {evidence.document.name}: {evidence.signatures} signatures; pdfsig and sealgate "
            "verify find them valid, and the record holds without the network",
            markup=False,
        )
    return faults


def bundle_of(roots: Sequence[Path], into: Path) -> Path:
    """Several PEM files in one."""
    into.write_text("".join(each.read_text(encoding="ascii") for each in roots), encoding="ascii")
    return into


def _pdfsig(evidence: Evidence) -> list[str]:
    # -nocert: the demo's CAs are in nobody's trust store; validity is what is asked.
    told = subprocess.run(
        ["pdfsig", "-nocert", evidence.document], capture_output=True, text=True, check=False
    ).stdout
    valid = told.count("Signature is Valid.")
    if valid == evidence.signatures and "is Invalid" not in told:
        return []
    return [f"{evidence.document}: pdfsig finds {valid} of {evidence.signatures}: {told[:500]}"]


def _fault(words: Sequence[str | Path]) -> str | None:
    """What a command of ours finds; None: nothing."""
    done = subprocess.run((PROGRAM, *words), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return f"sealgate {' '.join(map(str, words[:2]))}: {done.stdout[:2000]}{done.stderr[:500]}"
