import sys

from lfsc.cli import main

sys.exit(main())
