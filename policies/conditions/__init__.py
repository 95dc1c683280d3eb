"""Conditions in CEL: what they speak of, how they are evaluated, what reading them tells."""
