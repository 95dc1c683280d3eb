"""Make the documents of this folder: `python -m tests.vectors.make_documents [NAME…]`.

All are the same bytes each time but the signed one, which is made only when it is named.
"""

import sys

from tests.vectors.catalogue import FOLDER, ROOT_OF_THE_SIGNED, SIGNED, VECTORS
from tests.vectors.signed import approved


def main(names: list[str]) -> None:
    """Write those with these names; all but the signed one where there are none."""
    FOLDER.mkdir(exist_ok=True)
    for vector in VECTORS:
        if vector.make is not None and (not names or vector.name in names):
            vector.path.write_bytes(vector.make())
    if SIGNED in names:
        signed = approved()
        (FOLDER / f"{SIGNED}.pdf").write_bytes(signed.document)
        ROOT_OF_THE_SIGNED.write_bytes(signed.root_pem)


if __name__ == "__main__":
    main(sys.argv[1:])
