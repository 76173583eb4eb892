"""A world for the real purchase protocol, in which everything that can go wrong is a move."""
