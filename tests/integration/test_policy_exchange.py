"""Policies in from files and out to them, and texts as a phone would show them."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reminders.authoring import policies
from reminders.authoring.documents import Document, read, write
from reminders.authoring.exchange import (
    CannotImport,
    export_version,
    import_document,
    publish_all,
)
from reminders.authoring.preview import preview_text, sender_for
from reminders.authoring.shipped import load_shipped, shipped_document
from reminders.models import MessageTemplate, Policy, PolicyVersion, SenderIdentity
from tests.builders import NOW, a_member_of_staff

pytestmark = pytest.mark.usefixtures("english")

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def shipped(db: None) -> Policy:
    """The shipped policy, in force."""
    load_shipped(now=NOW)
    return Policy.objects.get(key="standard")


class TestExchange:
    def test_export_and_import_change_nothing(self, shipped: Policy) -> None:
        document = export_version(shipped.versions.get())
        assert document == shipped_document()
        done = import_document(document, by=None, now=LATER)
        assert (done.policy, done.templates, done.unchanged) == (None, [], 5)
        assert PolicyVersion.objects.count() == 1

    def test_makes_drafts_of_what_differs(self, shipped: Policy) -> None:
        text = write(shipped_document()).replace("offset_days: 15", "offset_days: 14")
        text = text.replace("温馨提醒", "友情提醒")
        done = import_document(read(text.encode()), by=None, now=LATER)
        assert done.policy is not None
        assert str(done.policy) == "v2"
        assert [version.template.key for version in done.templates] == ["before-due"]
        assert done.unchanged == 3
        publish_all(done, by=None, now=LATER)
        assert shipped.versions.get(state="published").number == 2
        assert export_version(shipped.versions.get(state="published")) == read(text.encode())

    def test_leaves_a_colleagues_draft_alone_unless_told(self, shipped: Policy) -> None:
        policies.new_draft(policy=shipped, by=None, now=LATER).steps.filter(key="due-day").delete()
        document = read(write(shipped_document()).replace("percent: 5", "percent: 6").encode())
        with pytest.raises(CannotImport, match="Draft 2 is not published yet"):
            import_document(document, by=None, now=LATER)
        done = import_document(document, by=None, now=LATER, replace_draft=True)
        assert done.policy is not None
        assert done.policy.steps.count() == 7

    def test_refuses_a_template_that_is_nowhere(self, db: None) -> None:
        document = Document(policy=shipped_document().policy, templates=())
        with pytest.raises(CannotImport) as refused:
            import_document(document, by=None, now=NOW)
        assert str(refused.value.problems[0]) == (
            "policy.steps[0].template: There is no template “before-due”, here or in the file."
        )
        assert not Policy.objects.exists()

    def test_refuses_to_turn_a_template_into_another(self, shipped: Policy) -> None:
        text = write(shipped_document()).replace("stage: 'on'", "stage: after")
        with pytest.raises(CannotImport, match="another stage or purpose"):
            import_document(read(text.encode()), by=None, now=LATER)

    def test_names_a_step_that_cannot_be(self, db: None) -> None:
        text = write(shipped_document()).replace(
            "valid_until_offset_days: -2", "valid_until_offset_days: 2"
        )
        with pytest.raises(CannotImport) as refused:
            import_document(read(text.encode()), by=None, now=NOW)
        assert [str(problem) for problem in refused.value.problems] == [
            "policy.steps[0].valid_until_offset_days: What is said before the due date ends at "
            "day −1."
        ]
        assert not MessageTemplate.objects.exists()


class TestCommands:
    def _import(self, path: Path, *flags: str) -> list[str]:
        out = StringIO()
        call_command("import_policy", str(path), *flags, stdout=out)
        return out.getvalue().splitlines()

    def test_import_publishes_when_told(self, shipped: Policy, tmp_path: Path) -> None:
        path = tmp_path / "policy.yaml"
        call_command("export_policy", "standard", output=path, stderr=StringIO())
        path.write_text(path.read_text().replace("percent: 5", "percent: 7.5"))
        a_member_of_staff(username="boss")
        assert self._import(path, "--publish", "--dry-run") == [
            "policy standard v2: published",
            "4 unchanged",
            "dry run: nothing was changed",
        ]
        assert shipped.versions.count() == 1
        with pytest.raises(CommandError, match="another person must"):
            self._import(path, "--publish", "--by", "boss")
        assert shipped.versions.count() == 1
        assert self._import(path, "--publish")[0] == "policy standard v2: published"
        version = shipped.versions.get(state="published")
        assert (version.holdout_percent, version.published_by) == (Decimal("7.50"), None)
        assert self._import(path) == ["5 unchanged"]

    def test_import_names_problems_with_the_file(self, db: None, tmp_path: Path) -> None:
        path = tmp_path / "policy.yaml"
        path.write_text("duecourse: policy/1\npolicy: {key: x, title: X, steps: 1}\n")
        with pytest.raises(CommandError) as refused:
            self._import(path)
        assert str(refused.value) == f"{path}: policy.steps: Expected a list, not 1."

    def test_import_names_what_cannot_be_published(self, db: None, tmp_path: Path) -> None:
        path = tmp_path / "policy.yaml"
        path.write_text(write(shipped_document()).replace("{penalty}", "{fine}"))
        with pytest.raises(CommandError, match=r"after-due, .*There is no placeholder \{fine\}"):
            self._import(path, "--publish")
        assert not Policy.objects.exists()

    def test_import_names_a_missing_file_and_person(self, db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            self._import(tmp_path / "nothing.yaml")
        path = tmp_path / "policy.yaml"
        path.write_text(write(shipped_document()))
        with pytest.raises(CommandError, match="nobody is called ghost here"):
            self._import(path, "--by", "ghost")

    def test_export_writes_what_import_reads(self, shipped: Policy) -> None:
        out = StringIO()
        call_command("export_policy", "standard", "--version", "1", stdout=out)
        assert read(out.getvalue().encode()) == shipped_document()

    def test_export_names_what_there_is(self, shipped: Policy, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="there is no policy x; there are: standard"):
            call_command("export_policy", "x")
        with pytest.raises(CommandError, match="has no such version; it has: 1"):
            call_command("export_policy", "standard", "--version", "9")
        with pytest.raises(CommandError, match="Is a directory"):
            call_command("export_policy", "standard", output=tmp_path)


class TestPreview:
    def test_shows_and_prices_what_would_be_sent(self, shipped: Policy) -> None:
        found = preview_text(
            "{name}您好，{amount}，{due_date}，{how_to_pay}，{hotline}",
            stage="before",
            language="zh-hans",
            sender=sender_for("zh-hans"),
        )
        assert found.text == (
            "【示例消金】王**您好，1,234.56元，11月26日，App“我的-还款”，400-000-0000"
        )
        assert (found.parts, found.units, found.units_left) == (
            1,
            len(found.text),
            70 - len(found.text),
        )
        assert (found.price, found.currency) == (Decimal("0.045"), "CNY")
        assert found.problems == ()

    def test_shows_what_is_wrong_as_it_was_typed(self, shipped: Policy) -> None:
        sender = sender_for("zh-hans")
        found = preview_text("{nmae} {amount}", stage="on", language="zh-hans", sender=sender)
        assert "{nmae} 1,234.56元" in found.text
        assert len(found.problems) == 4
        broken = preview_text("{amount", stage="on", language="zh-hans", sender=sender)
        assert "{amount" in broken.text
        assert "no placeholder" in broken.problems[0]

    def test_counts_a_second_part_to_the_unit(self, shipped: Policy) -> None:
        sender = SenderIdentity(signature="【示】", how_to_pay="", hotline="")
        for length, parts, left in ((67, 1, 0), (68, 2, 63), (131, 2, 0), (132, 3, 66)):
            found = preview_text("长" * length, stage="on", language="zh-hans", sender=sender)
            assert (found.parts, found.units_left) == (parts, left)

    def test_names_the_characters_that_make_a_text_dear_abroad(
        self, shipped: Policy, settings: Any
    ) -> None:
        settings.SMS_GATEWAY_REGION = "international"
        sender = SenderIdentity(signature="Example:", how_to_pay="app", hotline="1")
        found = preview_text("Don’t worry", stage="on", language="en", sender=sender)
        assert (found.encoding, found.odd_characters) == ("UCS-2", ("’",))
        plain = preview_text("Don't worry", stage="on", language="en", sender=sender)
        assert (plain.encoding, plain.odd_characters) == ("GSM-7", ())

    def test_says_that_nobody_signs(self, db: None) -> None:
        found = preview_text("x", stage="on", language="en", sender=sender_for("en"))
        assert "There is no sender identity to sign the texts with." in found.problems
