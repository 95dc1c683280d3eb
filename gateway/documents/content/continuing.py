"""What does not fit into a line or a cell of a table and goes on beneath."""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.documents.content.lines import CELL_GAP, Line
from gateway.documents.content.numerals import NUMERALS

_MOST_LINES: Final = 3
_MOST_CELLS_BETWEEN: Final = 20
_GOES_ON: Final = tuple(f"{NUMERALS}元圆圓角")
_RESUMES: Final = tuple(f"{NUMERALS}元圆圓角分整正")


def continued_cells(page: Sequence[Line]) -> Iterator[str]:
    """Each cell together with what may be the rest of it, in up to three lines."""
    cells = [cell for line in page for cell in line.cells()]
    for position, cell in enumerate(cells):
        text, last = cell.text, cell
        for _ in range(_MOST_LINES - 1):
            following = _beneath(last, cells, position)
            if following is None:
                break
            text, last = text + following.text, following
            yield text


def lines_with_whole_numerals(page: Sequence[Line]) -> Iterator[str]:
    """The lines, with a Chinese numeral that is broken in two where it begins."""
    rows = [list(line.cells()) for line in page]
    cells = [cell for row in rows for cell in row]
    taken: set[int] = set()
    position = 0
    for row in rows:
        texts = []
        for cell in row:
            text = "" if position in taken else cell.text
            rest = _beneath(cell, cells, position) if cell.text.endswith(_GOES_ON) else None
            if text and rest is not None and rest.text.startswith(_RESUMES):
                text += rest.text
                taken.add(_place_of(rest, cells, position))
            texts.append(text)
            position += 1
        yield CELL_GAP.join(texts)


def _beneath(cell: Line, cells: Sequence[Line], position: int) -> Line | None:
    near = cells[position + 1 : position + 1 + _MOST_CELLS_BETWEEN]
    return next((each for each in near if cell.goes_on_in(each)), None)


def _place_of(cell: Line, cells: Sequence[Line], position: int) -> int:
    return next(index for index in range(position, len(cells)) if cells[index] is cell)
