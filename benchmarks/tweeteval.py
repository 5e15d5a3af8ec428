"""TweetEval: this package beside its own single-task pipelines and beside three peers.

    python benchmarks/tweeteval.py --data DIR
    python benchmarks/tables.py

The first command trains what `results/tweeteval/` lacks, one file per system and seed, and can be
stopped and started again. The second writes the table of the README.
"""

import argparse
import itertools
import json
import os
from pathlib import Path

import tweeteval_peers
from tweeteval_data import DATA_ENV
from tweeteval_ours import run_multitask, run_pretrained, run_single

OURS = {"multitask": run_multitask, "single": run_single, "pretrained": run_pretrained}
SYSTEMS = (*OURS, *tweeteval_peers.SYSTEMS)


def main() -> None:
    """Run the systems and seeds named on the command line."""
    parser = argparse.ArgumentParser(description="TweetEval.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    parser.add_argument("--out", type=Path, default=tweeteval_peers.RESULTS)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change the config"
    )
    args = parser.parse_args()
    if not args.data:
        parser.error(tweeteval_peers.NO_DATA.format(env=DATA_ENV))
    systems = args.systems.split(",")
    if unknown := sorted(set(systems) - set(SYSTEMS)):
        parser.error(
            tweeteval_peers.UNKNOWN_SYSTEMS.format(unknown=unknown, names=", ".join(SYSTEMS))
        )
    overrides = {}
    for change in args.set:
        name, _, value = change.partition("=")
        overrides[name] = json.loads(value)
    for system, seed in itertools.product(systems, map(int, args.seeds.split(","))):
        if system in OURS:
            path = args.out / f"{system}-{seed}.json"
            if path.is_file():
                record = json.loads(path.read_text(encoding="utf8"))
            else:
                record = OURS[system](args.data, seed, path, overrides)
        else:
            record = tweeteval_peers.run_system(system, seed, data_dir=args.data, out_dir=args.out)
        print(f"{system} {seed}: test ALL {record['test']['ALL']}", flush=True)


if __name__ == "__main__":
    main()
