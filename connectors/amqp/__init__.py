"""A queue of an AMQP broker, and an exchange for results."""
