"""Persons without a key: how they come in, how they are checked, and what is said for them.

A link becomes a visit (`links`), the visit is checked (`checks`), and what the person does in it is
written into the documents and said of the envelope (`acting`). `tries` locks whoever guesses.
"""
