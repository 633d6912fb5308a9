"""`python -m dictionary`; see `dictionary.cli`."""

import sys

from dictionary.cli import main

if __name__ == "__main__":
    sys.exit(main())
