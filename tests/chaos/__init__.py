"""The chaos harness: buy much, break everything, then compare Microsoft's ledger with our tables.

`python -m tests.chaos` (`make chaos`) runs it; docs/reliability.md says how and what it shows.
"""
