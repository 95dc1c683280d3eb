"""Forms that ask readers to draw their fields anew (`/NeedAppearances`), written by hand."""

from collections.abc import Callable

from tests.unit.documents.drafts import A4, one_page, stream

Makers = dict[str, Callable[[], bytes]]

_FONTS = "/Resources<</Font<</F 4 0 R>>>>"
_TEXT = "BT /F 24 Tf 100 700 Td (The price) Tj ET"


def drawn(text: str, entries: str = _FONTS) -> bytes:
    """An appearance that shows a text."""
    return shape(f"/Tx BMC q BT /F 12 Tf 4 12 Td ({text}) Tj ET Q EMC", entries)


def shape(content: str, entries: str = _FONTS) -> bytes:
    """An appearance as high as a line and as wide as a word or two."""
    return stream(content.encode(), f"/Type/XObject/Subtype/Form/BBox[0 0 200 40]{entries}")


def filled(
    entries: str,
    appearance: bytes | None,
    *,
    asked: str = "/NeedAppearances true",
    shown: str = "/AP<</N 7 0 R>>",
    kid: str | None = None,
    more: dict[int, str | bytes] | None = None,
) -> bytes:
    """A page with one field, object 6, that readers draw by its value where they are asked to.

    Args:
        entries: of the field.
        appearance: object 7, that the file has to show for it.
        asked: how readers are asked.
        shown: how the widget names its appearance.
        kid: entries of the widget where it is an object of its own, 8.
        more: further objects.
    """
    widget = "/Type/Annot/Subtype/Widget/F 4/P 3 0 R/Rect[100 100 300 140]/DA(/F 12 Tf 0 g)"
    widget += "" if appearance is None else shown
    objects: dict[int, str | bytes] = {} if appearance is None else {7: appearance}
    if kid is None:
        objects[6] = f"<</T(x){entries}{widget}>>"
    else:
        objects |= {6: f"<</T(x){entries}/Kids[8 0 R]>>", 8: f"<</Parent 6 0 R{kid}{widget}>>"}
    form = f"<</Fields[6 0 R]{asked}/DR<</Font<</F 4 0 R>>>>/DA(/F 12 Tf 0 g)>>"
    return one_page(
        _TEXT,
        catalog=f"<</Type/Catalog/Pages 2 0 R/AcroForm{form}>>",
        page=f"{A4}/Annots[{6 if kid is None else 8} 0 R]",
        more={**objects, **(more or {})},
    )


def ticked(entries: str, *, on: bytes | None = None, off: bytes | None = None) -> bytes:
    """A check box with the states /Yes and /Off."""
    return filled(
        f"/FT/Btn{entries}",
        shape("q 2 2 m 30 30 l S Q") if on is None else on,
        shown="/AP<</N<</Yes 7 0 R/Off 9 0 R>>>>",
        more={9: shape("") if off is None else off},
    )


def fields_that_say_two_things() -> Makers:
    """Whose value is one thing and whose appearance another."""
    return {
        "a field that shows another sum": lambda: filled("/FT/Tx/V(100)", drawn("1000")),
        "a field that shows a sum, and has none": lambda: filled("/FT/Tx", drawn("1000")),
        "a field asked for in another way": lambda: filled(
            "/FT/Tx/V(100)", drawn("1000"), asked="/NeedAppearances 9 0 R", more={9: "true"}
        ),
        "a value that is inherited": lambda: filled("/FT/Tx/V(100)", drawn("1000"), kid=""),
        "two values": lambda: filled("/FT/Tx/V(100)", drawn("1000"), kid="/V(1000)"),
        "a sum in Chinese": lambda: filled("/FT/Tx/V<FEFF4E0053435143>", drawn("100")),
        "rich text": lambda: filled(
            "/FT/Tx/Ff 33554432/V(1000)/RV(<body><p>100</p></body>)", drawn("1000")
        ),
        "a value that is a stream": lambda: filled(
            "/FT/Tx/V 9 0 R", drawn("1000"), more={9: stream(b"100")}
        ),
        "a password that is shown": lambda: filled("/FT/Tx/Ff 8192/V(100)", drawn("1000")),
        "a choice": lambda: filled(
            "/FT/Ch/Ff 131072/V(a)/Opt[[(a)(100)][(b)(1000)]]", drawn("1000")
        ),
        "a list": lambda: filled("/FT/Ch/Opt[(100)(1000)]/V(100)", drawn("1000")),
        "a button": lambda: filled("/FT/Btn/Ff 65536/MK<</CA(100)>>", drawn("1000")),
        "text that nobody sees": lambda: filled(
            "/FT/Tx/V(100)",
            shape("BT 3 Tr /F 12 Tf 4 12 Td (100) Tj ET BT 0 Tr /F 12 Tf 4 12 Td (9) Tj ET"),
        ),
        "white text": lambda: filled("/FT/Tx/V(100)", shape("1 g BT /F 12 Tf 4 12 Td (100) Tj ET")),
        "one digit more, drawn of lines": lambda: filled(
            "/FT/Tx/V(100)", shape("BT /F 12 Tf 4 12 Td (100) Tj ET 30 12 5 9 re S")
        ),
        "a sum struck out": lambda: filled(
            "/FT/Tx/V(100)", shape("BT /F 12 Tf 4 12 Td (100) Tj ET 0 17 m 200 17 l S")
        ),
        "a picture beside the text": lambda: filled(
            "/FT/Tx/V(100)",
            shape(
                "BT /F 12 Tf 4 12 Td (100) Tj ET q 20 0 0 20 40 2 cm "
                "BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q"
            ),
        ),
        "fonts of nobody": lambda: filled("/FT/Tx/V(100)", drawn("100", "")),
        "a box that is ticked in the file": lambda: ticked("/V/Off/AS/Yes"),
        "a box that is not ticked in the file": lambda: ticked("/V/Yes/AS/Off"),
        "a box that says something": lambda: ticked("/V/Yes/AS/Yes", on=drawn("1000")),
    }


