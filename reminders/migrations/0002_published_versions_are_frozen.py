"""Triggers behind Note [Published versions are frozen] in reminders/models/policy.py."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION duecourse_refuse_change_of_frozen_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'published' AND NEW.state = 'retired'
       AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is published and can no longer be changed: make a new draft', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION duecourse_refuse_change_of_frozen_part() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    version_table text := TG_ARGV[0];
    parent bigint;
    state text;
BEGIN
    FOREACH parent IN ARRAY ARRAY[
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.version_id END,
        CASE WHEN TG_OP <> 'DELETE' THEN NEW.version_id END]
    LOOP
        EXECUTE format('SELECT state FROM %I WHERE id = $1', version_table) INTO state USING parent;
        IF state <> 'draft' THEN
            RAISE EXCEPTION '% belongs to version % that is published and can no longer be changed: make a new draft',
                TG_TABLE_NAME, parent USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER policy_version_is_frozen BEFORE UPDATE OR DELETE ON reminders_policyversion
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_change_of_frozen_version();
CREATE TRIGGER template_version_is_frozen BEFORE UPDATE OR DELETE ON reminders_templateversion
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_change_of_frozen_version();
CREATE TRIGGER step_version_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reminders_stepversion
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_change_of_frozen_part('reminders_policyversion');
CREATE TRIGGER template_text_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reminders_templatetext
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_change_of_frozen_part('reminders_templateversion');
"""

BACKWARD = """
DROP TRIGGER template_text_is_frozen ON reminders_templatetext;
DROP TRIGGER step_version_is_frozen ON reminders_stepversion;
DROP TRIGGER template_version_is_frozen ON reminders_templateversion;
DROP TRIGGER policy_version_is_frozen ON reminders_policyversion;
DROP FUNCTION duecourse_refuse_change_of_frozen_part();
DROP FUNCTION duecourse_refuse_change_of_frozen_version();
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
