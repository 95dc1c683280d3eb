"""From what a telephone sent to a signed receipt."""
