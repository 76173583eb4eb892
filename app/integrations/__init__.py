"""Other companies' systems, one package each."""
