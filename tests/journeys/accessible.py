"""Accessibility, as far as a machine can see it: axe-core in the page that is open."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.journeys.conftest import fits

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""What axe knows of WCAG 2.2 A and AA."""

ADVICE = (*WCAG, "best-practice")
"""And what it advises beyond that."""


def is_accessible(page: Page, *, rules: Sequence[str] = ADVICE) -> bool:
    """Whether axe finds nothing to object to, and the page fits its screen."""
    found = Axe().run(page, options={"runOnly": list(rules)})
    assert len(found.response["passes"]) > 5, "axe looked at nothing"
    faults = [f"{row['id']}: {row['nodes'][0]['html']}" for row in found.response["violations"]]
    assert not faults, f"{page.url}\n" + "\n".join(faults)
    return fits(page)
