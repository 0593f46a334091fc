"""The words on the pages, in two languages, and how dates and numbers are written in them."""

import re
from datetime import datetime

LANGUAGES = ("en", "zh")

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "SMS simulator",
        "subtitle": "Nothing here leaves this machine.",
        "phones": "Phones",
        "all_texts": "All texts",
        "live": "Live",
        "connecting": "Connecting…",
        "search": "Find a number",
        "search_go": "Search",
        "older": "Older phones",
        "no_phones": "No phone has received a text yet.",
        "no_match": "No phone with that number.",
        "no_texts": "No texts yet. They appear here as they arrive.",
        "texts_count": "texts",
        "phones_count": "phones",
        "waiting_count": "receipts waiting",
        "faults": "Faults ordered",
        "back": "All phones",
        "one_part": "1 SMS",
        "parts": "{n} SMS",
        "accepted": "Sent",
        "delivered": "Delivered",
        "undelivered": "Not delivered",
        "phone_of": "Phone {number}",
        "texts_on_phone": "{n} texts",
        "conversation": "Texts on this phone",
        "bad_number": "That is not a phone number.",
        "bad_number_hint": "Numbers are written as +8613800138000.",
        "no_reply": "This number does not take replies",
        "switch": "中文",
        "skip": "Skip to the texts",
        "show": "Show",
        "gap": "Many texts at once: older ones were left out here.",
    },
    "zh": {
        "title": "短信模拟器",
        "subtitle": "所有内容均不会离开本机。",
        "phones": "手机",
        "all_texts": "全部短信",
        "live": "实时",
        "connecting": "正在连接…",
        "search": "查找号码",
        "search_go": "查找",
        "older": "更早的手机",
        "no_phones": "还没有手机收到短信。",
        "no_match": "没有匹配的号码。",
        "no_texts": "还没有短信，收到后会显示在这里。",
        "texts_count": "条短信",
        "phones_count": "部手机",
        "waiting_count": "条回执待送",
        "faults": "已设置故障",
        "back": "全部手机",
        "one_part": "计 1 条",
        "parts": "计 {n} 条",
        "accepted": "已发出",
        "delivered": "已送达",
        "undelivered": "未送达",
        "phone_of": "手机 {number}",
        "texts_on_phone": "{n} 条短信",
        "conversation": "这部手机上的短信",
        "bad_number": "这不是手机号码。",
        "bad_number_hint": "号码写作 +8613800138000。",
        "no_reply": "此号码不接收回复",
        "switch": "English",
        "skip": "跳到短信",
        "show": "显示",
        "gap": "短信过多，较早的未在此显示。",
    },
}

_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CHINESE_MOBILE = re.compile(r"\+86(1\d{2})(\d{4})(\d{4})")


def choose_language(asked: str | None, *, accepted: str) -> str:
    """The language asked for in the address, else the browser's best, else English."""
    if asked:
        return "zh" if asked.lower().startswith("zh") else "en"
    best, weight = "en", 0.0
    for choice in accepted.split(","):
        tag, _, parameters = choice.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        quality = _quality(parameters)
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def day(local: datetime, *, language: str) -> str:
    """A date without its year: Mon 23 Nov, 11月23日 周一."""
    weekday = _WEEKDAYS[language][local.weekday()]
    if language == "zh":
        return f"{local.month}月{local.day}日 {weekday}"
    return f"{weekday} {local.day} {_MONTHS[local.month - 1]}"


def number(phone: str) -> str:
    """A Chinese mobile number in its usual groups; any other as it is."""
    match = _CHINESE_MOBILE.fullmatch(phone)
    return f"+86 {match[1]} {match[2]} {match[3]}" if match else phone
