"""`python -m tests.simulation.hunt [--campaigns] SEED…`: worlds in DATABASE_URL, till one breaks.

Prints the broken promise and exits with 1; exits with 0 when every promise held. Run in a copy of
the tree with a fault in it, it says whether the simulation sees that fault.
"""

import logging
import sys

DAYS, CUSTOMERS, BUSTLE = 24, 80, 5


def main() -> int:
    """Exit status."""
    import django

    django.setup()
    from reminders.simulation import scratch
    from reminders.simulation.scenario import drawn
    from reminders.simulation.world import World

    logging.disable(logging.CRITICAL)
    scratch.make_repeatable()
    has_campaigns, seeds = "--campaigns" in sys.argv, sys.argv[1:]
    for seed in (int(one) for one in seeds if one != "--campaigns"):
        scratch.empty()
        scenario = drawn(
            seed,
            days=DAYS,
            customers=CUSTOMERS,
            faults=True,
            bustle=BUSTLE,
            campaigns=has_campaigns,
        )
        result = World(scenario).run()
        if result.broken:
            print(f"seed {seed}: {result.broken}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
