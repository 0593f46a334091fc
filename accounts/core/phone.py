"""Phone numbers as people may see them."""

import re

# Calling codes of one or two digits; every other one has three. (ITU-T E.164 assignments.)
_SHORT_CODES = re.compile(r"\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])(?=[0-9])")
_SHOWN_FIRST, _SHOWN_LAST = 3, 4


def mask(number: str) -> str:
    """An E.164 number with its middle hidden: `+8613812341234` gives `+86 138****1234`.

    At least three digits are hidden. A short number shows less in front rather than hiding less.
    """
    short = _SHORT_CODES.match(number)
    code = short.group() if short else number[:4]
    national = number[len(code) :]
    last = national[-_SHOWN_LAST:]
    shown = max(0, min(_SHOWN_FIRST, len(national) - _SHOWN_LAST - 3))
    return f"{code} {national[:shown]}****{last}"


def mask_email(address: str) -> str:
    """An e-mail address with its middle hidden: `li.wei@example.cn` gives `l****i@example.cn`."""
    name, _, domain = address.partition("@")
    if len(name) < 3:
        return f"****@{domain}"
    return f"{name[0]}****{name[-1]}@{domain}"
