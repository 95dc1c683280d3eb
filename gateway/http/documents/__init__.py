"""A document is sealed (`sealing`), and what was sealed is told again (`handlers`)."""
