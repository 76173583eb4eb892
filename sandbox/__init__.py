"""Microsoft's systems in small: identity, Partner Center, a ledger, and faults on demand."""
