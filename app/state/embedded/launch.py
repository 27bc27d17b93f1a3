"""Script of the server's process: binds its life to that of its parent, then executes the server.

    launch.py PARENT_PID SERVER ARGUMENT...

It replaces `preexec_fn`: code between fork and exec can deadlock if the parent has threads, and a parent that
loads torch has many.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the kernel signals this process when its parent ends, however it ends. It survives exec."""


def main() -> None:
    """Execute the server, or exit if the parent has already ended."""
    parent, server = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        if prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "expected prctl to tie the server to the service")
        if os.getppid() != parent:  # it ended before prctl, so there will be no signal
            sys.exit(1)
    os.execv(server, sys.argv[2:])  # noqa: S606


if __name__ == "__main__":
    main()
