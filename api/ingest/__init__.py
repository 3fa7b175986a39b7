"""Events and commands on their way to Kafka: read, checked all or none, appended."""
