"""Why something that a connector brought cannot be asked for; each is one document's result."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class MappingProblem(Problem):
    """Base: what came does not fit what IT declared for it."""

    type: ClassVar[str] = "feed-mapping"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "What the connector brought does not fit its mapping"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct what the detail names, and hand it in again."


class ContentUnreadableProblem(MappingProblem):
    """The connector could not take the content."""

    type: ClassVar[str] = "feed-content-unreadable"
    title: ClassVar[str] = "The connector could not take the document's content"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Mend what the detail names (size, rights, form), and hand it in again."


class NameProblem(MappingProblem):
    """The name is not of the form that the mapping reads."""

    type: ClassVar[str] = "feed-name"
    title: ClassVar[str] = "The file's name is not of the form that the connector's mapping reads"
    cure: ClassVar[str] = "Name the file as the pattern in the detail says, and hand it in again."


class ValueMissingProblem(MappingProblem):
    """A value that the mapping takes is not there."""

    type: ClassVar[str] = "feed-value-missing"
    title: ClassVar[str] = "A value that the connector's mapping takes is not there"
    cure: ClassVar[str] = (
        "Give it where the detail says; or let IT add a `default` to the connector's mapping."
    )


class ValueUnknownProblem(MappingProblem):
    """A value has no translation."""

    type: ClassVar[str] = "feed-value-unknown"
    title: ClassVar[str] = "A value has no translation in the connector's mapping"
    cure: ClassVar[str] = "Use a known value; or let IT add it to `translate` in the mapping."


class BodyProblem(MappingProblem):
    """The JSON is none, or does not hold the document."""

    type: ClassVar[str] = "feed-body"
    title: ClassVar[str] = "The JSON that came cannot be read, or does not hold the document"
    cure: ClassVar[str] = "Send valid JSON, with the PDF in base64 where the detail says."


class TextProblem(MappingProblem):
    """The document's text has nothing of the form that is looked for."""

    type: ClassVar[str] = "feed-text"
    title: ClassVar[str] = "The document's text has nothing of the form that the mapping looks for"
    cure: ClassVar[str] = "See that the document has it as text, not as a picture."


class FilesFromUnknownProblem(Problem):
    """`filesFrom` names a connector that the caller may not take documents from."""

    type: ClassVar[str] = "files-from-unknown"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Documents cannot be taken from where the batch says"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Name a folder, SFTP or S3 connector of your own system; `sealgate connectors list` shows "
        "them."
    )


class FilesFromAwayProblem(Problem):
    """The place that `filesFrom` names cannot be reached."""

    type: ClassVar[str] = "files-from-away"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The place that the batch's documents lie at cannot be reached now"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "See `sealgate connectors test`; the same request may be sent again."
    retry_after_seconds: ClassVar[int | None] = 30
