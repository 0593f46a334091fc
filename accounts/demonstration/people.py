"""Made-up borrowers.

Their phone numbers begin with +86 140, which no operator was ever given, so that none of them
can be a real person's. They live all round the world: at any hour of any day some of them may
be written to.
"""

from dataclasses import dataclass
from random import Random

HOME_ZONE = "Asia/Shanghai"
ZONES = (
    "Pacific/Auckland",
    "Australia/Brisbane",
    "Asia/Tokyo",
    "Asia/Bangkok",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Europe/Istanbul",
    "Europe/Berlin",
    "Europe/London",
    "Atlantic/Azores",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Denver",
    "America/Los_Angeles",
    "Pacific/Honolulu",
)
_AT_HOME = 0.3
_ENGLISH = 0.25

_SURNAMES = (
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("赵", "Zhao"),
    ("黄", "Huang"),
    ("周", "Zhou"),
    ("吴", "Wu"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("胡", "Hu"),
    ("朱", "Zhu"),
    ("高", "Gao"),
    ("林", "Lin"),
    ("何", "He"),
    ("郭", "Guo"),
    ("马", "Ma"),
    ("罗", "Luo"),
    ("欧阳", "Ouyang"),
)
_GIVEN = (
    ("伟", "Wei"),
    ("芳", "Fang"),
    ("秀英", "Xiuying"),
    ("娜", "Na"),
    ("敏", "Min"),
    ("静", "Jing"),
    ("强", "Qiang"),
    ("磊", "Lei"),
    ("洋", "Yang"),
    ("艳", "Yan"),
    ("勇", "Yong"),
    ("建国", "Jianguo"),
    ("杰", "Jie"),
    ("娟", "Juan"),
    ("涛", "Tao"),
    ("雨桐", "Yutong"),
    ("浩然", "Haoran"),
    ("子轩", "Zixuan"),
    ("欣怡", "Xinyi"),
    ("志强", "Zhiqiang"),
    ("晓明", "Xiaoming"),
    ("桂英", "Guiying"),
)
_SEGMENTS = ("standard", "standard", "standard", "student", "self-employed")


@dataclass(frozen=True, slots=True)
class Person:
    """A borrower to be."""

    customer_no: str
    name: str
    phone: str
    language: str
    timezone: str
    email: str
    segment: str
    consent: str


def a_person(*, number: int, random: Random) -> Person:
    """Person `number` of the book."""
    family, given = random.choice(_SURNAMES), random.choice(_GIVEN)
    in_english = random.random() < _ENGLISH
    # The zones take turns, so that even a small book has people awake at every hour.
    zone = HOME_ZONE if random.random() < _AT_HOME else ZONES[number % len(ZONES)]
    email = f"{given[1]}.{family[1]}{number}@example.com".lower() if random.random() < 0.4 else ""
    return Person(
        customer_no=f"DEMO-{number:06d}",
        name=f"{given[1]} {family[1]}" if in_english else family[0] + given[0],
        phone=f"+86140{number:08d}",
        language="en" if in_english else "zh-hans",
        timezone=zone,
        email=email,
        segment=random.choice(_SEGMENTS),
        consent=_consent(random.random()),
    )


def _consent(drawn: float) -> str:
    """A few refuse everything; three in ten agree to more than notices."""
    if drawn < 0.015:
        return "no"
    return "yes" if drawn >= 0.7 else ""
