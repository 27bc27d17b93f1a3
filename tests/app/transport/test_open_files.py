"""The limit of open files holds the connections."""

import resource
import subprocess
import sys

SCRIPT = """
import resource
from app.transport.open_files import RESERVED, raise_file_limit
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, min(hard, 2_000) if hard > 0 else 2_000))
raise_file_limit(10)
assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 10 + RESERVED
raise_file_limit(5)
assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 10 + RESERVED
raise_file_limit(1_000_000)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
assert soft == hard
"""


def test_the_soft_limit_is_raised_as_far_as_the_hard_one_allows() -> None:
    """In a process of its own, as a hard limit cannot be raised again."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert subprocess.run([sys.executable, "-c", SCRIPT], check=False).returncode == 0
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
