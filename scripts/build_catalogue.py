"""Make seeds/catalogue.jsonl: the facts about the papers of seeds/ that the documents leave out, matched to them by text.

Usage: python scripts/build_catalogue.py PAPERS.jsonl, where each line of PAPERS.jsonl names a paper's title, aliases, authors,
arXiv id and the records (file, ordinal) of seeds/ that hold it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from qa_bot.catalogue import text_key
from qa_bot.readers import find_files, read_file
from qa_bot.schema import Record

SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    """Write the facts, one paper a line, in the order of the source."""
    records = {(r.origin.file, r.origin.ordinal): r for path in find_files([SEEDS]) for r in read_file(path).records}
    source = Path(sys.argv[1]).read_text("utf-8")
    lines = [json.dumps(_fact(json.loads(line), records), ensure_ascii=False) for line in source.splitlines() if line.strip()]
    (SEEDS / "catalogue.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines)} papers, {len(records)} records")


def _fact(paper: dict, records: dict[tuple[str, int], Record]) -> dict:
    held = [records[place["file"], place["ordinal"]] for place in paper["occurrences"]]
    # A dated card shows the current abstract of arXiv; a bare list may be older.
    newest_first = sorted(held, key=lambda record: record.date is None)
    full = paper["authors_full"]
    return {
        "title": paper["title"],
        "aliases": [alias["title"] for alias in paper["aliases"]],
        "authors": full or paper["authors_in_seed"],
        "authors_complete": bool(full) or paper["et_al"] is False,
        "arxiv_id": paper["arxiv_id"],
        "date": paper["date_in_seed"] or f"20{paper['arxiv_id'][:2]}-{paper['arxiv_id'][2:4]}",
        "abstracts": list(dict.fromkeys(text_key(record.abstract) for record in newest_first)),
    }


if __name__ == "__main__":
    main()
