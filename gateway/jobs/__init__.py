"""What is to be done later, durably: enqueued, claimed under a lease, finished once."""
