"""`make pdfjs`: take from npm's pdfjs-dist, as package-lock.json pins it, what the pages need.

The files are committed, so that nobody needs npm to run or build Sealgate. SHA256SUMS says what
they are; a test compares.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent
_TARGET = _HERE / "pdfjs"
_WANTED = (
    "LICENSE",
    "legacy/build/pdf.min.mjs",
    "legacy/build/pdf.worker.min.mjs",
    "cmaps/*",
    "standard_fonts/*",
    # Without these, scans in JBIG2 and JPEG 2000 would stay blank: the CSP lets no WebAssembly run.
    "wasm/jbig2_nowasm_fallback.js",
    "wasm/openjpeg_nowasm_fallback.js",
    "wasm/LICENSE_PDFJS_JBIG2",
    "wasm/LICENSE_JBIG2",
    "wasm/LICENSE_PDFJS_OPENJPEG",
    "wasm/LICENSE_OPENJPEG",
)


def main() -> None:
    """Install into a folder that is thrown away, copy, and write down the sums."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_HERE / name, folder)
        subprocess.run(
            ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            check=True,
        )
        package = Path(folder) / "node_modules" / "pdfjs-dist"
        shutil.rmtree(_TARGET, ignore_errors=True)
        for pattern in _WANTED:
            found = sorted(package.glob(pattern))
            if not found:
                raise SystemExit(f"pdfjs-dist has no {pattern} any more: correct {__file__}")
            for file in found:
                place = _TARGET / file.relative_to(package)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
    files = sorted(file for file in _TARGET.rglob("*") if file.is_file())
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(_HERE)}\n"
        for file in files
    ]
    (_HERE / "SHA256SUMS").write_text("".join(sums))
    print(f"{len(files)} files of pdf.js in {_TARGET}")


if __name__ == "__main__":
    main()
