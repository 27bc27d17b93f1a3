"""The roles of keys, and the one table of which route needs which role."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The rights of a key. `admin` includes the others; the others include nothing else."""

    RECOMMEND = "recommend"
    EVENTS = "events"
    WRITE = "write"
    ADMIN = "admin"


class Action(StrEnum):
    """An act that the audit records."""

    ERASE_USER = "user.erase"
    MERGE_USERS = "user.merge"
    PUT_USERS = "users.put"
    PUT_ITEMS = "items.put"
    DELETE_ITEM = "item.delete"
    RELOAD_MODEL = "model.reload"
    PUT_EXPERIMENT = "experiment.put"
    DELETE_EXPERIMENT = "experiment.delete"
    CREATE_KEY = "key.create"
    REVOKE_KEY = "key.revoke"
    ROTATE_KEY = "key.rotate"
    CHANGE_KEYS = "keys.change"


@dataclass(frozen=True, slots=True)
class Rule:
    """A route's rule: any of the roles will do; `action`: what the audit calls it, None for no entry."""

    roles: frozenset[Role]
    action: Action | None = None
    is_publishable: bool = False
    """True for routes that web pages may call with a publishable key."""
    is_installation: bool = False
    """True for routes that act on, or tell of, all tenants together: no key of a tenant may use them."""


RECOMMEND = Rule(frozenset({Role.RECOMMEND}))
WRITE = Rule(frozenset({Role.WRITE}))
READ_ITEMS = Rule(frozenset({Role.RECOMMEND, Role.WRITE}))
"""The catalogue is public to keys that recommend from it, and to those that write it."""
ADMIN = Rule(frozenset({Role.ADMIN}))
INSTALLATION = Rule(ADMIN.roles, is_installation=True)
_PAGE = frozenset({Role.RECOMMEND})

RULES: dict[tuple[str, str], Rule] = {
    ("POST", "/v1/recommend"): Rule(_PAGE, is_publishable=True),
    ("POST", "/v1/rank"): Rule(_PAGE, is_publishable=True),
    ("POST", "/v1/explain"): Rule(_PAGE, is_publishable=True),
    ("POST", "/v1/batch-score"): RECOMMEND,
    ("POST", "/v1/events"): Rule(frozenset({Role.EVENTS}), is_publishable=True),
    ("GET", "/v1/items/{item_id}/similar"): RECOMMEND,
    ("POST", "/v1/items/similar"): RECOMMEND,
    ("GET", "/v1/items"): READ_ITEMS,
    ("POST", "/v1/items"): Rule(WRITE.roles, Action.PUT_ITEMS),
    ("GET", "/v1/items/{item_id}"): READ_ITEMS,
    ("PUT", "/v1/items/{item_id}"): WRITE,
    ("PATCH", "/v1/items/{item_id}"): WRITE,
    ("DELETE", "/v1/items/{item_id}"): Rule(WRITE.roles, Action.DELETE_ITEM),
    ("POST", "/v1/users"): Rule(WRITE.roles, Action.PUT_USERS),
    ("PUT", "/v1/users/{user_id}"): WRITE,
    ("POST", "/v1/users/{user_id}/merge"): Rule(WRITE.roles, Action.MERGE_USERS),
    ("GET", "/v1/users/{user_id}"): ADMIN,
    ("DELETE", "/v1/users/{user_id}"): Rule(ADMIN.roles, Action.ERASE_USER),
    ("GET", "/v1/erasures/{receipt}"): ADMIN,
    ("GET", "/v1/experiments"): ADMIN,
    ("GET", "/v1/experiments/{name}"): ADMIN,
    ("PUT", "/v1/experiments/{name}"): Rule(ADMIN.roles, Action.PUT_EXPERIMENT),
    ("DELETE", "/v1/experiments/{name}"): Rule(ADMIN.roles, Action.DELETE_EXPERIMENT),
    ("GET", "/v1/model"): RECOMMEND,
    ("POST", "/v1/model/reload"): Rule(ADMIN.roles, Action.RELOAD_MODEL, is_installation=True),
    ("GET", "/v1/outcomes"): ADMIN,
    ("GET", "/metrics"): INSTALLATION,
    ("GET", "/docs"): ADMIN,
    ("GET", "/openapi.json"): ADMIN,
}
"""(method, template of the route) -> rule. A route that is missing here is as INSTALLATION; a test finds it."""
UNGUARDED = frozenset({("GET", "/livez"), ("GET", "/readyz"), ("GET", "/static-offline-docs/{name}")})
"""The routes that need no key at all: probes, and the files of the page /docs."""


def find_rule(method: str, template: str) -> Rule:
    """The rule of a route. HEAD has the rule of GET."""
    return RULES.get(("GET" if method == "HEAD" else method, template), INSTALLATION)
