"""Code 39 (ISO/IEC 16388): the bar code that waybills carry, as bars for any canvas."""

from typing import Final

from receipt_makers.canvas import BLACK, Canvas, Spot

# Nine elements a character, bars and spaces in turn, 1 for a wide one.
_WIDE: Final = {
    "0": "000110100",
    "1": "100100001",
    "2": "001100001",
    "3": "101100000",
    "4": "000110001",
    "5": "100110000",
    "6": "001110000",
    "7": "000100101",
    "8": "100100100",
    "9": "001100100",
    "A": "100001001",
    "B": "001001001",
    "C": "101001000",
    "D": "000011001",
    "E": "100011000",
    "F": "001011000",
    "G": "000001101",
    "H": "100001100",
    "I": "001001100",
    "J": "000011100",
    "K": "100000011",
    "L": "001000011",
    "M": "101000010",
    "N": "000010011",
    "O": "100010010",
    "P": "001010010",
    "Q": "000000111",
    "R": "100000110",
    "S": "001000110",
    "T": "000010110",
    "U": "110000001",
    "V": "011000001",
    "W": "111000000",
    "X": "010010001",
    "Y": "110010000",
    "Z": "011010000",
    "-": "010000101",
    "*": "010010100",
}
_RATIO: Final = 2.5  # a wide element to a narrow one


def bars(code: str) -> tuple[list[tuple[float, float]], float]:
    """The bars of `code` as (offset, width), and the width of all, in narrow elements.

    Raises:
        KeyError: Code 39 has no such character.
    """
    out, at = [], 0.0
    for character in f"*{code}*":
        for index, wide in enumerate(_WIDE[character]):
            width = _RATIO if wide == "1" else 1.0
            if index % 2 == 0:
                out.append((at, width))
            at += width
        at += 1
    return out, at - 1


def draw(canvas: Canvas, code: str, place: Spot) -> None:
    """Draw `code` so that it fills `place`."""
    x, y, w, h = place
    found, total = bars(code)
    for offset, width in found:
        canvas.box(x + offset * w / total, y, width * w / total, h, weight=0, fill=BLACK)
