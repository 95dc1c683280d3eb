"""What a person's act makes of a document: one incremental update with a PAdES B-B signature.

`child` reads the document, in a process of its own that holds no key; `authority` issues the
certificate for the one act, `container` signs with it, and `pressing` leads from one to the other.
"""
