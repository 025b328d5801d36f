"""Webhooks and their messages in a database, and how accounts reach it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cutis.core.accounts import Delivery, Webhook
from cutis.core.errors import RecordConflictError, StoreUnavailableError
from cutis.store.account_seal import AccountSeal
from cutis.store.account_tables import DELIVERIES, WEBHOOKS
from cutis.store.database import Database
from cutis.store.tenancy import all_tenants

_DELIVERY_FIELDS = tuple(Delivery.__dataclass_fields__)


class WebhookTable:
    """The part of the account store that keeps webhooks."""

    def __init__(self, database: Database, seal: AccountSeal) -> None:
        """Use ``database``; what must not be readable goes through ``seal``."""
        self._database, self._seal = database, seal

    def add_webhook(self, webhook: Webhook) -> None:
        """Keep a new webhook."""
        hidden = json.dumps({"url": webhook.url, "secret": webhook.secret.hex()}).encode()
        values = {
            "id": webhook.id,
            "tenant_id": webhook.tenant_id,
            "events": " ".join(webhook.events),
            "sealed": self._seal.seal(hidden, f"webhook/{webhook.id}"),
            "created_at": webhook.created_at,
        }
        with self._write() as connection:
            connection.execute(insert(WEBHOOKS).values(**values))

    def webhooks(self, tenant_id: str) -> Sequence[Webhook]:
        """Return the webhooks of a tenant."""
        query = select(WEBHOOKS).where(WEBHOOKS.c.tenant_id == tenant_id)
        return [self._webhook(row) for row in self._rows(query.order_by(WEBHOOKS.c.id))]

    def remove_webhook(self, tenant_id: str, webhook_id: str) -> bool:
        """Remove a webhook with its deliveries; False where there is none."""
        here = (WEBHOOKS.c.tenant_id == tenant_id, WEBHOOKS.c.id == webhook_id)
        with self._write() as connection:
            if connection.execute(select(WEBHOOKS.c.id).where(*here)).first() is None:
                return False
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.webhook_id == webhook_id))
            connection.execute(delete(WEBHOOKS).where(*here))
        return True

    def add_delivery(self, delivery: Delivery) -> None:
        """Keep a message that is to be delivered."""
        values = {name: getattr(delivery, name) for name in _DELIVERY_FIELDS}
        with self._write() as connection:
            connection.execute(insert(DELIVERIES).values(**values))

    def due_deliveries(self, now: str, *, limit: int = 20) -> Sequence[tuple[Delivery, Webhook]]:
        """Return messages that are due, oldest first."""
        query = (
            select(DELIVERIES)
            .where(DELIVERIES.c.due_at <= now)
            .order_by(DELIVERIES.c.due_at)
            .limit(limit)
        )
        deliveries = [Delivery(**row) for row in self._rows(query)]
        wanted = {delivery.webhook_id for delivery in deliveries}
        rows = self._rows(select(WEBHOOKS).where(WEBHOOKS.c.id.in_(wanted))) if wanted else ()
        webhooks = {row["id"]: self._webhook(row) for row in rows}
        return [(d, webhooks[d.webhook_id]) for d in deliveries if d.webhook_id in webhooks]

    def postpone_delivery(self, delivery: Delivery) -> None:
        """Keep attempts and time of a message that could not be delivered."""
        values = {"attempts": delivery.attempts, "due_at": delivery.due_at}
        with self._write() as connection:
            connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(**values)
            )

    def remove_delivery(self, delivery_id: str) -> None:
        """Forget a message that was delivered or given up."""
        with self._write() as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.id == delivery_id))

    def _webhook(self, row: RowMapping) -> Webhook:
        hidden = json.loads(self._seal.open(row["sealed"], f"webhook/{row['id']}"))
        return Webhook(
            id=row["id"],
            tenant_id=row["tenant_id"],
            url=hidden["url"],
            events=tuple(row["events"].split()),
            secret=bytes.fromhex(hidden["secret"]),
            created_at=row["created_at"],
        )

    def _rows(self, query: Any) -> Sequence[RowMapping]:
        """Return rows of a query that may span tenants: who asks is not known before."""
        with self._database.reading() as connection:
            return connection.execute(all_tenants(query)).mappings().all()

    @contextlib.contextmanager
    def _write(self) -> Iterator[Connection]:
        try:
            with self._database.writing() as connection:
                yield connection
        except StoreUnavailableError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise RecordConflictError(
                    "An account of that name or id is there already. Choose another."
                ) from error
            raise
