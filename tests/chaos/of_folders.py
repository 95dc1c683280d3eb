"""What is found in a watched folder is held against what was dropped there (I1, I2)."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.model import History, Violation

_WITH_OUTPUT = {"sealed", "repeated"}


def every_file_has_one_result(history: History) -> Iterator[Violation]:
    """I1, I2: whatever was dropped is done or failed, and nothing of it is left behind."""
    folder = history.folder
    if folder is None:
        return
    results = Counter(each.name for each in folder.lines)
    for name in folder.dropped:
        if results[name] == 0:
            yield Violation("I1", f"{name} was dropped and has no result")
    for name, count in results.items():
        if count > 1 or name not in folder.dropped:
            yield Violation("I2", f"{name} was dropped once and has {count} results")
    for path in folder.left:
        yield Violation("I1", f"{path} was left behind")


def the_sealed_file_is_the_document(history: History) -> Iterator[Violation]:
    """I1, I2: what lies in the folder is what was sealed, and no document is given twice."""
    if history.folder is None:
        return
    kept = {each.id: each.found for each in history.documents if each.state == "sealed"}
    given: Counter[str | None] = Counter()
    for line in history.folder.lines:
        if line.state in _WITH_OUTPUT:
            given[line.document] += 1
            if line.digest is None or kept.get(line.document or "") != line.digest:
                yield Violation("I1", f"{line.name} in the folder is not what was sealed")
    for document, count in given.items():
        if count > 1:
            yield Violation("I2", f"{document} was given for {count} files")
