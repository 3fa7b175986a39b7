"""What operators do about generations of memory: compare them, let another one answer, remove one."""
