"""`sealgate batch`: have many documents sealed, follow them, and fetch what came of each."""
