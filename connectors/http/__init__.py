"""A server's list of documents, and the address that results are sent to."""
