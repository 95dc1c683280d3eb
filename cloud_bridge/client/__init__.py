"""A gateway's side of the networks that it can speak to, each behind `CloudNetwork`."""
