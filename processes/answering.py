"""A child that reads what strangers wrote, and answers until its parent goes; see `asking`."""

import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from processes.channel import BlockingChannel
from processes.child import channel_socket
from processes.confinement import die_with_parent


def answer_until_closed(serve: Callable[[BlockingChannel], int]) -> NoReturn:
    """Serve the channel whose descriptor the command line names; leave with what that gives.

    Nothing is logged: parsers write what they find wrong, with traces, which hostile files could
    make a flood. What matters of it is in the answer.
    """
    die_with_parent()
    logging.disable(logging.CRITICAL)
    code = serve(BlockingChannel(channel_socket(sys.argv[1])))
    sys.stderr.flush()
    os._exit(code)
