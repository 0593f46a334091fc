"""Sources of contact rules in Chinese. Apart from test_profiles, which needs no Django: only such
tests take part in `make mutate`."""

import re

from django.utils import translation

from reminders.core.contact_rules import PROFILES
from reminders.core.profiles import LIMITS
from reminders.models.choices import source_label


class TestSources:
    def test_have_a_chinese_name_each(self) -> None:
        sources = {
            getattr(profile.figures, name).source
            for profile in PROFILES.values()
            for name in LIMITS
        }

        with translation.override("zh-hans"):
            assert all(re.search("[\u4e00-\u9fff]", source_label(one)) for one in sources)
