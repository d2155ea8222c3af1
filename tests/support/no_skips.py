"""A pytest plugin for CI: a skipped test proves nothing, so it fails the run.

    CI=true python -m pytest -p tests.support.no_skips

Without `CI` in the environment it does nothing. An expected failure (`xfail`) is no skip: it did run.
"""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skipped itself, or that a mark skipped."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skipped itself as a whole."""
    report = yield
    _refuse(report)
    return report


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not accept: {_reason(report.longrepr)}"


def _reason(longrepr: object) -> str:
    """What the skip said for itself."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
