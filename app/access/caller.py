"""The caller of a request: the key that it gave, and the key's rights."""

from dataclasses import dataclass

from app.access.roles import Role, Rule
from app.state.protocol import DEFAULT_TENANT


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller. `key_id` is None where no key is needed; `tenant` is '' for the default one."""

    key_id: str | None
    roles: frozenset[Role]
    tenant: str = DEFAULT_TENANT
    is_publishable: bool = False
    """True for a key that everybody can read in a web page."""

    def may(self, rule: Rule) -> bool:
        """True if the caller may use a route of this rule."""
        if rule.is_installation and self.tenant != DEFAULT_TENANT:
            return False
        if self.is_publishable:
            return rule.is_publishable
        return Role.ADMIN in self.roles or not self.roles.isdisjoint(rule.roles)


ANYBODY = Caller(None, frozenset({Role.ADMIN}))
"""The caller where no key is configured: everything is open."""
