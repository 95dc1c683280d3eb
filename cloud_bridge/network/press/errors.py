"""Why a document cannot be written or signed."""


class PressError(Exception):
    """The act cannot be put into the document. `reason` is a word that stays.

    Reasons: `document` (it cannot be read with certainty), `page` (a field is on a page that is not
    there), `text` (a value does not fit, or has a character that the font lacks), `closed` (an
    earlier signature permits no more), `demanding` (too slow, or too large), `font`.
    `field` names the field that is meant; empty: none.
    """

    def __init__(self, message: str, *, reason: str, field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
