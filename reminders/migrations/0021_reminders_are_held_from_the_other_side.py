"""See Note [Reminders are held from the other side] in reminders/models/reminder.py."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION duecourse_refuse_delete_of_what_is_named() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    is_named boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM reminders_reminder WHERE %I = $1)', TG_ARGV[0])
        INTO is_named USING OLD.id;
    IF is_named THEN
        RAISE EXCEPTION '% % cannot be deleted: a reminder names it', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER customer_of_reminders BEFORE DELETE ON accounts_customer
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('customer_id');
CREATE TRIGGER instalment_of_reminders BEFORE DELETE ON accounts_instalment
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('instalment_id');
CREATE TRIGGER staff_of_reminders BEFORE DELETE ON accounts_staff
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('requested_by_id');
CREATE TRIGGER step_of_reminders BEFORE DELETE ON reminders_policystep
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('step_id');
CREATE TRIGGER template_of_reminders BEFORE DELETE ON reminders_messagetemplate
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('template_id');
CREATE TRIGGER message_of_reminders BEFORE DELETE ON reminders_message
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('message_id');
"""

BACKWARD = """
DROP TRIGGER message_of_reminders ON reminders_message;
DROP TRIGGER template_of_reminders ON reminders_messagetemplate;
DROP TRIGGER step_of_reminders ON reminders_policystep;
DROP TRIGGER staff_of_reminders ON accounts_staff;
DROP TRIGGER instalment_of_reminders ON accounts_instalment;
DROP TRIGGER customer_of_reminders ON accounts_customer;
DROP FUNCTION duecourse_refuse_delete_of_what_is_named();
"""

_PROTECT = django.db.models.deletion.PROTECT


def _field(name: str, *, to: str, **fields: Any) -> migrations.AlterField:
    fields = {"on_delete": _PROTECT} | fields
    return migrations.AlterField(
        model_name="reminder",
        name=name,
        field=models.ForeignKey(db_constraint=False, db_index=False, to=to, **fields),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_zones_of_the_book"),
        ("reminders", "0020_indexes_of_reminders_that_matter"),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        _field(
            "customer", to="accounts.customer", related_name="reminders", verbose_name="customer"
        ),
        _field(
            "instalment",
            to="accounts.instalment",
            related_name="reminders",
            verbose_name="instalment",
        ),
        _field(
            "step",
            to="reminders.policystep",
            null=True,
            related_name="reminders",
            verbose_name="step",
        ),
        _field(
            "step_version",
            to="reminders.stepversion",
            on_delete=django.db.models.deletion.DO_NOTHING,
            null=True,
            related_name="+",
            verbose_name="step as planned",
        ),
        _field(
            "requested_by",
            to="accounts.staff",
            null=True,
            related_name="+",
            verbose_name="requested by",
        ),
        _field(
            "template",
            to="reminders.messagetemplate",
            null=True,
            related_name="+",
            verbose_name="template, by hand",
        ),
        _field(
            "message",
            to="reminders.message",
            blank=True,
            null=True,
            related_name="reminders",
            verbose_name="message",
        ),
    ]
