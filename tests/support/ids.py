"""Ids that stand for nothing. Fixed, so that tests have the same names in every process."""

NOBODYS_ID = "3f0b8f52-7d6e-4c19-9a51-0c2f7a9d4e10"
