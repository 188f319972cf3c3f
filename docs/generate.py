"""Makes anew what is derived from the declarations: `make docs`, or `python docs/generate.py`.

The reference pages come from `docs/templates/`, whose prose is written by hand, and from the code, which fills the
tables in. `docs/generator/pages.py` lists everything that is made here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator.pages import derived_files

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description="Make anew what is derived from the declarations.")
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale, and exit 1 if any is")
    parser.add_argument("--into", type=Path, default=ROOT, metavar="FOLDER", help="in place of the project's own")
    options = parser.parse_args()
    texts = {options.into / path: text for path, text in derived_files().items()}
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        name = path.relative_to(options.into)
        if options.check:
            sys.stderr.write(f"{name} is stale: run `make docs`.\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
            sys.stdout.write(f"{name} is made anew.\n")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
