"""Writes docs/schema/sealgate-v1.json from the kinds in the code: `python docs/make_schema.py`."""  # noqa: INP001 - a program, not a package

from pathlib import Path

from policies.reading.schema import NAME, schema_text

FILE = Path(__file__).parent / "schema" / NAME


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(schema_text(), encoding="utf-8")
