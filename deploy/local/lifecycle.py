"""Brings a stack up and down: in order, each part when what it needs is ready.

Idempotent both ways; one run at a time a stack, kept apart by a lock.
"""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local import artifacts, databases, environment, ports, postgres, processes, registry, supervision, tasks
from deploy.local import stack as stacks
from deploy.local.become import starts
from deploy.local.components import BUNDLES, SERVICES, Component, Service, Task, port_names, services
from deploy.local.readiness import is_ready
from deploy.local.stack import Stack
from deploy.local.supervision import Supervisor

POLL_SECONDS = 0.1
SETTLE = {"postgres": databases.settle, "registry": registry.settle}  # what is set once a component answers


class NotReady(Exception):
    """A component did not become ready; the message carries the end of its log."""


class OtherBrokers(Exception):
    """The stack's data belong to another number of brokers."""


class Report(Protocol):
    """Told what happens, for the person waiting."""

    def __call__(self, component: str, what: str, /, transient: bool = False) -> None: ...


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """One `up` or `down` at a time."""
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepare(
    directory: Path, cache: Path, report: Report, brokers: int | None = None, embedding_model: str | None = None
) -> Stack:
    """The stack of `directory`: kept ports where they are ours or free, new ones where someone took them.

    `brokers` is how many it must have: it keeps those it has by default, and cannot have others once they hold data.
    `embedding_model` is what it must make vectors with, empty for none; by default it keeps what it has.

    A stack that runs with an address or model that had to change, or under a supervisor that knows other components, is
    stopped first, since every process learnt what it knows when it began.
    """
    stack = stacks.load(directory, cache) or stacks.bind(
        stacks.Identity(ports={}, secrets=stacks.generate_secrets(), postgres_home=postgres.choose_home(directory)),
        directory,
        cache,
    )
    model = stack.embedding_model if embedding_model is None else embedding_model
    wanted = replace(_with_brokers(stacks.with_secrets(stack), brokers or stack.brokers), embedding_model=model)
    running = processes.of_stack(stack)
    ours = {stack.ports.get(port) for name in running if name in SERVICES for port in SERVICES[name].ports}
    chosen = ports.choose(port_names(wanted.brokers), stack.ports, lambda port: port in ours or ports.is_free(port))
    changed = stacks.with_ports(wanted, chosen)
    if running and (chosen != stack.ports or model != stack.embedding_model or not supervision.is_current(changed)):
        down(stack, report)
    stacks.save(changed)
    return changed


def _with_brokers(stack: Stack, brokers: int) -> Stack:
    if brokers != stack.brokers and stack.data("kafka").exists():
        has = f"{stack.brokers} broker" + ("s" if stack.brokers > 1 else "")
        raise OtherBrokers(f"the stack in {stack.directory} has {has}: `down --wipe` removes it with its data")
    return replace(stack, brokers=brokers)


def up(stack: Stack, parts: Sequence[Component], report: Report) -> None:
    """Start what does not run yet and wait until all of it is ready.

    One-shots run when a service must start, and where they have not come to a good end before.
    """
    fetch_bundles(stack, parts, report)
    supervisor = attach(stack)
    states = supervisor.processes()
    idle = {part.name for part in parts if isinstance(part, Service) and states[part.name].pid == 0}
    ready: set[str] = set()
    begun: dict[str, float] = {}
    waiting = [part for part in parts if isinstance(part, Service) or idle or not tasks.is_done(part, stack)]
    known = {part.name for part in waiting}
    while waiting:
        for part in [part for part in waiting if ready.issuperset(known.intersection(part.needs))]:
            if isinstance(part, Task):
                run_task(part, stack, report)
            elif not _advance(part, stack, supervisor, begun, report):
                continue
            ready.add(part.name)
            waiting.remove(part)
        time.sleep(POLL_SECONDS if waiting else 0)
    environment.write(stack)


def attach(stack: Stack) -> Supervisor:
    """The stack's supervisor: the living one, or a new one after ending what a killed one left behind."""
    supervisor = Supervisor(stack)
    if not supervisor.alive():
        end_leftovers(stack)
        supervisor.boot(os.environ)
    return supervisor


def fetch_bundles(stack: Stack, parts: Sequence[Component], report: Report) -> None:
    """Bring what is not in the cache yet."""
    for part in parts:
        if part.name in BUNDLES:
            fetch_bundle(stack, part.name, report)