def undrawn_fields() -> Makers:
    """Whose value the file does not show at all."""
    return {
        "an empty appearance": lambda: filled("/FT/Tx/V(100)", shape("/Tx BMC EMC")),
        "no appearance": lambda: filled("/FT/Tx/V(100)", None),
        "a frame": lambda: filled("/FT/Tx/V(100)", shape("0.5 0.5 199 39 re S")),
        "a choice": lambda: filled("/FT/Ch/Ff 131072/V(a)", None),
        "a list": lambda: filled("/FT/Ch/Opt[(100)(1000)]", None),
        "a box that is ticked": lambda: filled("/FT/Btn/V/Yes", None),
        "a box that is ticked with nothing": lambda: ticked("/V/Yes/AS/Yes", on=shape("")),
    }


def honest_forms() -> Makers:
    """Whose appearance shows the value, or which no reader draws by it."""
    return {
        "the same": lambda: filled("/FT/Tx/V(100)", drawn("100")),
        "white space": lambda: filled("/FT/Tx/V(1 000)", drawn("1000")),
        "nothing": lambda: filled("/FT/Tx", shape("/Tx BMC EMC")),
        "nothing at all": lambda: filled("/FT/Tx", None),
        "inherited": lambda: filled("/FT/Tx/V(100)", drawn("100"), kid=""),
        "wide": lambda: filled("/FT/Tx/V<FEFFFF11FF10FF10>", drawn("100")),
        "section sign": lambda: filled("/FT/Tx/V(\\247 100)", drawn("\\247 100")),
        "rich text": lambda: filled(
            "/FT/Tx/Ff 33554432/V(100)/RV(<body><p>1<b>00</b></p></body>)", drawn("100")
        ),
        "comb": lambda: filled(
            "/FT/Tx/Ff 16777216/MaxLen 4/V(100)",
            shape(
                "0.5 0.5 199 39 re S 50 0 m 50 40 l 100 0 m 100 40 l S BT /F 12 Tf "
                "20 12 Td (1) Tj 50 0 Td (0) Tj 50 0 Td (0) Tj ET"
            ),
        ),
        "lines": lambda: filled(
            "/FT/Tx/Ff 4096/V(Jia\\rYi)",
            shape("BT /F 12 Tf 4 22 Td (Jia) Tj 0 -14 Td (Yi) Tj ET"),
        ),
        "frame and ground": lambda: filled(
            "/FT/Tx/V(100)",
            shape(
                ".9 .9 1 rg 0 0 200 40 re f 0.5 0.5 199 39 re S q 1 1 198 38 re W n "
                "0 g BT /F 12 Tf 4 12 Td (100) Tj ET Q"
            ),
        ),
        "password": lambda: filled("/FT/Tx/Ff 8192/V(100)", drawn("***")),
        "password, not drawn": lambda: filled("/FT/Tx/Ff 8192/V(100)", None),
        "choice": lambda: filled("/FT/Ch/Ff 131072/V(a)/Opt[[(a)(100)]]", drawn("100")),
        "list with its choice alone": lambda: filled("/FT/Ch/V(100)/Opt[(100)(7)]", drawn("100")),
        "button": lambda: filled("/FT/Btn/Ff 65536/MK<</CA(100)>>", drawn("100")),
        "ticked": lambda: ticked("/V/Yes/AS/Yes"),
        "not ticked": lambda: ticked("/AS/Off"),
        "not asked": lambda: filled("/FT/Tx/V(100)", drawn("1000"), asked=""),
        "asked not to": lambda: filled(
            "/FT/Tx/V(100)", drawn("1000"), asked="/NeedAppearances false"
        ),
    }
