"""Check the locks for known vulnerabilities by pip-audit. Run by `make audit`.

Exits with 1 where a pinned version has an advisory. Where advisories cannot be reached, says so with the reason
and exits with 0: nothing is known then, and nothing is claimed.
"""

import json
import subprocess
import sys
from typing import Any

from tests.structure import ROOT
from tests.supply.requirement_files import EXTRAS, lock_path

SECONDS = 600


def run_pip_audit() -> tuple[str, str]:
    """The JSON report of pip-audit, empty where it failed, and the last line of its errors."""
    files = [f"--requirement={lock_path(name).relative_to(ROOT)}" for name in ("torch", *EXTRAS)]
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
    try:
        ended = subprocess.run(
            [*command, "--progress-spinner=off", *files],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {SECONDS} s"
    return ended.stdout, (ended.stderr.strip().splitlines() or [""])[-1]


def verdict(report: str, error: str) -> tuple[int, str]:
    """The exit code and the message for a report of pip-audit. Other text means a failure with `error`."""
    try:
        audited: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return 0, f"audit: skipped, advisories cannot be reached: {error or 'pip-audit gave no report'}"
    packages = {entry["name"]: entry for entry in audited}
    unknown = {name: entry["skip_reason"] for name, entry in packages.items() if "skip_reason" in entry}
    if len(unknown) == len(packages):
        reason = next(iter(unknown.values()), "the locks are empty")
        return 0, f"audit: skipped, advisories cannot be reached: {reason}"
    lines = [
        f"{name} {entry['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for name, entry in packages.items()
        for found in entry.get("vulns", [])
    ]
    failed = bool(lines)
    lines.append(f"audit: {len(packages) - len(unknown)} packages checked, {len(lines)} advisories")
    lines += [f"audit: not checked: {name}, {reason}" for name, reason in unknown.items()]
    return int(failed), "\n".join(lines)


if __name__ == "__main__":
    code, message = verdict(*run_pip_audit())
    (sys.stderr if code else sys.stdout).write(f"{message}\n")
    sys.exit(code)
