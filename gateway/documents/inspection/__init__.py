"""Intake: what about a document could show something else later, or to somebody else.

`inspecting.inspect` is a pure function of the document's bytes. Each file here looks for the
findings of one or a few rules of `policies.intake`, over a `Snapshot` of all objects.
"""
