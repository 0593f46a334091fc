"""See Note [Foreign keys are checked by the statement] in accounts/models/customer.py."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION duecourse_refuse_orphans() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    column_name text := TG_ARGV[0];
    parent_table text := TG_ARGV[1];
    parent_column text := TG_ARGV[2];
    orphan bigint;
BEGIN
    -- A subquery for each row is a look into the index. A join would at times read the whole parent.
    EXECUTE format(
        'SELECT added.%1$I FROM added WHERE added.%1$I IS NOT NULL'
        ' AND (SELECT parent.%3$I FROM %2$I AS parent WHERE parent.%3$I = added.%1$I) IS NULL LIMIT 1',
        column_name, parent_table, parent_column) INTO orphan;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION '%.% = % names no row of %', TG_TABLE_NAME, column_name, orphan, parent_table
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_refuse_orphan() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    is_there boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I WHERE %2$I = $1)', TG_ARGV[1], TG_ARGV[2])
        INTO is_there USING (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    IF NOT is_there THEN
        RAISE EXCEPTION '%.% of row % names no row of %', TG_TABLE_NAME, TG_ARGV[0], NEW, TG_ARGV[1]
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION duecourse_refuse_to_leave_orphans() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    child_table text := TG_ARGV[0];
    child_column text := TG_ARGV[1];
    is_named boolean;
BEGIN
    -- Waits for those who write children and looks at what they committed; new ones wait for us.
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', child_table);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', child_table, child_column)
        INTO is_named USING OLD.id;
    IF is_named THEN
        RAISE EXCEPTION '% % cannot be deleted: % names it', TG_TABLE_NAME, OLD.id, child_table
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
"""

NO_FUNCTIONS = """
DROP FUNCTION duecourse_refuse_to_leave_orphans();
DROP FUNCTION duecourse_refuse_orphan();
DROP FUNCTION duecourse_refuse_orphans();
"""

KEYS = (
    ("accounts_contactpoint", "customer_id", "accounts_customer"),
    ("accounts_consentevent", "customer_id", "accounts_customer"),
    ("accounts_riskassessment", "customer_id", "accounts_customer"),
    ("accounts_loan", "customer_id", "accounts_customer"),
    ("accounts_instalment", "loan_id", "accounts_loan"),
    ("accounts_payment", "loan_id", "accounts_loan"),
    ("accounts_allocation", "payment_id", "accounts_payment"),
    ("accounts_allocation", "instalment_id", "accounts_instalment"),
)


def _hold(child: str, *, column: str, parent: str) -> migrations.RunSQL:
    name = f"{child.removeprefix('accounts_')}_{column}"
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {name}_there_on_insert AFTER INSERT ON {child}
            REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT
            EXECUTE FUNCTION duecourse_refuse_orphans('{column}', '{parent}', 'id');
        CREATE TRIGGER {name}_there_on_update AFTER UPDATE ON {child}
            FOR EACH ROW WHEN (NEW.{column} <> OLD.{column})
            EXECUTE FUNCTION duecourse_refuse_orphan('{column}', '{parent}', 'id');
        CREATE TRIGGER {name}_named BEFORE DELETE ON {parent}
            FOR EACH ROW
            EXECUTE FUNCTION duecourse_refuse_to_leave_orphans('{child}', '{column}');
        """,
        f"""
        DROP TRIGGER {name}_named ON {parent};
        DROP TRIGGER {name}_there_on_update ON {child};
        DROP TRIGGER {name}_there_on_insert ON {child};
        """,
    )


_CASCADE = django.db.models.deletion.CASCADE
_PROTECT = django.db.models.deletion.PROTECT


def _field(model: str, *, name: str, **fields: Any) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name=name,
        field=models.ForeignKey(db_constraint=False, verbose_name=name, **fields),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_zones_of_the_book")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        *(_hold(child, column=column, parent=parent) for child, column, parent in KEYS),
        _field(
            "contactpoint",
            name="customer",
            db_index=False,
            on_delete=_CASCADE,
            related_name="contact_points",
            to="accounts.customer",
        ),
        _field(
            "consentevent",
            name="customer",
            db_index=False,
            on_delete=_CASCADE,
            related_name="consent_events",
            to="accounts.customer",
        ),
        migrations.AlterField(
            model_name="riskassessment",
            name="customer",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=_CASCADE,
                primary_key=True,
                related_name="risk",
                serialize=False,
                to="accounts.customer",
                verbose_name="customer",
            ),
        ),
        _field(
            "loan",
            name="customer",
            on_delete=_PROTECT,
            related_name="loans",
            to="accounts.customer",
        ),
        _field(
            "instalment",
            name="loan",
            db_index=False,
            on_delete=_PROTECT,
            related_name="instalments",
            to="accounts.loan",
        ),
        _field(
            "payment", name="loan", on_delete=_PROTECT, related_name="payments", to="accounts.loan"
        ),
        _field(
            "allocation",
            name="payment",
            db_index=False,
            on_delete=_CASCADE,
            related_name="allocations",
            to="accounts.payment",
        ),
        _field(
            "allocation",
            name="instalment",
            on_delete=_CASCADE,
            related_name="allocations",
            to="accounts.instalment",
        ),
    ]
