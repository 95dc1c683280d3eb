"""Examples: receipts as business systems produce them, and the demo that seals them."""
