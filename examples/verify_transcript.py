"""Verify an envelope's transcript with nothing but `cryptography`: docs/transcript.md.

    python verify_transcript.py TRANSCRIPT.json [DOCUMENT…]

It imports nothing of Sealgate. It checks that the entries are the network's and stand in their
places, that each statement is its author's, and that the documents are the final ones. The cards
and their proofs it writes into the current folder, and prints the line of openssl for each; the
rules of turns it leaves to `sealgate envelope verify`.
"""

import base64
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PLACE = b"sealgate entry v1\n"
STATEMENT = b"sealgate statement v1\n"


def signed_by(key: str, message: bytes, signature: str) -> bool:
    """Whether an Ed25519 key (base64url) made the signature (base64)."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key + "="))
        public.verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sha256(data: bytes) -> str:
    """In lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def keys_of(record: dict[str, Any]) -> dict[tuple[str, int], str]:
    """The organisations' keys; their cards are written out to be verified by their proofs."""
    keys = {}
    for number, each in enumerate(record.get("cards", []), 1):
        told = base64.b64decode(each["card"])
        card = json.loads(told)
        keys[card["organisation"], card["serial"]] = card["signingKey"]
        Path(f"card-{number}.json").write_bytes(told)
        Path(f"card-{number}.der").write_bytes(base64.b64decode(each["proof"]))
        print(f"card of {card['organisation']}, written to this folder; is it its seal's? Ask:")
        print(
            f"  openssl cms -verify -binary -inform DER -in card-{number}.der "
            f"-content card-{number}.json -CAfile roots.pem -purpose any -out /dev/null"
        )
    return keys


def verify_place(entry: dict[str, Any], *, network: str, number: int, previous: str) -> datetime:
    """The entry's moment, if the network signed its place and that is the next one."""
    link_bytes = base64.b64decode(entry["link"])
    if not signed_by(network, PLACE + link_bytes, entry["signature"]):
        sys.exit(f"entry {number}: not signed by the network")
    link = json.loads(link_bytes)
    if (link["sequence"], link["previous"]) != (number, previous):
        sys.exit(f"entry {number}: does not follow the entry before it")
    statement = json.dumps(entry["signed"], separators=(",", ":")).encode()
    if link["statement"] != sha256(statement):
        sys.exit(f"entry {number}: another statement than the network signed")
    return datetime.fromisoformat(link["at"])


def verify_statement(
    signed: dict[str, Any], keys: dict[tuple[str, int], str], *, terms: str, number: int
) -> dict[str, Any]:
    """What was said, if its author's key signed it."""
    said_bytes = base64.b64decode(signed["statement"])
    said: dict[str, Any] = json.loads(said_bytes)
    key = keys.get((said["author"], signed.get("card", 0)))
    if key is None or not signed_by(key, STATEMENT + said_bytes, signed["signature"]):
        sys.exit(f"entry {number}: not signed by {said['author']}")
    if said["terms"] != terms:
        sys.exit(f"entry {number}: of other terms")
    return said


def main(path: str, *documents: str) -> None:
    """Print what was said, and stop at the first thing that does not hold."""
    transcript = json.loads(Path(path).read_bytes())
    if transcript["format"] != "sealgate transcript v1":
        sys.exit("another format")
    network, record = transcript["network"], transcript["record"]
    print("network", network["name"], network["signingKey"])
    print("this key is the file's own word: compare it with the one that you know")
    keys = {**keys_of(record), ("network", 0): network["signingKey"]}
    terms = sha256(base64.b64decode(record["terms"]))
    previous, final, before = "", {}, datetime.min.replace(tzinfo=UTC)
    for number, entry in enumerate(record["entries"], 1):
        key = network["signingKey"]
        at = verify_place(entry, network=key, number=number, previous=previous)
        if at < before:
            sys.exit(f"entry {number}: older than the entry before it")
        said = verify_statement(entry["signed"], keys, terms=terms, number=number)
        print(number, at, said["author"], said.get("party", ""), said["act"]["type"])
        for revision in said["act"].get("revisions", []):
            final[revision["document"]] = revision["digest"]
        previous, before = sha256(PLACE + base64.b64decode(entry["link"])), at
    for document in map(Path, documents):
        if final.get(document.name) != sha256(document.read_bytes()):
            sys.exit(f"{document.name}: not the document that was signed last")
        print(document.name, "is the one that was signed last")


if __name__ == "__main__":
    main(*sys.argv[1:])
