"""What a document says: looked for only where a rule asks, and only what people see of it."""
