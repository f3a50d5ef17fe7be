"""Knows how the figures in the README were made: the extractive evaluation of the whole question set over the sample papers.

    python benchmarks/evaluation.py          # ask, save to benchmarks/evaluation_run, rewrite the README's table
    python benchmarks/evaluation.py --check  # say whether the saved run was made by the code at hand; exit 1 if not
    python benchmarks/evaluation.py --lexical-weight 1 --out DIR  # the same with another setting, for `qa-bot eval --compare`

Leaves metrics and tables to `qa_bot.evaluation`. The index is made anew in a temporary folder, so nothing lies about.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.evaluation import evaluate, load_questions, load_run
from qa_bot.evaluation.provenance import describe_run
from qa_bot.evaluation.readme import readme_block, replace_block, staleness
from qa_bot.evaluation.runs import save_compact

REPOSITORY = Path(__file__).parent.parent
SAVED = REPOSITORY / "benchmarks" / "evaluation_run"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    options.add_argument("--lexical-weight", type=float)
    options.add_argument("--out", type=Path, default=SAVED)
    options.add_argument("--split", default="all")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        overrides = {} if chosen.lexical_weight is None else {"lexical_weight": chosen.lexical_weight}
        engine = AnswerEngine.from_settings(Settings(_env_file=None, data_dir=Path(folder), **overrides))
        try:
            questions = load_questions(split=chosen.split)
            if chosen.check:
                stale = staleness(load_run(SAVED).header, describe_run(engine, questions))
                print(
                    f"The saved run differs in: {', '.join(stale)}. Run python benchmarks/evaluation.py."
                    if stale
                    else "The saved run is current."
                )
                return bool(stale)
            began = time.perf_counter()
            result = evaluate(engine, questions, split=chosen.split)
            seconds = time.perf_counter() - began
        finally:
            engine.close()
    save_compact(result, chosen.out)
    block = readme_block(result.figures())
    print(block)
    print(f"{len(questions)} questions asked and scored in {seconds:.1f} s; saved in {chosen.out}", file=sys.stderr)
    if chosen.out == SAVED:
        readme = REPOSITORY / "README.md"
        readme.write_text(replace_block(readme.read_text(encoding="utf-8"), block), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
