"""The one way a document gets signed. Steps and promises: docs/signing-cycle.md."""
