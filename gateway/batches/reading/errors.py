"""Why an archive, a manifest, or one item of them cannot be read."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class ReadingProblem(Problem):
    """Base: what was sent is at fault, and its sender can mend it."""

    type: ClassVar[str] = "batch-unreadable"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "What was sent cannot be read"
    cure: ClassVar[str] = "Correct what the detail names, and send it again."
    owner: ClassVar[Owner] = "caller"


class ArchiveUnreadableProblem(ReadingProblem):
    """Not a ZIP file, or one that two readers would read differently."""

    type: ClassVar[str] = "archive-unreadable"
    title: ClassVar[str] = "The archive cannot be read as a ZIP file"
    cure: ClassVar[str] = (
        "Make it anew with an ordinary ZIP program, in one part, and send it whole."
    )


class ArchiveTooLargeProblem(ReadingProblem):
    """More members or bytes than are taken at once."""

    type: ClassVar[str] = "archive-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The archive holds more than this gateway takes at once"
    cure: ClassVar[str] = "Divide the documents among several batches."


class MemberNameProblem(ReadingProblem):
    """A name that leads elsewhere or deceives whoever reads it."""

    type: ClassVar[str] = "archive-member-name"
    title: ClassVar[str] = "The file's name in the archive cannot be taken"
    cure: ClassVar[str] = (
        "Give it a plain relative name: no `..`, drive, backslash or control mark."
    )


class MemberNameTakenProblem(ReadingProblem):
    """Several members that a reader may take for one another."""

    type: ClassVar[str] = "archive-member-name-taken"
    title: ClassVar[str] = "Several files in the archive have this name"
    cure: ClassVar[str] = (
        "Give each its own name; upper and lower case alone do not tell two apart."
    )


class MemberKindProblem(ReadingProblem):
    """A link, a device, or a folder with content."""

    type: ClassVar[str] = "archive-member-kind"
    title: ClassVar[str] = "This member of the archive is no ordinary file"
    cure: ClassVar[str] = "Put the file itself into the archive, not a link to it."


class MemberEncryptedProblem(ReadingProblem):
    """A password protects the member."""

    type: ClassVar[str] = "archive-member-encrypted"
    title: ClassVar[str] = "This file is encrypted in the archive"
    cure: ClassVar[str] = (
        "Make the archive without a password; the connection is protected already."
    )


class MemberCompressionProblem(ReadingProblem):
    """Neither stored nor deflated."""

    type: ClassVar[str] = "archive-member-compression"
    title: ClassVar[str] = "This file is packed by a method that is not read here"
    cure: ClassVar[str] = "Make the archive with the ordinary method, Deflate, or without packing."


class MemberDamagedProblem(ReadingProblem):
    """Its bytes are not what the archive says of them."""

    type: ClassVar[str] = "archive-member-damaged"
    title: ClassVar[str] = "This file is damaged in the archive"
    cure: ClassVar[str] = "Make the archive anew, and compare its length after sending."


class MemberTooLargeProblem(ReadingProblem):
    """Larger than documents may be."""

    type: ClassVar[str] = "archive-member-too-large"
    title: ClassVar[str] = "This file is larger than this gateway takes"
    cure: ClassVar[str] = "Make it smaller, or ask IT to raise http.max_document_bytes."


class MemberTooDenseProblem(ReadingProblem):
    """It unpacks to far more than documents do: a ZIP bomb."""

    type: ClassVar[str] = "archive-member-too-dense"
    title: ClassVar[str] = "This file unpacks to far more bytes than documents do"
    cure: ClassVar[str] = "Look at what it is; if it must be sealed, send it without packing."


class ManifestUnreadableProblem(ReadingProblem):
    """Its encoding or header, so that no row can be trusted."""

    type: ClassVar[str] = "manifest-unreadable"
    title: ClassVar[str] = "The manifest cannot be read"
    cure: ClassVar[str] = "Correct what the detail names; docs/batches.md shows a manifest."


class ManifestRowProblem(ReadingProblem):
    """One row cannot be understood."""

    type: ClassVar[str] = "manifest-row-malformed"
    title: ClassVar[str] = "This row of the manifest cannot be understood"
    cure: ClassVar[str] = "Correct the row that the detail names, and send it in another batch."


class ManifestFileMissingProblem(ReadingProblem):
    """A row names what is not there."""

    type: ClassVar[str] = "manifest-file-missing"
    title: ClassVar[str] = "The manifest names a file that is not there"
    cure: ClassVar[str] = "Send the file with the batch, or correct its name in the manifest."


class ManifestFileTwiceProblem(ReadingProblem):
    """Several rows name one file."""

    type: ClassVar[str] = "manifest-file-named-twice"
    title: ClassVar[str] = "Several rows of the manifest name this file"
    cure: ClassVar[str] = (
        "Keep one row; further seals of one document go into its column `further`."
    )


class ManifestFileUnnamedProblem(ReadingProblem):
    """A file that no row speaks of."""

    type: ClassVar[str] = "manifest-file-unnamed"
    title: ClassVar[str] = "No row of the manifest names this file"
    cure: ClassVar[str] = "Add a row for it, or leave the file out."


class ItemMalformedProblem(ReadingProblem):
    """What is asked for it is incomplete."""

    type: ClassVar[str] = "item-malformed"
    title: ClassVar[str] = "What is asked for this document is not complete"
    cure: ClassVar[str] = "Name what the detail misses, for the batch or in the manifest's row."


class ItemAttributesProblem(ItemMalformedProblem):
    """Texts that are not of the declared types."""

    type: ClassVar[str] = "item-attributes"
    title: ClassVar[str] = "The document's attributes are not of the types that its type declares"
    cure: ClassVar[str] = "Write whole numbers as digits alone (money in cents), and true or false."
