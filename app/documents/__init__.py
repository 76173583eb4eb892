"""What leaves the house as a file: it knows amounts and words, neither tables nor HTTP."""
