"""Reading a CEL condition as text: what stands outside its strings, and its `&&` parts.

The engine tells no more than the type of a whole expression. Warnings and explanations need a
little more, and a scanner for strings and brackets is enough for it; nothing here decides.
"""

import re
from functools import lru_cache
from typing import Final

RESERVED: Final = frozenset(
    {
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    }
)
"""Words of CEL that cannot be names (CEL language definition, syntax)."""

HAS_ATTRIBUTE: Final = re.compile(
    r"\bhas\s*\(\s*doc\s*\.\s*attributes\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*\)"
)
ATTRIBUTE: Final = re.compile(r"\bdoc\s*\.\s*attributes\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")
_VARIABLE: Final = re.compile(
    r"(?<![.\w])(?:now|caller\.[a-z_]+|seal\.[a-z_]+|used\.[a-z_]+"
    r"|doc\.(?:attributes|fields)\.[a-z0-9_]+|doc\.[a-z_]+)\b"
)
_LOOP: Final = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(")
"""The macros that go through a list (CEL language definition, macros)."""
_DOCUMENT_TEXT: Final = re.compile(r"\bdoc\s*\.\s*text\b")
ZONELESS: Final = re.compile(r"\bnow\s*\.\s*get[A-Za-z]+\s*\(\s*\)")

_LITERAL_CALL: Final = re.compile(
    r"\b(matches|timestamp|duration|get[A-Z][A-Za-z]*)\s*\(\s*(\x1a+)\s*\)"
)

# CEL language definition, lexis: STRING_LIT with its raw and bytes forms, and COMMENT.
_OPAQUE: Final = re.compile(
    r"""(?:[rR][bB]?|[bB][rR])(?:'''[\s\S]*?'''|\"\"\"[\s\S]*?\"\"\"|'[^'\n]*'|"[^"\n]*")"""
    r"""|[bB]?(?:'''(?:\\[\s\S]|[^\\])*?'''|\"\"\"(?:\\[\s\S]|[^\\])*?\"\"\""""
    r"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")"""
    r"""|//[^\n]*"""
)


def masked(expression: str) -> str:
    """The expression with its strings blotted out and its comments blank, of the same length."""
    return _OPAQUE.sub(
        lambda found: (" " if found[0].startswith("//") else "\x1a") * len(found[0]), expression
    )


def repeats_the_text(expression: str) -> bool:
    """Whether `doc.text` stands in what is worked out once for each item of a list, or in a list.

    In a list, because what stands in one can be gone through under another name.
    """
    text = masked(expression)
    loops = {found.end() - 1 for found in _LOOP.finditer(text)}
    asked = {found.start() for found in _DOCUMENT_TEXT.finditer(text)}
    around: list[bool] = []
    for position, letter in enumerate(text):
        if position in asked and any(around):
            return True
        if letter in "([{":
            around.append(letter != "(" or position in loops)
        elif letter in ")]}" and around:
            around.pop()
    return False


@lru_cache(maxsize=4096)  # a denial is explained by the parts of every rule
def conjuncts(expression: str) -> tuple[str, ...]:
    """The parts that are joined by `&&`, all of which must be true; or the whole."""
    text = masked(expression)
    depth, start, cuts = 0, 0, []
    for position, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif depth == 0 and (letter == "?" or text.startswith("||", position)):
            return (expression.strip(),)  # these bind less than &&
        elif depth == 0 and text.startswith("&&", position):
            cuts.append((start, position))
            start = position + 2
    cuts.append((start, len(text)))
    return tuple(expression[begin:end].strip() for begin, end in cuts)


@lru_cache(maxsize=4096)
def variables_in(expression: str) -> tuple[str, ...]:
    """The variables that the expression speaks of, each once, with attributes by their names."""
    return tuple(dict.fromkeys(_VARIABLE.findall(masked(expression))))


def literal_arguments(expression: str) -> tuple[tuple[str, str], ...]:
    """Calls whose only argument is a text written out: `(function, literal as written)`."""
    return tuple(
        (found[1], expression[found.start(2) : found.end(2)])
        for found in _LITERAL_CALL.finditer(masked(expression))
    )
