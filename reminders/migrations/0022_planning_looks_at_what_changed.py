"""See Note [Planning looks at what changed] in reminders/models/planning.py.

A book that comes in notes "everything" once instead of each of its loans. Payments, which come in
masses, note nothing: what is paid needs no new reminder. The conditions of the triggers on updates
are asked without calling their functions.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION duecourse_note_new_instalments() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 1001) AS first_of_them) > 1000 THEN
        INSERT INTO reminders_planningchange (loan_id) VALUES (NULL);
    ELSE
        INSERT INTO reminders_planningchange (loan_id)
        SELECT DISTINCT loan_id FROM added WHERE settled_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_note_changed_instalment() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reminders_planningchange (loan_id) VALUES (NEW.loan_id);
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_note_changed_loan() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reminders_planningchange (loan_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_note_changed_customer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reminders_planningchange (loan_id)
    SELECT id FROM accounts_loan WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_note_changed_policy() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reminders_planningchange (loan_id) VALUES (NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER instalments_to_plan AFTER INSERT ON accounts_instalment
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION duecourse_note_new_instalments();
CREATE TRIGGER instalment_to_plan AFTER UPDATE ON accounts_instalment
    FOR EACH ROW WHEN (
        NEW.due_date <> OLD.due_date
        OR NEW.loan_id <> OLD.loan_id
        OR (NEW.settled_at IS NULL AND OLD.settled_at IS NOT NULL)
    )
    EXECUTE FUNCTION duecourse_note_changed_instalment();
CREATE TRIGGER loan_to_plan AFTER UPDATE ON accounts_loan
    FOR EACH ROW WHEN (NEW.status <> OLD.status OR NEW.customer_id <> OLD.customer_id)
    EXECUTE FUNCTION duecourse_note_changed_loan();
CREATE TRIGGER customer_to_plan AFTER UPDATE ON accounts_customer
    FOR EACH ROW WHEN (NEW.timezone <> OLD.timezone)
    EXECUTE FUNCTION duecourse_note_changed_customer();
CREATE TRIGGER policy_to_plan AFTER UPDATE ON reminders_policy
    FOR EACH ROW WHEN (NEW.is_active <> OLD.is_active)
    EXECUTE FUNCTION duecourse_note_changed_policy();
CREATE TRIGGER policy_version_to_plan AFTER INSERT OR UPDATE OF state ON reminders_policyversion
    FOR EACH ROW WHEN (NEW.state <> 'draft')
    EXECUTE FUNCTION duecourse_note_changed_policy();
"""

BACKWARD = """
DROP TRIGGER policy_version_to_plan ON reminders_policyversion;
DROP TRIGGER policy_to_plan ON reminders_policy;
DROP TRIGGER customer_to_plan ON accounts_customer;
DROP TRIGGER loan_to_plan ON accounts_loan;
DROP TRIGGER instalment_to_plan ON accounts_instalment;
DROP TRIGGER instalments_to_plan ON accounts_instalment;
DROP FUNCTION duecourse_note_changed_policy();
DROP FUNCTION duecourse_note_changed_customer();
DROP FUNCTION duecourse_note_changed_loan();
DROP FUNCTION duecourse_note_changed_instalment();
DROP FUNCTION duecourse_note_new_instalments();
"""

_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("reminders", "0021_reminders_are_held_from_the_other_side")]

    operations = [
        migrations.CreateModel(
            name="PlanningChange",
            fields=[("id", _ID), ("loan_id", models.BigIntegerField(null=True))],
        ),
        migrations.CreateModel(
            name="PlanningState",
            fields=[
                ("id", _ID),
                ("planned_at", models.DateTimeField()),
                ("whole_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
