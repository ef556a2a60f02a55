"""Traffic made on purpose: replayed call logs, simulated crews and staff, and what became of every incident."""
