"""One turn of what `serve` does for mail, at a moment that is given: `mail_turn.py LIBRARY NOW`."""

import sys
from datetime import datetime
from pathlib import Path

from broadsheet import wiring


def main() -> None:
    library, moment = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    wiring.now = lambda: moment
    services = wiring.open_library(wiring.read_settings(library=library))
    print("open", flush=True)
    services.alerts.run()
    services.digests.run()
    services.sending.run()
    services.close()
    print("done", flush=True)


if __name__ == "__main__":
    main()
