"""Column types that several tables share."""

from enum import StrEnum

import sqlalchemy as sa


def enum_text(enum: type[StrEnum]) -> sa.Enum:
    """The enum's values as text with a check: readable in SQL, and it may grow by migration."""
    return sa.Enum(
        enum,
        native_enum=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=False,
    )
