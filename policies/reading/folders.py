"""Whose an object is: what lies below a company's folder is the company's, all else the group's.

A folder is a line that version control can guard, too (CODEOWNERS). The officers of the group sign
everything; this keeps a company from reaching beyond itself in what it hands in to be signed.
"""

from collections.abc import Iterator, Mapping

from policies.kinds.things import Kind
from policies.objects.named import ManagedBy
from policies.reading.ancestry import Ancestry
from policies.reading.library import Library
from strictyaml import Loaded, Mistake


def owner_of(file: str, companies: Mapping[str, str]) -> str | None:
    """The company in whose folder the file lies, the innermost one; None: the group's.

    Args:
        file: path of a file below the directory of the policies, with `/`.
        companies: folder → the company whose it is.
    """
    folder = file.rpartition("/")[0]
    while folder:
        if folder in companies:
            return companies[folder]
        folder = folder.rpartition("/")[0]
    return None


def companies_by_folder(library: Library) -> dict[str, str]:
    """Folder → company, of those that have one."""
    return {
        company.value.spec.folder: name
        for name, company in library.companies.documents.items()
        if company.value.spec.folder is not None
    }


def manager_of(loaded: Loaded[Kind], companies: Mapping[str, str]) -> ManagedBy:
    """Who answers for the object."""
    return "group" if owner_of(loaded.tree.file, companies) is None else "self"


def folder_mistakes(library: Library) -> Iterator[Mistake]:
    """Folders that are not told apart, and objects that say another manager than their folder."""
    companies = companies_by_folder(library)
    yield from _shared_folders(library, companies)
    for shelf in library.shelves:
        for loaded in shelf.loaded():
            said, found = loaded.value.metadata.managed_by, manager_of(loaded, companies)
            if said is not None and said != found:
                owner = owner_of(loaded.tree.file, companies)
                whose = "in no company's folder" if owner is None else f"in the folder of {owner}"
                yield loaded.mistake(
                    ("metadata", "managedBy"),
                    f"managedBy is `{said}`, but the file lies {whose}",
                    f"write {found}, or move the object to another file",
                )


def _shared_folders(library: Library, companies: Mapping[str, str]) -> Iterator[Mistake]:
    ancestry = Ancestry.of(library)
    for name, company in library.companies.documents.items():
        folder = company.value.spec.folder
        if folder is None:
            continue
        # With one folder for two companies the mapping has one of them, and the other is told.
        around = companies[folder] if companies[folder] != name else owner_of(folder, companies)
        if around is not None and (
            companies[folder] != name or not ancestry.is_below(name, around)
        ):
            yield company.mistake(
                ("spec", "folder"),
                f"the folder is that of {around}, or lies in it",
                "give each company a folder of its own, e.g. companies/NAME; "
                "that of a company above may be around it",
            )
