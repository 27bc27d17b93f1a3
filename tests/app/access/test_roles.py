"""The table of rules holds every route of the application, and says who may use it."""

import ast
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from app import main
from app.access.caller import ANYBODY, Caller
from app.access.roles import RULES, UNGUARDED, Action, Role, find_rule
from app.api.dependencies import get_tenant
from app.api.guarded_route import GuardedPage, GuardedRoute
from app.config import Settings, read_settings
from app.main import create_app
from app.runtime import Runtime


def walk(routes: list[Any]) -> Iterator[Any]:
    """All routes, those of included routers too."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from walk(router.routes)


def open_nothing(_settings: Settings) -> AbstractAsyncContextManager[Runtime]:
    raise NotImplementedError  # the application is not started


ROUTES = [
    route
    for route in walk(create_app(read_settings(), open_nothing).routes)
    if getattr(route, "methods", None)
]


def named(method: str) -> set[tuple[str, str]]:
    return {(method, route.path_format) for route in ROUTES if method in route.methods}


def test_every_route_is_in_the_table_and_no_other() -> None:
    methods = {method for route in ROUTES for method in route.methods}
    found = {pair for method in methods - {"HEAD"} for pair in named(method)}
    assert len(found) > 20
    assert found == RULES.keys() | UNGUARDED
    assert {("GET", path) for _head, path in named("HEAD")} <= found


def test_every_route_in_the_table_is_guarded() -> None:
    for route in ROUTES:
        pairs = {("GET" if method == "HEAD" else method, route.path_format) for method in route.methods}
        assert isinstance(route, GuardedRoute | GuardedPage) is pairs.isdisjoint(UNGUARDED), pairs


def test_a_route_outside_the_table_needs_admin() -> None:
    rule = find_rule("POST", "/v1/new")
    assert not Caller("k", frozenset({Role.RECOMMEND, Role.EVENTS, Role.WRITE})).may(rule)
    assert Caller("k", frozenset({Role.ADMIN})).may(rule)
    assert not Caller("k", frozenset({Role.ADMIN}), tenant="shop").may(rule)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (
            Role.RECOMMEND,
            {
                "POST /v1/recommend",
                "POST /v1/rank",
                "POST /v1/explain",
                "POST /v1/batch-score",
                "GET /v1/items/{item_id}/similar",
                "POST /v1/items/similar",
                "GET /v1/items",
                "GET /v1/items/{item_id}",
                "GET /v1/model",
            },
        ),
        (Role.EVENTS, {"POST /v1/events"}),
        (
            Role.WRITE,
            {
                "GET /v1/items",
                "POST /v1/items",
                "GET /v1/items/{item_id}",
                "PUT /v1/items/{item_id}",
                "PATCH /v1/items/{item_id}",
                "DELETE /v1/items/{item_id}",
                "POST /v1/users",
                "PUT /v1/users/{user_id}",
                "POST /v1/users/{user_id}/merge",
            },
        ),
        (Role.ADMIN, {f"{method} {path}" for method, path in RULES}),
    ],
)
def test_what_a_role_may_do(role: Role, allowed: set[str]) -> None:
    caller = Caller("k", frozenset({role}))
    assert {f"{method} {path}" for (method, path), rule in RULES.items() if caller.may(rule)} == allowed


def test_an_admin_of_a_tenant_may_do_all_that_touches_no_other_tenant() -> None:
    caller = Caller("k", frozenset({Role.ADMIN}), tenant="shop")
    refused = {f"{method} {path}" for (method, path), rule in RULES.items() if not caller.may(rule)}
    assert refused == {"POST /v1/model/reload", "GET /metrics"}


def dependencies_of(dependant: Any) -> Iterator[Any]:
    """All functions that a route depends on, those of its dependencies too."""
    for below in dependant.dependencies:
        yield below.call
        yield from dependencies_of(below)


def test_every_route_under_v1_works_on_the_callers_tenant() -> None:
    """A new route that forgets the tenant is found here: it has no other way to a store or to a bundle."""
    found = {route.path_format for route in ROUTES if get_tenant in dependencies_of(route.dependant)}
    assert found == {path for _method, path in RULES if path.startswith("/v1")}


def test_no_route_reaches_the_tenants_but_by_its_caller() -> None:
    """Only the pages about the service and the bundles of variants read the runtime itself.

    They read nothing that belongs to a tenant: `bundle_for` and `may_know` take the caller's.
    """
    allowed = {
        "app/api/bundle_admission.py": {"bundle_for", "list_extra", "extra", "settings"},
        "app/api/dependencies.py": {"open_tenant"},
        "app/api/page_reading.py": {"bundle_for"},
        "app/api/routes/experiments.py": {"extra"},
        "app/api/routes/users.py": {"may_know"},
        "app/api/shadowing.py": {"bundle_for"},
        "app/api/routes/health.py": {"ready", "health", "replica_set"},
        "app/api/routes/model.py": {"reload", "replica_set"},
        "app/api/service_metrics.py": {"ready", "default_tenant", "comparison", "extra"},
    }
    root = Path(main.__file__).parents[1]
    found: dict[str, set[str]] = {}
    for path in sorted(root.glob("app/api/**/*.py")):
        nodes = [
            node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
        ]
        read = [
            node.attr
            for node in nodes
            if isinstance(node.value, ast.Attribute) and node.value.attr == "runtime"
        ]
        reads = sum(node.attr == "runtime" for node in nodes)
        assert len(read) == reads, f"expected no other name for the runtime in {path}"
        if read:
            found[path.relative_to(root).as_posix()] = set(read)
    assert found == allowed


def test_a_publishable_key_may_use_four_routes_whatever_its_roles() -> None:
    caller = Caller("k", frozenset(Role), is_publishable=True)
    allowed = {path for (_method, path), rule in RULES.items() if caller.may(rule)}
    assert allowed == {"/v1/recommend", "/v1/rank", "/v1/explain", "/v1/events"}


def test_without_keys_everything_is_allowed() -> None:
    assert all(ANYBODY.may(rule) for rule in RULES.values())


def test_what_the_audit_records_of_requests() -> None:
    made_by_commands = {Action.CREATE_KEY, Action.REVOKE_KEY, Action.ROTATE_KEY, Action.CHANGE_KEYS}
    recorded = [rule.action for rule in RULES.values() if rule.action is not None]
    assert sorted(recorded) == sorted(set(Action) - made_by_commands)
