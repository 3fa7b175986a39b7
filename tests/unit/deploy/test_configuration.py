from dataclasses import replace

from deploy.local import kafka, registry, valkey
from deploy.local.stack import Stack


def settings(text: str, separator: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split(separator, 1) for line in lines)


def test_the_broker_listens_on_its_own_ports_and_makes_no_topic_by_itself(paper: Stack) -> None:
    rendered = settings(kafka.render(paper, "kafka"), "=")
    assert rendered["advertised.listeners"] == f"PLAINTEXT://127.0.0.1:{paper.ports['kafka']}"
    assert rendered["controller.quorum.voters"] == f"1@127.0.0.1:{paper.ports['kafka_controller']}"
    assert rendered["auto.create.topics.enable"] == "false"
    assert not [value for value in rendered.values() if "${" in value]


def test_one_broker_keeps_one_copy(paper: Stack) -> None:
    assert copies(settings(kafka.render(paper, "kafka"), "=")) == ({"1"}, {"1"})


def test_three_brokers_keep_three_copies_and_acknowledge_with_two(paper: Stack) -> None:
    three = replace(paper, brokers=3)
    for number, name in enumerate(kafka.names(three), start=1):
        rendered = settings(kafka.render(three, name), "=")
        assert copies(rendered) == ({"3"}, {"2"})
        assert rendered["node.id"] == str(number)
        assert rendered["controller.quorum.voters"] == ",".join(
            f"{node}@127.0.0.1:{three.ports[port]}"
            for node, port in ((1, "kafka_controller"), (2, "kafka-2_controller"), (3, "kafka-3_controller"))
        )
        assert rendered["advertised.listeners"] == f"PLAINTEXT://127.0.0.1:{three.ports[name]}"
        assert rendered["log.dirs"] == str(three.data(name) / "logs")


def copies(rendered: dict[str, str]) -> tuple[set[str], set[str]]:
    """Replicas of the topics that brokers make themselves, and how many of them must have a record."""
    replicas = {value for name, value in rendered.items() if name.endswith("replication.factor")}
    return replicas, {value for name, value in rendered.items() if name.endswith(("min.isr", "min.insync.replicas"))}


def test_valkey_keeps_what_it_acknowledged(paper: Stack) -> None:
    rendered = settings(valkey.render(paper, paper.data("valkey")), " ")
    assert (rendered["appendonly"], rendered["appendfsync"]) == ("yes", "everysec")
    assert rendered["bind"] == "127.0.0.1"
    assert rendered["save"] == '""'


def test_the_registry_keeps_its_schemas_in_the_stacks_postgresql(paper: Stack) -> None:
    told = registry.environment(paper)
    assert told["APICURIO_DATASOURCE_URL"] == f"jdbc:postgresql://127.0.0.1:{paper.ports['postgres']}/registry"
    assert told["APICURIO_STORAGE_KIND"] == "sql"
    assert told["QUARKUS_HTTP_HOST"] == told["QUARKUS_MANAGEMENT_HOST"] == "127.0.0.1"
