"""`PYTHONPATH=tests python -m benchmarks NAME`: runs a benchmark, prints its table, keeps its figures as JSON."""

from __future__ import annotations

import argparse

from benchmarks import engines, latency, peers
from benchmarks.service import bench as service


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    for_engines = commands.add_parser("engines", help="the loop against others and against its limit")
    for_engines.add_argument("--rounds", type=int, default=engines.ROUNDS)
    for_latency = commands.add_parser("latency", help="from an event to an answer that knows it, under load")
    for_latency.add_argument("--rates", type=int, nargs="+", default=latency.RATES)
    for_peers = commands.add_parser("peers", help="the PostgreSQL sink beside those of others")
    for_peers.add_argument("--records", type=int, default=peers.RECORDS)
    for_peers.add_argument("--rounds", type=int, default=peers.ROUNDS)
    for_peers.add_argument("--only", nargs="+", default=peers.CONTENDERS, choices=peers.CONTENDERS)
    for_api = commands.add_parser("api", help="the service at size, over HTTP")
    for_api.add_argument("--messages", type=int, default=1_000_000, help="in one tenant")
    for_api.add_argument("--user", type=int, default=100_000, help="of these, in the conversations of one user")
    for_api.add_argument("--seconds", type=float, default=20.0, help="for each figure")
    for_api.add_argument("--keep", action="store_true", help="leave the filled stack for the next time")
    for_api.add_argument("--semantic", action="store_true", help="by meaning too, with synthetic vectors")
    chosen = parser.parse_args()
    if chosen.name == "engines":
        engines.main(chosen.rounds)
    elif chosen.name == "api":
        service.main(chosen.messages, chosen.user, chosen.seconds, keep=chosen.keep, semantic=chosen.semantic)
    elif chosen.name == "peers":
        peers.main(chosen.records, chosen.rounds, chosen.only)
    else:
        latency.main(chosen.rates)


if __name__ == "__main__":
    main()
