"""Roles, posts and those who hold them."""

import base64

from policies.kinds.people import PersonKind, PostKind, RoleKind
from policies.objects.people import Holding, Person, PersonKey, Post, Role


def role(name: str, kind: RoleKind) -> Role:
    """Of `kind: Role`."""
    return Role(name=name, title=kind.spec.title, power=kind.spec.power)


def post(name: str, kind: PostKind) -> Post:
    """Of `kind: Post`."""
    spec = kind.spec
    return Post(name=name, company=spec.company, title=spec.title, roles=frozenset(spec.roles))


def person(name: str, kind: PersonKind) -> Person:
    """Of `kind: Person`."""
    spec = kind.spec
    return Person(
        name=name,
        title=spec.title,
        company=spec.company,
        posts=tuple(
            Holding(post=each.post, from_day=each.from_, until_day=each.until)
            for each in spec.posts
        ),
        keys=tuple(
            PersonKey(
                id=key.id,
                algorithm=key.algorithm,
                public_key=base64.b64decode(key.public_key),
            )
            for key in spec.keys
        ),
    )
