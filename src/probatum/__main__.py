"""``python -m probatum``."""

import sys

from probatum.cli.main import main

sys.exit(main())
