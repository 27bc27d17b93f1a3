"""Run as a script in a new process: ties this process to its parent, then executes the server.

    launch.py PARENT_PID SERVER ARGUMENT...

A fresh interpreter does this, and not `preexec_fn`: code between fork and exec can deadlock in a parent with
threads, and a parent that loads torch has many.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the kernel signals this process when its parent ends, however it ends. It survives exec."""


def main() -> None:
    """Executes the server, or ends if the parent has ended already."""
    parent, server = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        if prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "expected prctl to tie the server to the service")
        if os.getppid() != parent:  # it ended before the tie held, and there will be no signal
            sys.exit(1)
    os.execv(server, sys.argv[2:])  # noqa: S606


if __name__ == "__main__":
    main()
