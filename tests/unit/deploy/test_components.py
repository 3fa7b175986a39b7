from collections import Counter
from itertools import takewhile

import pytest

from deploy.local.components import (
    BUNDLES,
    BY_NAME,
    COMPONENTS,
    INFRASTRUCTURE,
    SERVICES,
    Component,
    Http,
    components,
    select,
    services,
)
from deploy.local.lifecycle import SETTLE, levels

BROKERS = ["kafka", "kafka-2", "kafka-3"]


def names(only: tuple[str, ...], brokers: int = 1) -> list[str]:
    return [part.name for part in select(only, brokers)]


@pytest.mark.parametrize("part", components(3), ids=lambda part: part.name)
def test_what_a_part_needs_stands_before_it(part: Component) -> None:
    before = [other.name for other in takewhile(lambda other: other.name != part.name, components(3))]
    assert set(part.needs) <= set(before)


def test_the_table_is_in_the_order_of_start() -> None:
    orders = [service.order for service in SERVICES.values()]
    assert orders == sorted(orders)


def test_services_stop_in_reverse_readers_before_what_they_read() -> None:
    assert [[service.name for service in level] for level in levels(brokers=1)] == [
        ["api"],
        ["sink-postgres", "sink-redis", "sink-embeddings", "sealer"],
        ["extract", "consolidate"],
        ["registry"],
        ["kafka"],
        ["valkey"],
        ["postgres"],
    ]


def test_a_selection_brings_what_it_needs() -> None:
    assert names(("registry",)) == ["postgres", "registry"]
    assert names(INFRASTRUCTURE) == ["postgres", "valkey", "kafka", "registry"]
    assert names(("api",)) == [part.name for part in COMPONENTS if part.name.startswith(("p", "v", "k", "r"))] + [
        "migrate",
        "topology-apply",
        "schemas-register",
        "api-key",
        "api",
    ]


def test_a_stack_has_one_broker_or_three_and_nothing_else_changes() -> None:
    assert components(1) == COMPONENTS
    more = Counter(part.name for part in components(3))
    assert more - Counter(part.name for part in COMPONENTS) == Counter(BROKERS[1:])
    assert {part.name for part in services(3) if part.order == SERVICES["kafka"].order} == set(BROKERS)


def test_whoever_needs_a_broker_needs_each_of_them() -> None:
    (apply,) = [part for part in components(3) if part.name == "topology-apply"]
    assert list(apply.needs) == BROKERS
    assert names(("kafka",), brokers=3) == BROKERS
    assert names(("kafka",)) == BROKERS[:1]


def test_every_port_is_one_services() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]
    assert len(set(ports)) == len(ports)


def test_an_http_probe_asks_a_port_of_its_own_service() -> None:
    for service in SERVICES.values():
        if isinstance(service.probe, Http):
            assert service.probe.port in service.ports


def test_what_is_fetched_or_settled_is_a_component() -> None:
    assert set(BUNDLES) | set(SETTLE) <= set(BY_NAME)
