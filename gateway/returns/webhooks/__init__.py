"""Webhooks as Standard Webhooks 1.0 writes them: signed, one id however often they are tried."""
