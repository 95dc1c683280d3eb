"""Make `transcripts/`: `python -m tests.vectors.make_transcripts`. Other keys each time."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tests.sealing_companies import DOCUMENT
from tests.vectors.transcripts import make_vectors

FOLDER = Path(__file__).with_name("transcripts")


def main() -> None:
    """Write the transcripts, their document and root, and what a verifier finds."""
    FOLDER.mkdir(exist_ok=True)
    sealed, vectors = make_vectors()
    for vector in vectors:
        (FOLDER / f"{vector.name}.json").write_bytes(vector.file)
    (FOLDER / DOCUMENT).write_bytes(sealed.document)
    (FOLDER / "root.pem").write_bytes(sealed.root.certificate.public_bytes(Encoding.PEM))
    expected = {
        "networkKey": sealed.envelope.network.public,
        "at": sealed.envelope.now.isoformat(),
        "transcripts": [
            {"name": each.name, "what": each.what, "faults": each.faults} for each in vectors
        ],
    }
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
