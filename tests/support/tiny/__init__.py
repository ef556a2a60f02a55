"""The smallest service on the chassis: it pins slips on a board. What the kernel promises is tried on it."""
