"""What docs/connectors.md shows of mappings and folders can be declared."""

import pytest

from gateway.declarations.library import read_declarations
from tests.unit.docs.markdown import blocks, read

_PAGE = blocks(read("docs/connectors.md"), "yaml")
_FRAME = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {name: example}
spec:
  system: wms
"""
_MAPPING = "  mapping: {seal: s, documentType: t, businessNumber: {field: number}}\n"
_FOLDER = "  folder: {path: /srv/wms}\n"


def _indented(block: str) -> str:
    return "".join(f"  {line}\n" for line in block.rstrip().split("\n"))


@pytest.mark.parametrize("block", [each for each in _PAGE if each.startswith("mapping:")])
def test_a_mapping_of_the_docs_can_be_declared(block: str) -> None:
    read_declarations({"docs.yaml": _FRAME + _FOLDER + _indented(block)})


@pytest.mark.parametrize("block", [each for each in _PAGE if each.startswith(("folder:", "sftp:"))])
def test_a_place_of_the_docs_can_be_declared(block: str) -> None:
    read_declarations({"docs.yaml": _FRAME + _indented(block) + _MAPPING})
