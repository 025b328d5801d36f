"""From settings to a working service, and back down: everything is opened here, and closed here."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from starlette.datastructures import URL

from cutis.core.addresses import is_loopback
from cutis.core.errors import SettingsError
from cutis.core.ports import Clock
from cutis.service.alone import one_person
from cutis.service.dispatch import Dispatcher
from cutis.service.gate import Load, Places
from cutis.service.logs import make_log
from cutis.service.metrics import Metrics
from cutis.service.once import OnceOnly
from cutis.service.parts import Parts
from cutis.service.passkeys import Challenges, PasskeyDesk, RelyingParty
from cutis.service.proofs import Proofs, Signers
from cutis.service.rates import Rate, RateLimiter
from cutis.service.sign_in import SignIn, Times, stamp
from cutis.service.signing_files import load_signers
from cutis.service.webhooks.outbox import Outbox
from cutis.service.workers.pool import Pool, PoolOptions
from cutis.service.workers.reply import TaskLimits
from cutis.settings import ServiceSettings, Settings
from cutis.store.account_seal import AccountSeal
from cutis.store.accounts import DatabaseAccounts
from cutis.store.audit import TransparencyLog
from cutis.store.key_folder import KeyFolder
from cutis.store.opening import init_store, open_store, places_of
from cutis.store.repository import Repository

_SYSTEM_TENANT = "accounts"
_INTAKE = "cutis.service.workers.intake_worker"


def check_address(settings: ServiceSettings) -> None:
    """Refuse to serve without sign-in anywhere but on this machine's own address.

    Raises:
        SettingsError: the address is another, and nobody signs in.
    """
    if not settings.login and not is_loopback(settings.host):
        raise SettingsError(
            "Without sign-in the service listens on 127.0.0.1 or ::1 only. "
            "Set service.login, or another service.host."
        )
    if not settings.login and settings.proxied:
        raise SettingsError(
            "Behind a proxy everybody signs in. Set service.login, or take service.proxied away."
        )


@contextmanager
def opened(
    settings: Settings, *, log: Any = None, modules: tuple[str, str] | None = None
) -> Iterator[Parts]:
    """Yield the parts of a working service, and close them after.

    Args:
        settings: all of them.
        log: gets one line a request; standard error by default.
        modules: other workers for analysis and intake, for tests.

    Raises:
        SettingsError: the address asks for sign-in.
        StoreError: the records cannot be opened.
    """
    check_address(settings.service)
    init_store(settings.store)
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store(settings.store)))
        pools = [stack.enter_context(pool) for pool in _pools(settings.service, modules)]
        parts = _parts(settings, store, pools, log or make_log())
        stack.callback(parts.outbox.close)
        stack.callback(parts.dispatcher.close)
        parts.dispatcher.start()
        parts.outbox.start()
        yield parts


def _parts(settings: Settings, store: Repository, pools: list[Pool], log: Any) -> Parts:
    chosen, clock, metrics = settings.service, store.parts.clock, Metrics()
    seal = AccountSeal(account_key(store.parts.keys))
    accounts = DatabaseAccounts(store.parts.database, seal)
    outbox = Outbox(accounts, clock, private=chosen.private_webhooks, log=log)
    limits = TaskLimits(chosen.task_timeout_s, chosen.worker_memory_bytes)
    parts = Parts(
        settings=settings,
        store=store,
        sign_in=_sign_in(chosen, accounts, seal, clock),
        pool=pools[0],
        intake=pools[1],
        task_limits=limits,
        dispatcher=Dispatcher(
            store, pools[0], limits=limits, outbox=outbox, metrics=metrics, log=log
        ),
        proofs=Proofs(store, _signers(settings, seal, clock), clock),
        outbox=outbox,
        clock=clock,
        metrics=metrics,
        load=Load(Places(chosen.heavy_places, chosen.light_places, chosen.queued_jobs)),
        requests=RateLimiter(_rate(chosen.requests_per_minute)),
        sign_ins=RateLimiter(_rate(chosen.sign_ins_per_minute)),
        once=OnceOnly(),
        log=log,
        alone=None if chosen.login else one_person(store, stamp(clock.now())),
    )
    _watch(parts)
    return parts


def open_accounts(store: Repository) -> DatabaseAccounts:
    """Return the accounts beside the records."""
    seal = AccountSeal(account_key(store.parts.keys))
    return DatabaseAccounts(store.parts.database, seal)


def open_log(settings: Settings, store: Repository) -> TransparencyLog:
    """Return the log with its signers and witnesses, as the service has it."""
    seal, clock = AccountSeal(account_key(store.parts.keys)), store.parts.clock
    return Proofs(store, _signers(settings, seal, clock), clock).log


def _signers(settings: Settings, seal: AccountSeal, clock: Clock) -> Signers:
    name = URL(settings.service.public_url).hostname or "localhost"
    path = places_of(settings.store).keys / "signing.keys"
    watching = settings.service.witnesses
    return load_signers(path, seal, origin=f"{name}/cutis", witnesses=watching, clock=clock)


def account_key(keys: KeyFolder) -> bytes:
    """Return the key of the accounts; it lies among the records' keys and is rotated with them."""
    if _SYSTEM_TENANT not in tenants_with_keys(keys):
        keys.create_tenant(_SYSTEM_TENANT)
        keys.create_person(_SYSTEM_TENANT, _SYSTEM_TENANT)
    return keys.person_key(_SYSTEM_TENANT, _SYSTEM_TENANT)


def tenants_with_keys(keys: KeyFolder) -> set[str]:
    """Return the ids of all tenants that have a key."""
    return {path.name for path in keys.folder.iterdir() if path.is_dir()}


def _pools(settings: ServiceSettings, modules: tuple[str, str] | None) -> tuple[Pool, Pool]:
    size = settings.workers or max(1, (os.cpu_count() or 1) // 2)
    analysis, intake = modules or (PoolOptions().module, _INTAKE)
    return Pool(PoolOptions(size=size, module=analysis)), Pool(
        PoolOptions(size=size, module=intake)
    )


def _sign_in(
    settings: ServiceSettings, accounts: DatabaseAccounts, seal: AccountSeal, clock: Clock
) -> SignIn:
    origin = settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
    party = RelyingParty(URL(origin).hostname or "localhost", origin)
    challenges = Challenges(secrets.token_bytes, time.monotonic)
    return SignIn(
        accounts,
        PasskeyDesk(party, challenges),
        times=Times(settings.session_idle_s, settings.session_most_s, settings.step_up_s),
        clock=clock,
        keyed_hash=seal.keyed_hash,
    )


def _rate(per_minute: float) -> Rate:
    return Rate(per_minute, burst=max(1.0, per_minute / 2))


def _watch(parts: Parts) -> None:
    """Show what goes on in the metrics."""
    metrics = parts.metrics
    metrics.watch("cutis_workers_ready", "Workers that wait.", parts.pool.ready)
    metrics.watch("cutis_workers_fallen", "Workers that fell.", lambda: parts.pool.falls)
    metrics.watch("cutis_refused_for_load", "Refusals for load.", lambda: parts.load.refused)
    metrics.watch_each(
        "cutis_jobs_now",
        "Jobs by state.",
        "state",
        lambda: {state.value: count for state, count in parts.store.job_counts().items()},
    )
