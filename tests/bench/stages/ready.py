"""Databases that stages copy: the book, and the book with its reminders planned."""

from tests.bench.lab import Lab, StageFailed

BOOK, PLANNED = "book", "planned"


def ready(lab: Lab, name: str) -> None:
    """See that this database is there, making it the first time."""
    if name in lab.ready:
        return
    if name == BOOK:
        lab.servers.make(BOOK)
        lab.run("tests.bench.book", "--borrowers", str(lab.borrowers), database=BOOK)
    else:
        ready(lab, BOOK)
        lab.servers.make(PLANNED, like=BOOK)
        with lab.helper("tests.bench.timed", "plan", database=PLANNED) as helper:
            helper.go()
            if not helper.read()["new"]:
                raise StageFailed("nothing was planned: does the policy still speak?")
            helper.bye()
        with lab.servers.connect(PLANNED) as connection:
            connection.execute("VACUUM (ANALYZE)")
    lab.ready.add(name)
