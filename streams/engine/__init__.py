"""The checkpointed loop: Faust decides who owns a partition, Kafka transactions decide what is done.

The one place that leans on private names of Faust, aiokafka and rocksdict; tests/agents/test_contracts.py pins those
it overrides.
"""
