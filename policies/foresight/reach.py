"""Whom each rule reaches on each seal and document type, and who is surely refused all the same.

Many seals and types are covered by the same rules, so all of this is worked out once for each set
of rules, and once for each rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from policies.bundle import Bundle
from policies.conditions.implications import implies, never
from policies.deciding.group import Group
from policies.deciding.named_rules import NamedRule
from policies.deciding.rules import Covering, RuleBook, concerns
from policies.foresight.principals import principals
from policies.model import Caller
from policies.objects.rules import ForbidRule, PermitRule

Pair = tuple[str, str]
"""A seal and a document type, by name."""
Named = NamedRule[PermitRule] | NamedRule[ForbidRule]
Audience = frozenset[str]
"""Principals by name; see `policies.foresight.principals`."""


class Reach:
    """The rules of a bundle at one moment.

    Attributes:
        bundle: whose rules they are.
        principals: for whom they can be.
    """

    def __init__(self, bundle: Bundle, *, at: datetime) -> None:
        self.bundle = bundle
        self.principals = principals(bundle, at=at)
        self._book = RuleBook(bundle.policies, seals=bundle.seals, group=Group(bundle.companies))
        self._audiences: dict[str, Audience] = {}
        self._by_word: dict[tuple[str, str], set[str]] = {}
        for name, caller in self.principals.items():
            for word in _words_of(caller):
                self._by_word.setdefault(word, set()).add(name)

    def covering(self, pair: Pair) -> Covering:
        """The rules that speak of the pair."""
        return self._book.covering(*pair)

    def groups(self) -> Iterator[tuple[Covering, tuple[Pair, ...]]]:
        """Every pair of the bundle, those under the same rules together."""
        coverings: dict[tuple[str, ...], Covering] = {}
        pairs: dict[tuple[str, ...], list[Pair]] = {}
        for seal in self.bundle.seals:
            for document_type in self.bundle.document_types:
                covering = self.covering((seal, document_type))
                key = names_of(covering)
                coverings[key] = covering
                pairs.setdefault(key, []).append((seal, document_type))
        for key, covering in coverings.items():
            yield covering, tuple(pairs[key])

    def audience(self, named: Named) -> Audience:
        """Whom the rule is for, conditions apart."""
        if named.name not in self._audiences:
            self._audiences[named.name] = self.concerned(named.rule)
        return self._audiences[named.name]

    def concerned(self, rule: PermitRule | ForbidRule) -> Audience:
        """The same of a rule without its name."""
        return frozenset(
            name for name in self._candidates(rule) if concerns(rule, self.principals[name])
        )

    def _candidates(self, rule: PermitRule | ForbidRule) -> Iterable[str]:
        # A group has thousands of principals and of rules, and most rules name a few.
        for word, named in _words_in(rule):
            if named:
                found = (self._by_word.get((word, name), set()) for name in named)
                return set[str]().union(*found)
        return self.principals

    def against(self, named: NamedRule[PermitRule], covering: Covering) -> Mapping[str, Audience]:
        """The forbids that apply whenever the permit does, each with whom it takes away."""
        own = self.audience(named)
        met = {
            forbid.name: own & self.audience(forbid)
            for forbid in covering.forbids
            if follows(named, forbid)
        }
        return {name: audience for name, audience in met.items() if audience}

    def left(self, named: NamedRule[PermitRule], covering: Covering) -> Audience:
        """Who may hope for this permit: it can be true, and no forbid surely goes with it."""
        if never(named.rule.when):
            return frozenset()
        return self.audience(named).difference(*self.against(named, covering).values())


def _words_of(caller: Caller) -> Iterator[tuple[str, str]]:
    yield "system", caller.system
    yield "company", caller.company
    yield from (("role", role) for role in caller.roles)
    yield from (("post", post) for post in caller.held_posts)


def _words_in(rule: PermitRule | ForbidRule) -> Iterator[tuple[str, frozenset[str]]]:
    yield "system", rule.systems
    yield "post", rule.posts if isinstance(rule, PermitRule) else frozenset()
    yield "company", rule.companies
    yield "role", rule.roles


def follows(named: Named, other: Named) -> bool:
    """Whether the other rule's condition is surely true whenever this one's is."""
    # Counters are read in each policy's own calendar: the same words may be other numbers.
    same_words = not other.counters or named.zone == other.zone
    return same_words and implies(named.rule.when, other.rule.when)


def names_of(covering: Covering) -> tuple[str, ...]:
    """The rules' names, which are one of their kind in a bundle."""
    return (
        *(f"permit {named.name}" for named in covering.permits),
        *(f"forbid {named.name}" for named in covering.forbids),
    )
