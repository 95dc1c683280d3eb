"""Folders and files that miss one another by a slip of the hand.

What lies in no company's folder is the group's and may do all that the group may. So a slip must
not move a company's files out of its folder unseen.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from policies.reading.folders import companies_by_folder, owner_of
from policies.reading.library import Library
from strictyaml import Mistake, nearest

_OR_MOVE = "move the file into it, or out of the folder that the companies' folders lie in"


def place_mistakes(library: Library) -> Iterator[Mistake]:
    """Folders in which nothing lies, and files beside the folders that they were meant for."""
    companies = companies_by_folder(library)
    files = (*library.sources, *(library.files or ()))
    inhabited = frozenset(chain.from_iterable(map(_folders_around, files)))
    for company in library.companies.documents.values():
        folder = company.value.spec.folder
        if folder is not None and folder not in inhabited:
            meant = nearest(folder, inhabited - companies.keys())
            cure = f"did you mean {meant}? " if meant else ""
            yield company.mistake(
                ("spec", "folder"),
                f"no file lies below {folder}, so what the company hands in would be the group's",
                f"{cure}Correct the path, or put the company's first file there",
            )
    folded = {_folded(folder): folder for folder in companies}
    parents = Counter(_folded(folder.rpartition("/")[0]) for folder in companies)
    for file in library.sources:
        if owner_of(file, companies) is None:
            yield from _astray(file, folded, parents)


def _astray(file: str, folded: dict[str, str], parents: Counter[str]) -> Iterator[Mistake]:
    for around in map(_folded, _folders_around(file)):
        if around in folded:
            yield Mistake(
                file=file,
                line=1,
                path="",
                message=f"the file lies beside {folded[around]}, whose name is spelled otherwise",
                cure=f"spell the folder as the Company does: {folded[around]}",
            )
            return
        # Of one folder nobody knows whether others were meant to stand beside it.
        if parents[around] > 1:
            told = ", ".join(sorted(folded.values())[:5])
            yield Mistake(
                file=file,
                line=1,
                path="",
                message=f"the file lies among the companies' folders and in none of them: {told}",
                cure=f"name its folder in a Company, {_OR_MOVE}",
            )
            return


def _folders_around(file: str) -> Iterator[str]:
    """The innermost first."""
    folder = file.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
