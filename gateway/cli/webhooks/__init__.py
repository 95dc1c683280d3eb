"""`sealgate webhooks`: keys, a try, what is owed, and what is brought once more."""
