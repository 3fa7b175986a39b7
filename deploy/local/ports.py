"""Free ports, chosen once and kept.

Says only what was free when asked: whoever binds first has the port.
"""

import random
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

LOWEST = 10_240  # below live the well-known services of a developer's machine
HIGHEST = 65_535
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
EPHEMERAL_DEFAULT = (49_152, 65_535)  # RFC 6335, for kernels without /proc
ATTEMPTS = 1_000

Check = Callable[[int], bool]


class NoPortFree(Exception):
    """No port could be found outside the kernel's ephemeral range."""


def ephemeral_range(path: Path = EPHEMERAL) -> tuple[int, int]:
    """The ports the kernel hands to outgoing connections, which may hold one of ours while a server restarts."""
    try:
        low, high = path.read_text().split()
    except FileNotFoundError:
        return EPHEMERAL_DEFAULT
    return int(low), int(high)


def candidates(ephemeral: tuple[int, int]) -> list[int]:
    """Every port that may be chosen; all of them where the ephemeral range leaves none."""
    low, high = ephemeral
    outside = [port for port in range(LOWEST, HIGHEST + 1) if not low <= port <= high]
    return outside or list(range(LOWEST, HIGHEST + 1))


def is_free(port: int) -> bool:
    """Whether a server could bind `port` on the loopback and on all interfaces."""
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - a probe, closed at once
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def choose(names: Iterable[str], kept: Mapping[str, int], free: Check = is_free) -> dict[str, int]:
    """A port for each name: the kept one where it is still free, else a new one."""
    chosen = {name: kept[name] for name in names if name in kept and free(kept[name])}
    taken = set(chosen.values()) | set(kept.values())
    possible = [port for port in candidates(ephemeral_range()) if port not in taken]
    fresh = iter(random.sample(possible, min(ATTEMPTS, len(possible))))
    for name in names:
        if name not in chosen:
            chosen[name] = _next_free(fresh, free)
    return chosen


def _next_free(ports: Iterator[int], free: Check) -> int:
    for port in ports:
        if free(port):
            return port
    raise NoPortFree(f"none of {ATTEMPTS} ports tried is free")
