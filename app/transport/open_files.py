"""The operating system's limit of open files, of which each connection needs one."""

import resource

RESERVED = 256
"""Files beside the connections: bundles, libraries, connections to Redis."""


def raise_file_limit(connections: int) -> None:
    """Raise the soft limit of open files so that it holds this many connections, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + RESERVED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
