"""`python -m tests.bench.textbook.fill N`: tables, and N borrowers with something due tomorrow."""

import sys
from datetime import timedelta
from io import StringIO

from tests.bench.moment import TODAY


def main() -> None:
    """Make and fill the database of DATABASE_URL."""
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.textbook.models import Borrower, Instalment

    call_command("migrate", run_syncdb=True, verbosity=0, stdout=StringIO())
    count = int(sys.argv[1])
    borrowers = Borrower.objects.bulk_create(
        [Borrower(name="王伟", phone=f"+86140{n:08d}") for n in range(count)], batch_size=5_000
    )
    Instalment.objects.bulk_create(
        [
            Instalment(borrower=one, due_date=TODAY + timedelta(days=1), amount=300 + one.pk % 200)
            for one in borrowers
        ],
        batch_size=5_000,
    )


if __name__ == "__main__":
    main()
