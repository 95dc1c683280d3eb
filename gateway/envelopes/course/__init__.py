"""The course of an envelope: created, verified, signed in its turn, ended."""
