"""How long the refresh token of App+User lives, and when people are warned."""

import datetime as dt

# It ends when nobody used it for so long; each use brings a new one.
TOKEN_LIFE = dt.timedelta(days=90)
WARNED_BEFORE = dt.timedelta(days=14)