def fetch_bundle(stack: Stack, bundle: str, report: Report) -> None:
    if not artifacts.home(stack.cache, bundle).is_dir():
        from deploy.local.maven import fetch  # half a second that only the first run should pay

        artifacts.ensure(stack.cache, bundle, fetch, report)


def run_task(task: Task, stack: Stack, report: Report) -> None:
    begun = time.monotonic()
    tasks.run(task, stack)
    report(task.name, f"done in {time.monotonic() - begun:.1f} s")


def _advance(service: Service, stack: Stack, supervisor: Supervisor, begun: dict[str, float], report: Report) -> bool:
    """Start the service if need be; whether it is ready now."""
    if service.name not in begun:
        begun[service.name] = time.monotonic()
        report(service.name, "starting", True)
        _start(service, stack, supervisor)
    seconds = time.monotonic() - begun[service.name]
    if is_ready(service.probe, stack):
        if service.name in SETTLE:
            SETTLE[service.name](stack)
        report(service.name, f"ready after {seconds:.1f} s")
        return True
    if supervisor.processes()[service.name].state == "FATAL" or seconds > service.start_seconds:
        raise NotReady(f"{service.name} is not ready after {seconds:.0f} s; {_end_of_log(stack, service.name)}")
    return False


def _start(service: Service, stack: Stack, supervisor: Supervisor) -> None:
    if supervisor.processes()[service.name].pid == 0:
        starts(stack, service.name).unlink(missing_ok=True)
        supervisor.start(service.name)


def _end_of_log(stack: Stack, name: str) -> str:
    return f"{stack.log(name)}:{os.linesep}{tasks.tail(stack, name)}"


def down(stack: Stack, report: Report) -> None:
    """Stop everything in reverse order, then whatever else carries the stack's marker."""
    stack.env_file.unlink(missing_ok=True)
    supervisor = Supervisor(stack)
    if supervisor.alive():
        for level in levels(stack.brokers):
            _stop(level, supervisor, report)
        supervisor.shut_down()
    end_leftovers(stack)
    supervision.forget_socket(stack)


def levels(brokers: int) -> list[list[Service]]:
    """Services grouped by order, the last begun first."""
    ordered = sorted(services(brokers), key=lambda service: -service.order)
    return [list(group) for _, group in groupby(ordered, key=lambda service: service.order)]


def _stop(level: Sequence[Service], supervisor: Supervisor, report: Report) -> None:
    """Stop one level together. supervisord itself kills what does not obey within its time."""
    states = supervisor.processes()
    known = [service for service in level if service.name in states]  # a supervisor of an earlier release has fewer
    living = [service for service in known if states[service.name].state not in ("STOPPED", "FATAL")]
    begun = time.monotonic()
    for service in living:
        supervisor.stop(service.name)
    while living:
        states = supervisor.processes()
        for service in [service for service in living if states[service.name].pid == 0]:
            report(service.name, f"stopped in {time.monotonic() - begun:.1f} s")
            living.remove(service)
        time.sleep(POLL_SECONDS if living else 0)


def end_leftovers(stack: Stack) -> None:
    """End processes of this stack that no supervisor governs: the supervisor first, lest it restart them."""
    found = processes.of_stack(stack)
    processes.end(found.pop(supervision.NAME, []), signal.SIGKILL, 0)
    for level in levels(stack.brokers):
        for service in level:
            _end(found.pop(service.name, []), service)
    for remaining in found.values():
        processes.end(remaining, signal.SIGTERM, POLL_SECONDS)


def _end(found: Sequence[psutil.Process], service: Service) -> None:
    processes.end(found, getattr(signal, f"SIG{service.stop_signal}"), service.stop_seconds)


def wipe(directory: Path, stack: Stack | None) -> None:
    """Remove a stopped stack's data, logs, ports and secrets."""
    if stack is not None and not stack.postgres_home.is_relative_to(directory):
        shutil.rmtree(stack.postgres_home)
    shutil.rmtree(directory)


def restart(stack: Stack, service: Service, report: Report) -> None:
    """Stop one service, start it again, wait until it is ready."""
    supervisor = attach(stack)
    _stop([service], supervisor, report)
    begun: dict[str, float] = {}
    while not _advance(service, stack, supervisor, begun, report):
        time.sleep(POLL_SECONDS)
