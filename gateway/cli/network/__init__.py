"""`sealgate network`: run an account network, and keep its accounts."""
