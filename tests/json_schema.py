"""As much of JSON Schema (2020-12) as our published schema uses; a word it does not know it tells.

Formats say nothing here, as in the standard.
"""

import re
from typing import Any

_SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "examples", "format"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def fits(value: object, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether the schema, a part of `root`, accepts the value."""
    return all(
        _keyword(word, argument, value, schema, root)
        for word, argument in schema.items()
        if word not in _SAYS_NOTHING
    )


def _keyword(  # noqa: PLR0911, C901, PLR0912 - a table of the standard's words
    word: str,
    argument: Any,  # noqa: ANN401 - JSON
    value: Any,  # noqa: ANN401 - JSON
    schema: dict[str, Any],
    root: dict[str, Any],
) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match word:
        case "$ref":
            return fits(value, root["$defs"][argument.removeprefix("#/$defs/")], root)
        case "type":
            boolean = isinstance(value, bool) and argument != "boolean"
            return isinstance(value, _TYPES[argument]) and not boolean
        case "const":
            return type(value) is type(argument) and bool(value == argument)
        case "enum":
            return any(_keyword("const", each, value, schema, root) for each in argument)
        case "oneOf":
            return sum(fits(value, each, root) for each in argument) == 1
        case "anyOf":
            return any(fits(value, each, root) for each in argument)
        case "properties":
            return not isinstance(value, dict) or all(
                fits(value[name], each, root) for name, each in argument.items() if name in value
            )
        case "required":
            return not isinstance(value, dict) or set(argument) <= value.keys()
        case "additionalProperties":
            return not isinstance(value, dict) or all(
                argument is not False and fits(value[name], argument, root)
                for name in value.keys() - schema.get("properties", {}).keys()
                if not any(re.search(each, name) for each in schema.get("patternProperties", {}))
            )
        case "patternProperties":
            return not isinstance(value, dict) or all(
                fits(each, inner, root)
                for pattern, inner in argument.items()
                for name, each in value.items()
                if re.search(pattern, name)
            )
        case "items":
            return not isinstance(value, list) or all(fits(each, argument, root) for each in value)
        case "minItems":
            return not isinstance(value, list) or len(value) >= argument
        case "maxItems":
            return not isinstance(value, list) or len(value) <= argument
        case "minLength":
            return not isinstance(value, str) or len(value) >= argument
        case "maxLength":
            return not isinstance(value, str) or len(value) <= argument
        case "pattern":
            return not isinstance(value, str) or re.search(argument, value) is not None
        case "minimum":
            return not number or value >= argument
        case "exclusiveMinimum":
            return not number or value > argument
        case "maximum":
            return not number or value <= argument
    raise AssertionError(f"the schema says `{word}`, which is not understood here")
