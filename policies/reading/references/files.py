"""The files that documents name, where it is known which there are."""

from collections.abc import Iterator

from policies.reading.library import Library
from strictyaml import Loaded, Mistake, Path, StrictModel, nearest


def file_mistakes(library: Library) -> Iterator[Mistake]:
    """Certificates, pictures and grants that are not there, or not the ones that are meant."""
    if library.files is None:
        return
    for loaded, path, file in named_files(library):
        if file not in library.files:
            meant = nearest(file, library.files)
            cure = f"did you mean {meant}?" if meant else "put the file there, or correct the path"
            yield loaded.mistake(path, f"there is no file {file}", cure)
    for grant in library.grants.documents.values():
        document = grant.value.spec.document
        found = None if document is None else library.files.get(document.file)
        if document is not None and found is not None and found != document.sha256:
            yield grant.mistake(
                ("spec", "document", "sha256"),
                f"{document.file} has another SHA-256: {found}",
                "put the sealed grant there, or correct the digest after reading the file",
            )


def named_files(library: Library) -> Iterator[tuple[Loaded[StrictModel], Path, str]]:
    """Each file that an object names: the document, where in it, and the path."""
    for seal in library.seals.documents.values():
        spec = seal.value.spec
        yield seal, ("spec", "certificate"), spec.certificate
        if spec.stamp is not None and spec.stamp.picture is not None:
            yield seal, ("spec", "stamp", "picture", "file"), spec.stamp.picture.file
    for grant in library.grants.documents.values():
        document = grant.value.spec.document
        if document is not None:
            yield grant, ("spec", "document", "file"), document.file
