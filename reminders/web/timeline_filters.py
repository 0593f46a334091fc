"""The filters of a timeline as pages name them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FILTER_TITLES: Mapping[str, Promise] = {
    "all": _("Everything"),
    "texts": _("Texts"),
    "not_sent": _("Not sent"),
    "payments": _("Payments"),
    "holds": _("Holds and consent"),
    "replies": _("Replies"),
    "notes": _("Notes and numbers"),
}
