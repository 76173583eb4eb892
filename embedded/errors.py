"""What can be wrong with this machine, said in one sentence."""


class EmbeddedError(Exception):
    """Its text is a whole sentence for the person who typed the command."""
