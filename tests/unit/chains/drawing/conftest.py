"""Made-up chains for the tests of pictures are in a module beside them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
