"""Envelopes between companies: what a network carries, how soon two gateways are done."""
