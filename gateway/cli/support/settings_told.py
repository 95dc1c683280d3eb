"""The settings whose values a support bundle has. Addresses, paths and names are none of them."""

from typing import Final

TOLD: Final = frozenset(
    (
        "http.port",
        "http.max_document_bytes",
        "http.max_batch_bytes",
        "http.max_requests_at_once",
        "http.signature_skew_seconds",
        "policies.refresh_seconds",
        "policies.history_days",
        "policies.approvals_days",
        "hsm.pin.ask",
        "hsm.keys.mechanism",
        "hsm.keys.purpose",
        "hsm.slot",
        "hsm.sessions",
        "hsm.serialize",
        "hsm.self_test_seconds",
        "hsm.deadline_seconds",
        "hsm.reload_seconds",
        "hsm.restart.first_seconds",
        "hsm.restart.longest_seconds",
        "documents.workers",
        "documents.deadline_seconds",
        "documents.max_memory_bytes",
        "documents.queue_seconds",
        "batches.at_once",
        "batches.failed_inputs_days",
        "returns.events_days",
        "returns.keep_all_events",
        "processes.require_confinement",
        "jobs.lease_seconds",
    )
)
"""A setting that is not here is told as `set`, until somebody has thought about it."""
