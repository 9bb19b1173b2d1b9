"""Guards the processes that tests start, too: Python reads this at start-up, conftest put it on the path."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import network_guard  # it is beside this folder, and on no other path

sys.path.pop()
network_guard.install()
