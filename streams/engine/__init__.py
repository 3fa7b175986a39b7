"""The checkpointed loop: Faust decides who owns a partition, Kafka transactions decide what is done.

The one place that leans on names of Faust, aiokafka and rocksdict; tests/agents pins each of them and says what breaks.
"""
