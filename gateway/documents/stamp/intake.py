"""What a company's SVG may contain. Everything not listed is refused, with a cure."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from picosvg.svg import SVG

from gateway.documents.stamp.errors import StampError

MAX_SVG_CHARACTERS = 2 * 1024 * 1024
MAX_ELEMENTS = 5_000
MAX_COMMANDS = 40_000
MAX_DEPTH = 32

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_FRAMES = frozenset({"svg", "g", "defs", "use"})
_SILENT = frozenset({"title", "desc", "metadata"})

_CURES = {
    "text": "Turn text into paths (Inkscape: Path > Object to Path; Illustrator: Create Outlines).",
    "image": "Trace the picture (Inkscape: Path > Trace Bitmap), or supply it as PNG.",
    "linearGradient": "Fill with solid colours.",
    "radialGradient": "Fill with solid colours.",
    "pattern": "Fill with solid colours.",
    "style": "Save with presentation attributes instead of a style sheet (Illustrator: SVG Options"
    " > CSS Properties > Presentation Attributes; Inkscape: Plain SVG).",
    "clipPath": "Crop the shapes themselves (Illustrator: Pathfinder > Crop; Inkscape: Object >"
    " Clip > Release; Figma: untick 'Clip content').",
    "script": "A stamp is a drawing: remove the script.",
}
_CURE = "Remove it, or turn it into plain paths in the drawing program."

# What paints, or changes what is painted, in ways that filled paths do not have.
_REFUSED_ATTRIBUTES = {
    "filter": "none",
    "mask": "none",
    "clip-path": "none",
    "marker": "none",
    "marker-start": "none",
    "marker-mid": "none",
    "marker-end": "none",
    "stroke-dasharray": "none",
    "mix-blend-mode": "normal",
    "visibility": "visible",
    "paint-order": "normal",
    "vector-effect": "none",
    "transform-origin": "0 0",
}
_OPAQUE, _UNSEEN = re.compile(r"1|1\.0*"), re.compile(r"0|0?\.0+")


def admit(svg_text: str) -> Any:  # noqa: ANN401  # picosvg is half typed
    """Parse the text and refuse what cannot, or must not, become filled paths.

    Raises:
        StampError: DTD or entities, not well-formed, too large, or an element, attribute or
            reference that is not understood.
    """
    if len(svg_text) > MAX_SVG_CHARACTERS:
        _too_much(f"has {len(svg_text)} characters, {MAX_SVG_CHARACTERS} are allowed")
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", svg_text, re.IGNORECASE):
        raise StampError(
            "The SVG has a document type declaration, which can hide entities that grow without"
            " bound or read files. Delete the <!DOCTYPE …> part; nothing is lost."
        )
    # The text is decoded already: an encoding named in its first line would be wrong now.
    plain = re.sub(r"\A\ufeff?\s*<\?xml[^>]*\?>", "", svg_text)
    try:
        svg: Any = SVG.fromstring(plain)  # type: ignore[no-untyped-call]
    except (ValueError, SyntaxError) as error:
        raise StampError(
            f"The SVG is not well-formed XML: {error}. Export it again from the drawing program."
        ) from error
    root = svg.svg_root
    if root.tag != _SVG + "svg" or root.nsmap.get(None) != _SVG[1:-1]:
        raise StampError(
            'The file does not begin with <svg xmlns="http://www.w3.org/2000/svg">, so it is not'
            " SVG as programs write it. Export it again as plain SVG."
        )
    _discard_silent(root)
    for element, depth in _walk(root):
        _admit_element(element, depth, is_root=element is root)
    _require_finite(root)
    return svg


def _discard_silent(root: Any) -> None:  # noqa: ANN401  # lxml is untyped here
    """Take out titles, metadata, comments and what editors keep for themselves."""
    for element in list(root.iter()):
        silent = not isinstance(element.tag, str) or not element.tag.startswith(_SVG)
        if silent or element.tag.removeprefix(_SVG) in _SILENT:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)


def _walk(root: Any) -> Iterator[tuple[Any, int]]:  # noqa: ANN401  # lxml is untyped here
    waiting = [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        yield element, depth
        waiting += [(child, depth + 1) for child in element]


def _admit_element(element: Any, depth: int, *, is_root: bool) -> None:  # noqa: ANN401  # lxml
    tag = element.tag.removeprefix(_SVG)
    if depth > MAX_DEPTH:
        _too_much(f"is nested more than {MAX_DEPTH} deep")
    if tag not in _SHAPES | _FRAMES or (tag == "svg" and not is_root):
        raise StampError(f"The SVG has a <{tag}>, which is not drawn. {_CURES.get(tag, _CURE)}")
    if "href" in element.attrib:  # SVG 2's name; picosvg knows SVG 1.1's
        element.set(_XLINK_HREF, element.attrib.pop("href"))
    declarations = dict(element.attrib)
    for declaration in element.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        declarations[name.strip()] = value.strip()
    for name, value in declarations.items():
        _admit_attribute(tag, name, value.strip())
        if is_root and name in {"transform", "display"}:
            raise StampError(f"The SVG has {name} on <svg> itself. Put it on a <g> inside.")


def _admit_attribute(tag: str, name: str, value: str) -> None:
    if name.lower().startswith("on"):
        raise StampError(f"The SVG has a script in {name}=. A stamp is a drawing: remove it.")
    if value != _REFUSED_ATTRIBUTES.get(name, value):
        raise StampError(f"The SVG uses {name}: {value[:40]!r}, which is not drawn. {_CURE}")
    if name.endswith("opacity") and not _OPAQUE.fullmatch(value):
        unseen = tag in _SHAPES and _UNSEEN.fullmatch(value)
        if not unseen:
            raise StampError(
                f"The SVG is partly transparent ({name}: {value[:20]}), which printers and archives"
                " show differently. Use a lighter solid colour, or remove the hidden shape."
            )
    reference = name == _XLINK_HREF or "url(" in value.replace(" ", "").lower()
    if reference and not (name == _XLINK_HREF and tag == "use" and value.startswith("#")):
        raise StampError(
            f"The SVG refers to {value[:60]!r} in {name.rpartition('}')[2]}: a stamp has only its"
            " own shapes and solid colours. Embed or flatten what is meant."
        )


def _require_finite(root: Any) -> None:  # noqa: ANN401  # lxml is untyped here
    """Count what <use> would unfold to, so that a small file cannot become a large one."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    sizes: dict[Any, Counter[str]] = {}

    def size(element: Any, inside: tuple[Any, ...]) -> Counter[str]:  # noqa: ANN401  # lxml
        if element in inside or len(inside) > 2 * MAX_DEPTH:
            raise StampError(
                "The SVG's <use> elements refer to each other in a circle. Export plain SVG."
            )
        if element not in sizes:
            total = Counter(
                elements=1,
                commands=len(re.findall(r"[-+.\d][-+.\deE]*", element.get("d", ""))) // 2,
            )
            parts = list(element)
            if element.tag == _SVG + "use":
                parts.append(_target(by_id, element))
            for part in parts:
                total += size(part, (*inside, element))
            sizes[element] = total
        return sizes[element]

    whole = size(root, ())
    if whole["elements"] > MAX_ELEMENTS:
        _too_much(f"draws {whole['elements']} elements, {MAX_ELEMENTS} are allowed")
    if whole["commands"] > MAX_COMMANDS:
        _too_much(f"has about {whole['commands']} points, {MAX_COMMANDS} are allowed")


def _target(by_id: dict[str, Any], use: Any) -> Any:  # noqa: ANN401  # lxml is untyped here
    reference = use.get(_XLINK_HREF, "").removeprefix("#")
    if reference not in by_id:
        raise StampError(
            f"The SVG uses #{reference[:40]}, which it does not define. Export plain SVG."
        )
    return by_id[reference]


def _too_much(what: str) -> NoReturn:
    raise StampError(f"The SVG {what}: that is no seal. Simplify it in the drawing program.")
