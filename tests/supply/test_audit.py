"""The verdict on a report of pip-audit: advisories fail, and a check that was impossible is named as skipped."""

import json

from tests.supply.audit import verdict

CLEAN = {"name": "redis", "version": "8.1.0", "vulns": []}
FAULTY = {
    "name": "torch",
    "version": "2.0.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.0.1"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "numpy", "skip_reason": "not found"}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_an_advisory_fails() -> None:
    code, message = verdict(report(CLEAN, FAULTY), "Found 1 known vulnerability")
    assert code == 1
    assert message.splitlines() == [
        "torch 2.0.0: PYSEC-1, mended in 2.0.1",
        "audit: 2 packages checked, 1 advisories",
    ]


def test_a_clean_report_says_what_was_not_checked() -> None:
    assert verdict(report(CLEAN, UNKNOWN), "") == (
        0,
        "audit: 1 packages checked, 0 advisories\naudit: not checked: numpy, not found",
    )


def test_nothing_checked_is_a_skip_with_the_reason() -> None:
    skipped = "audit: skipped, advisories cannot be reached: "
    assert verdict("", "Connection refused") == (0, f"{skipped}Connection refused")
    assert verdict(report(UNKNOWN), "") == (0, f"{skipped}not found")
