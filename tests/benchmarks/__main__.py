"""`PYTHONPATH=tests python -m benchmarks NAME`: runs a benchmark, prints its table, keeps its figures as JSON."""

from __future__ import annotations

import argparse

from benchmarks import engines


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    for_engines = commands.add_parser("engines", help="the loop against others and against its limit")
    for_engines.add_argument("--rounds", type=int, default=engines.ROUNDS)
    chosen = parser.parse_args()
    engines.main(chosen.rounds)


if __name__ == "__main__":
    main()
