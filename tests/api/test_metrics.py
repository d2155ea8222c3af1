import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from api.guard_refusals import RULES
from api.metrics import OTHER, Metrics, metrics_route

NUMBER = "123456789018"  # synthetic


def samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Samples above zero by (name, label values)."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {
        (sample.name, ",".join(value for name, value in sample.labels.items() if name != "le")): sample.value
        for family in families
        for sample in family.samples
        if sample.value and not sample.name.endswith(("_created", "_bucket"))
    }


def test_requests_are_counted_by_kind_and_outcome_with_their_latency() -> None:
    metrics = Metrics()
    metrics.request("query", "OK", 0.25)
    metrics.request("mutation", "THROTTLED", 0.5)
    assert samples(metrics) == {
        ("warifu_requests_total", "query,OK"): 1.0,
        ("warifu_requests_total", "mutation,THROTTLED"): 1.0,
        ("warifu_request_seconds_count", "query"): 1.0,
        ("warifu_request_seconds_sum", "query"): 0.25,
        ("warifu_request_seconds_count", "mutation"): 1.0,
        ("warifu_request_seconds_sum", "mutation"): 0.5,
    }


def test_numbers_are_counted_by_purpose() -> None:
    metrics = Metrics(purposes={"WITHHOLDING_SLIP"})
    metrics.released("WITHHOLDING_SLIP", 3)
    metrics.registered("WITHHOLDING_SLIP", 1000)
    assert samples(metrics) == {
        ("warifu_numbers_released_total", "WITHHOLDING_SLIP"): 3.0,
        ("warifu_numbers_registered_total", "WITHHOLDING_SLIP"): 1000.0,
    }


@pytest.mark.parametrize("rule", sorted(RULES))
def test_refusals_are_counted_by_every_rule_of_the_guard(rule: str) -> None:
    metrics = Metrics()
    metrics.refusal(rule)
    assert samples(metrics) == {("warifu_refusals_total", rule): 1.0}


def test_refusals_are_counted_by_the_rules_of_policy_it_was_told() -> None:
    metrics = Metrics(rules={"purpose-not-notified"})
    metrics.refusal("purpose-not-notified")
    assert samples(metrics) == {("warifu_refusals_total", "purpose-not-notified"): 1.0}


def test_commits_audit_failures_and_dropped_keys_are_counted() -> None:
    metrics = Metrics()
    metrics.commit(0.002)
    metrics.audit_failed()
    metrics.log_keys_dropped(2)
    assert samples(metrics) == {
        ("warifu_commit_seconds_count", ""): 1.0,
        ("warifu_commit_seconds_sum", ""): 0.002,
        ("warifu_audit_failures_total", ""): 1.0,
        ("warifu_log_keys_dropped_total", ""): 2.0,
    }


def test_text_off_the_lists_counts_as_other_and_never_becomes_a_label() -> None:
    metrics = Metrics(purposes={"WITHHOLDING_SLIP"})
    for text in (NUMBER, "tenant-42", 'x"} 1\nforged 1', ""):
        metrics.request(text, text, 0.0)
        metrics.released(text, 1)
        metrics.registered(text, 1)
        metrics.refusal(text)
    counted = samples(metrics)
    assert counted["warifu_requests_total", f"none,{OTHER}"] == 4.0
    assert {labels for _, labels in counted} == {OTHER, f"none,{OTHER}", "none"}
    assert NUMBER not in generate_latest(metrics.registry).decode()


def test_the_number_of_series_does_not_grow_with_use() -> None:
    metrics = Metrics()
    before = generate_latest(metrics.registry).count(b"\n")
    for n in range(100):
        metrics.request(f"kind {n}", f"outcome {n}", 0.1)
        metrics.refusal(f"rule {n}")
    assert generate_latest(metrics.registry).count(b"\n") == before


def test_each_has_a_registry_of_its_own() -> None:
    first, second = Metrics(), Metrics()
    first.audit_failed()
    assert samples(second) == {}
    assert "warifu_audit_failures" not in {family.name for family in REGISTRY.collect()}


async def test_the_page_is_what_prometheus_reads() -> None:
    metrics = Metrics()
    metrics.audit_failed()
    app = Starlette(routes=[metrics_route(metrics)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warifu.test") as http:
        response = await http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "warifu_audit_failures_total 1.0" in response.text


def test_chores_are_counted_by_how_they_ended_and_unknown_ones_as_other() -> None:
    metrics = Metrics(jobs={"sweep-epochs"})
    metrics.job("sweep-epochs", "done")
    metrics.job("sweep-epochs", "failed")
    metrics.job(NUMBER, "failed")
    assert samples(metrics) == {
        ("warifu_job_runs_total", "sweep-epochs,done"): 1.0,
        ("warifu_job_runs_total", "sweep-epochs,failed"): 1.0,
        ("warifu_job_runs_total", f"{OTHER},failed"): 1.0,
    }


def test_epochs_are_shown_with_their_ages_and_what_is_wrong() -> None:
    metrics = Metrics(alarms={"sweep-late", "epoch-overdue"})
    metrics.epochs(60.0, 7200.0, 3, 41, {"sweep-late"})
    assert samples(metrics) == {
        ("warifu_epoch_age_seconds", "newest"): 60.0,
        ("warifu_epoch_age_seconds", "oldest"): 7200.0,
        ("warifu_epochs_living", ""): 3.0,
        ("warifu_sweep_waiting_persons", ""): 41.0,
        ("warifu_epoch_alarm", "sweep-late"): 1.0,
    }
    metrics.epochs(60.0, 60.0, 1, 0, ())
    assert ("warifu_epoch_alarm", "sweep-late") not in samples(metrics)


async def test_the_page_looks_anew_at_each_reading() -> None:
    metrics = Metrics()
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        metrics.epochs(float(looks), 0.0, 1, 0, ())

    transport = httpx.ASGITransport(Starlette(routes=[metrics_route(metrics, look=look)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://warifu.test") as http:
        for _ in range(2):
            text = (await http.get("/metrics")).text
    assert 'warifu_epoch_age_seconds{epoch="newest"} 2.0' in text
