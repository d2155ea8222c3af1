"""Counters for the operator, in a registry of their own, at `/metrics`.

Every label value is on a list that was fixed when the process started: purposes, rules, error codes. Anything
else counts as `other`, so that no tenant, token, number or text of a client can become the name of a series.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.guard_refusals import RULES

OTHER: Final = "other"
OPERATION_TYPES: Final = frozenset({"query", "mutation", "none"})
OUTCOMES: Final = frozenset(
    {
        *("OK", "PARTIAL", "BAD_REQUEST", "UNAUTHENTICATED", "FORBIDDEN", "THROTTLED", "TIMEOUT", "INTERNAL"),
        *("METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE", "UNSUPPORTED_MEDIA_TYPE", "PAYLOAD_TOO_LARGE"),
        *("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "LITERAL_REFUSED"),
        *("OPERATION_NOT_FOUND", "OPERATION_NOT_SUPPORTED", "OPERATION_TOO_COMPLEX", "DOCUMENT_NOT_FOUND"),
        *("ONE_MUTATION_PER_REQUEST", "INTROSPECTION_DISABLED"),
    }
)
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What the gateway counts.

    Args:
        purposes: codes of the statutory purposes.
        rules: names of the rules of policy that may refuse; those of the guard are known already.
        outcomes: error codes that a request may end with, besides `OUTCOMES`.
        jobs: names of the worker's jobs.
        alarms: names of what can be wrong with epochs.
    """

    def __init__(
        self,
        purposes: Collection[str] = (),
        rules: Collection[str] = (),
        outcomes: Collection[str] = (),
        jobs: Collection[str] = (),
        alarms: Collection[str] = (),
    ) -> None:
        self.registry = CollectorRegistry()
        self._purposes = frozenset(purposes)
        requests = Counter(
            "warifu_requests",
            "GraphQL requests, by kind of operation and how they ended",
            ("operation_type", "outcome"),
            registry=self.registry,
        )
        latency = Histogram(
            "warifu_request_seconds",
            "Time from the first byte of a GraphQL request to the last of its answer",
            ("operation_type",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        # The children are made once: a look-up by labels at every request costs more than the counting.
        self._requests = {
            (kind, outcome): requests.labels(kind, outcome)
            for kind in OPERATION_TYPES
            for outcome in {*OUTCOMES, *outcomes, OTHER}
        }
        self._latency = {kind: latency.labels(kind) for kind in OPERATION_TYPES}
        self._released = self._counted(
            "numbers_released", "Individual Numbers released", "purpose", self._purposes
        )
        self._registered = self._counted(
            "numbers_registered", "Individual Numbers registered", "purpose", self._purposes
        )
        self._refusals = self._counted("refusals", "Refusals", "rule", RULES | frozenset(rules))
        self._commit = Histogram(
            "warifu_commit_seconds",
            "Time a commit took, audit leaves included",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._audit_failures = Counter(
            "warifu_audit_failures",
            "Releases stopped because no audit entry could be written",
            registry=self.registry,
        )
        self._dropped = Counter(
            "warifu_log_keys_dropped", "Keys kept out of the log by its allow-list", registry=self.registry
        )

        runs = Counter(
            "warifu_job_runs",
            "Chores of the worker, by how they ended",
            ("job", "outcome"),
            registry=self.registry,
        )
        self._jobs = {
            (job, how): runs.labels(job, how) for job in {*jobs, OTHER} for how in ("done", "failed")
        }
        age = Gauge("warifu_epoch_age_seconds", "Age of the epochs' keys", ("epoch",), registry=self.registry)
        self._ages = {which: age.labels(which) for which in ("newest", "oldest")}
        self._living = Gauge("warifu_epochs_living", "Epochs whose keys live", registry=self.registry)
        self._waiting = Gauge(
            "warifu_sweep_waiting_persons", "Persons a sweep has still before it", registry=self.registry
        )
        alarm = Gauge(
            "warifu_epoch_alarm", "1 while something is wrong with epochs", ("alarm",), registry=self.registry
        )
        self._alarms = {name: alarm.labels(name) for name in alarms}

    def request(self, operation_type: str, outcome: str, seconds: float) -> None:
        """Count a GraphQL request.

        Args:
            operation_type: `query`, `mutation`, or `none` if it never came to an operation.
            outcome: `OK`, `PARTIAL`, or the code of the first error.
            seconds: how long it took.
        """
        kind = operation_type if operation_type in OPERATION_TYPES else "none"
        child = self._requests.get((kind, outcome)) or self._requests[kind, OTHER]
        child.inc()
        self._latency[kind].observe(seconds)

    def released(self, purpose: str, numbers: int) -> None:
        """Count numbers released for a purpose."""
        _known(self._released, purpose).inc(numbers)

    def registered(self, purpose: str, numbers: int) -> None:
        """Count numbers registered for a purpose."""
        _known(self._registered, purpose).inc(numbers)

    def refusal(self, rule: str) -> None:
        """Count a refusal by the rule that refused."""
        _known(self._refusals, rule).inc()

    def commit(self, seconds: float) -> None:
        """Observe how long a commit took."""
        self._commit.observe(seconds)

    def audit_failed(self) -> None:
        """Count a release that was stopped for want of an audit entry."""
        self._audit_failures.inc()

    def log_keys_dropped(self, count: int) -> None:
        """Count keys that the log's allow-list dropped; pass it to `api.logs.configure`."""
        self._dropped.inc(count)

    def job(self, name: str, outcome: str) -> None:
        """Count a chore of the worker that ended `done` or `failed`."""
        (self._jobs.get((name, outcome)) or self._jobs[OTHER, outcome]).inc()

    def epochs(
        self, newest: float, oldest: float, living: int, waiting: int, alarms: Collection[str]
    ) -> None:
        """Show how the epochs stand.

        Args:
            newest: age of the newest key in seconds.
            oldest: age of the oldest living one.
            living: how many live.
            waiting: persons that a sweep has still before it.
            alarms: what is wrong.
        """
        self._ages["newest"].set(newest)
        self._ages["oldest"].set(oldest)
        self._living.set(living)
        self._waiting.set(waiting)
        for name, gauge in self._alarms.items():
            gauge.set(name in alarms)

    def _counted(self, name: str, text: str, label: str, values: Collection[str]) -> Mapping[str, Counter]:
        counter = Counter(f"warifu_{name}", f"{text}, by {label}", (label,), registry=self.registry)
        return {value: counter.labels(value) for value in {*values, OTHER}}


def _known(children: Mapping[str, Counter], value: str) -> Counter:
    return children.get(value) or children[OTHER]


async def _nothing() -> None:
    """Nothing to look at."""


def metrics_route(
    metrics: Metrics, path: str = "/metrics", look: Callable[[], Awaitable[None]] = _nothing
) -> Route:
    """The page that Prometheus reads; keep it off the public network, as any figure about a company.

    Args:
        metrics: what counts.
        path: where it is.
        look: brings gauges up to date; what it raises is for it to tell.
    """

    async def page(_request: Request) -> Response:
        await look()
        return Response(generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return Route(path, page, methods=["GET"])
