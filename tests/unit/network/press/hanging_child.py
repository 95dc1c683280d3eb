"""A child that takes everything and never answers."""

import signal

signal.pause()
