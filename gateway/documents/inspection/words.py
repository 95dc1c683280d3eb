"""The names that make a document active, or tie other files to it (§12.6, §13, §7.11).

The inspection looks for them where they have that meaning; `gateway.documents.lean.clean` gives a
document up where one of them occurs at all. So a name that is added here counts in both.
"""

from typing import Final

# Links (URI), jumps within the document (GoTo) and page turning (Named) are what papers need.
ACTIONS: Final = frozenset(
    [
        "/GoTo3DView",
        "/GoToE",
        "/GoToR",
        "/Hide",
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/ResetForm",
        "/RichMediaExecute",
        "/SetOCGState",
        "/Sound",
        "/SubmitForm",
        "/Thread",
    ]
)
"""/S of actions that reach out of the page, or change it."""

MEDIA: Final = frozenset(["/3D", "/Movie", "/PS", "/Projection", "/RichMedia", "/Screen", "/Sound"])
"""/Subtype of what plays or runs."""

ACTIVE_KEYS: Final = {
    "/AA": "additional actions (/AA)",
    "/JS": "a script (/JS)",
    "/JavaScript": "a tree of scripts (/JavaScript)",
    "/XFA": "an XFA form (/XFA)",
    "/RichMediaContent": "rich media (/RichMediaContent)",
}
"""Entries that make a document active, and how a finding calls them."""

FILE_KEYS: Final = {
    "/EF": "an attached file (/EF)",
    "/EmbeddedFiles": "a tree of attached files (/EmbeddedFiles)",
    "/Collection": "a portfolio of files (/Collection)",
}
"""Entries that attach files."""

FILE_KINDS: Final = frozenset(["/FileAttachment", "/EmbeddedFile"])
"""/Subtype and /Type of what is an attached file itself."""

EXTERNAL_KEYS: Final = {
    "/F": "data in another file (/F)",
    "/Ref": "a page of another file (/Ref)",
    "/OPI": "a picture of another file (/OPI)",
}
"""Entries of streams whose data lies elsewhere."""

MARKS: Final = frozenset(
    [
        "/Caret",
        "/Circle",
        "/FreeText",
        "/Highlight",
        "/Ink",
        "/Line",
        "/PolyLine",
        "/Polygon",
        "/Redact",
        "/Square",
        "/Squiggly",
        "/Stamp",
        "/StrikeOut",
        "/Underline",
        "/Watermark",
    ]
)
"""/Subtype of annotations that are drawn over the page itself.

Notes (/Text) are icons, and fields have rules of their own.
"""
