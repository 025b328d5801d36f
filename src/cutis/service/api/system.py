"""Health, metrics, status, erasure receipts, the log and its proofs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from cutis import __version__
from cutis.service.access import Allowed, GuardedRoute
from cutis.service.api.base import PageOf, RecordId, router
from cutis.service.errors import RefusedRequestError
from cutis.service.metrics import CONTENT_TYPE
from cutis.service.wire.system import (
    CheckpointOut,
    ConsistencyOut,
    EntriesOut,
    HealthOut,
    InclusionOut,
    ReadyOut,
    ReceiptOut,
    StatusOut,
)

routes = router("system")
outside = APIRouter(tags=["system"], route_class=GuardedRoute)
_PLAIN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus text.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


_KEY_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Public keys.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@outside.get("/readyz", operation_id="health.ready", responses={503: {"model": ReadyOut}})
def ready(access: Allowed, response: Response) -> ReadyOut:
    """Tell whether work can be done now."""
    store, workers = access.parts.store.ready(), bool(access.parts.pool.processes())
    response.status_code = 200 if store and workers else 503
    return ReadyOut(ready=store and workers, store=store, workers=workers)


@outside.get("/metrics", operation_id="system.metrics", response_class=Response, responses=_PLAIN)
def metrics(access: Allowed) -> Response:
    """Return the meters for Prometheus."""
    return Response(access.parts.metrics.text(), media_type=CONTENT_TYPE)


@routes.get("/status", operation_id="system.status")
def status(access: Allowed) -> StatusOut:
    """Tell what goes on."""
    parts = access.parts
    return StatusOut(
        version=__version__,
        jobs={state.value: count for state, count in parts.store.job_counts().items()},
        workers_ready=parts.pool.ready(),
        workers_fallen=parts.pool.falls + parts.intake.falls,
        refused_for_load=parts.load.refused,
        log_size=parts.store.log_size(),
    )


@routes.get("/erasures/{receipt_id}", operation_id="erasures.read")
def receipt(access: Allowed, receipt_id: RecordId) -> ReceiptOut:
    """Read the receipt of an erasure."""
    return ReceiptOut.of(access.parts.store.erasure_receipt(access.call(), receipt_id))


@routes.get("/audit/entries", operation_id="audit.entries")
def entries(
    access: Allowed,
    page: PageOf,
    subject_id: Annotated[
        str | None, Query(max_length=128, description="Only those about this person or user.")
    ] = None,
) -> EntriesOut:
    """Read the log of this clinic, the latest first."""
    return EntriesOut.of(
        access.parts.store.audit_entries(access.call(), page, subject_id=subject_id)
    )


@routes.get("/audit/checkpoint", operation_id="audit.checkpoint")
def checkpoint(access: Allowed) -> CheckpointOut:
    """Return a signed checkpoint of the log as it is now."""
    size, note = access.parts.proofs.checkpoint()
    return CheckpointOut(size=size, note=note)


@routes.get("/audit/proofs/inclusion", operation_id="audit.inclusion")
def inclusion(
    access: Allowed,
    index: Annotated[int, Query(ge=0, le=1 << 62, description="The entry's place.")],
    size: Annotated[int, Query(ge=1, le=1 << 62, description="Of the tree it is proven in.")],
) -> InclusionOut:
    """Prove that an entry is in the log."""
    _grown(access, size)
    if index >= size:
        raise RefusedRequestError("request.invalid", "An index is smaller than the size.")
    leaf, root, path = access.parts.proofs.inclusion(index, size)
    return InclusionOut(
        index=index,
        size=size,
        leaf_hash=leaf.hex(),
        root_hash=root.hex(),
        path=[one.hex() for one in path],
    )


@routes.get("/audit/proofs/consistency", operation_id="audit.consistency")
def consistency(
    access: Allowed,
    old: Annotated[int, Query(ge=1, le=1 << 62, description="The smaller size.")],
    new: Annotated[int, Query(ge=1, le=1 << 62, description="The greater size.")],
) -> ConsistencyOut:
    """Prove that the log only grew."""
    _grown(access, new)
    if old > new:
        raise RefusedRequestError("request.invalid", "The old size is not above the new one.")
    old_root, new_root, path = access.parts.proofs.consistency(old, new)
    return ConsistencyOut(
        old_size=old,
        new_size=new,
        old_root=old_root.hex(),
        new_root=new_root.hex(),
        path=[one.hex() for one in path],
    )


@routes.get("/keys", operation_id="keys.read", response_class=Response, responses=_KEY_FILE)
def keys(access: Allowed) -> Response:
    """Return the public keys, as the file that `cutis verify --keys` takes."""
    return Response(access.parts.proofs.public_keys(), media_type="application/json")


def _grown(access: Allowed, size: int) -> None:
    there = access.parts.store.log_size()
    if size > there:
        raise RefusedRequestError("request.invalid", f"The log has {there} entries, not {size}.")


@outside.get("/healthz", operation_id="health.live")
async def live() -> HealthOut:
    """Tell that the service lives."""
    return HealthOut(status="ok")
