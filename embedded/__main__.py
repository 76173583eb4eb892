"""`python -m embedded`: everything on one machine."""

import sys

from embedded.run import main

sys.exit(main(sys.argv[1:]))
