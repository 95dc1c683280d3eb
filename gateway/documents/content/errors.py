"""Why something about a document's content has no answer. No caller sees these."""


class NoAnswerError(Exception):
    """It cannot be said with certainty what people read; whoever asked gets no answer."""
