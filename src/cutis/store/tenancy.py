"""A guard at the engine: no statement touches a tenant's rows without naming the tenant.

The repository names it on every query; this refuses a query that forgot, before it runs, so that
a slip is an error and never a leak. What is meant for all tenants says so: `all_tenants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from sqlalchemy import Engine, Select, Table, event
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement

from cutis.core.errors import StoreError

_OPTION = "cutis_all_tenants"
_Statement = TypeVar("_Statement", bound=Any)


def all_tenants(statement: _Statement) -> _Statement:
    """Mark a statement as meant for the rows of every tenant."""
    return statement.execution_options(**{_OPTION: True})


def guard_tenants(engine: Engine) -> None:
    """Refuse statements on ``engine`` that forget the tenant."""

    @event.listens_for(engine, "before_execute")
    def _check(_connection: Any, statement: Any, _many: Any, _params: Any, options: Any) -> None:
        if isinstance(statement, Select | Update | Delete) and not options.get(_OPTION):
            refuse_unscoped(statement)


def refuse_unscoped(statement: Select[Any] | Update | Delete) -> None:
    """Raise unless every table of a tenant in ``statement`` is held to one tenant.

    Raises:
        StoreError: it is not; a mistake in the program.
    """
    scoped = set(_scoped_tables(statement.whereclause))
    for table in _tables(statement):
        if "tenant_id" in table.c and table.name not in scoped:
            raise StoreError(f"A query on {table.name} did not name its tenant and was not run.")


def _tables(statement: Select[Any] | Update | Delete) -> Iterator[Table]:
    if isinstance(statement, Select):
        for source in statement.get_final_froms():
            yield from (part for part in visitors.iterate(source) if isinstance(part, Table))
    elif isinstance(statement.table, Table):
        yield statement.table


def _scoped_tables(clause: ColumnElement[Any] | None) -> Iterator[str]:
    """Yield the tables whose tenant is compared with a value, in terms that must all hold."""
    for term in _terms(clause):
        if isinstance(term, BinaryExpression) and term.operator is operators.eq:
            column, value = term.left, term.right
            if getattr(column, "name", "") == "tenant_id" and isinstance(value, BindParameter):
                yield column.table.name


def _terms(clause: Any) -> Iterator[Any]:
    """Yield the terms of a conjunction; those below an OR or NOT do not count."""
    if getattr(clause, "operator", None) is operators.and_:
        for part in clause.clauses:
            yield from _terms(part)
    elif clause is not None:
        yield clause
