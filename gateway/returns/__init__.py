"""What is owed to others (回传): events in an outbox, delivered as webhooks or by connectors."""
