"""The database's part of Note [Four eyes] and of scheduled versions, in reminders/models/version.py.

Who began a draft before this counts among those who changed it.
"""

from django.db import migrations

FORWARD = """
UPDATE reminders_policyversion SET changed_by_ids = ARRAY[created_by_id]
WHERE state = 'draft' AND created_by_id IS NOT NULL;
UPDATE reminders_templateversion SET changed_by_ids = ARRAY[created_by_id]
WHERE state = 'draft' AND created_by_id IS NOT NULL;

CREATE OR REPLACE FUNCTION duecourse_refuse_change_of_frozen_version() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    may_change text[];
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    may_change := CASE
        WHEN TG_OP <> 'UPDATE' THEN NULL
        WHEN OLD.state = 'published' AND NEW.state = 'retired' THEN ARRAY['state']
        WHEN OLD.state = 'scheduled' AND NEW.state = 'published' THEN ARRAY['state', 'published_at']
        WHEN OLD.state = 'scheduled' AND NEW.state = 'draft' THEN ARRAY[
            'state', 'publish_at', 'published_by_id', 'second_person', 'schedule_problem']
    END;
    IF may_change IS NOT NULL AND to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is % and can no longer be changed: make a new draft', TG_TABLE_NAME, OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION duecourse_a_return_says_the_same() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    parts text := format(
        'SELECT COALESCE(jsonb_agg(said ORDER BY said), ''[]'') FROM ('
        'SELECT to_jsonb(part) - ARRAY[''id'', ''version_id''] AS said FROM %I AS part '
        'WHERE version_id = $1) AS all_of_it', TG_ARGV[0]);
    field text;
    mine jsonb;
    theirs jsonb;
    differs boolean;
BEGIN
    EXECUTE parts INTO mine USING NEW.id;
    EXECUTE parts INTO theirs USING NEW.returns_to_id;
    differs := mine <> theirs;
    FOREACH field IN ARRAY string_to_array(TG_ARGV[1], ' ') LOOP
        EXECUTE format('SELECT to_jsonb(version) -> $2 FROM %I AS version WHERE id = $1', TG_TABLE_NAME)
            INTO theirs USING NEW.returns_to_id, field;
        differs := differs OR theirs IS DISTINCT FROM to_jsonb(NEW) -> field;
    END LOOP;
    IF differs THEN
        RAISE EXCEPTION '% % does not say what version % said', TG_TABLE_NAME, NEW.id, NEW.returns_to_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_return_says_the_same BEFORE UPDATE ON reminders_policyversion
    FOR EACH ROW WHEN (NEW.state = 'published' AND OLD.state <> 'published' AND NEW.returns_to_id IS NOT NULL)
    EXECUTE FUNCTION duecourse_a_return_says_the_same('reminders_stepversion', 'policy_id holdout_percent');
CREATE TRIGGER template_return_says_the_same BEFORE UPDATE ON reminders_templateversion
    FOR EACH ROW WHEN (NEW.state = 'published' AND OLD.state <> 'published' AND NEW.returns_to_id IS NOT NULL)
    EXECUTE FUNCTION duecourse_a_return_says_the_same('reminders_templatetext', 'template_id');

ALTER TABLE reminders_policyversion ADD CONSTRAINT policy_version_second_person_is_another CHECK (
    NOT second_person OR state = 'draft' OR (published_by_id IS NOT NULL AND published_by_id <> ALL(changed_by_ids)));
ALTER TABLE reminders_templateversion ADD CONSTRAINT template_version_second_person_is_another CHECK (
    NOT second_person OR state = 'draft' OR (published_by_id IS NOT NULL AND published_by_id <> ALL(changed_by_ids)));
"""

BACKWARD = """
ALTER TABLE reminders_templateversion DROP CONSTRAINT template_version_second_person_is_another;
ALTER TABLE reminders_policyversion DROP CONSTRAINT policy_version_second_person_is_another;
DROP TRIGGER template_return_says_the_same ON reminders_templateversion;
DROP TRIGGER policy_return_says_the_same ON reminders_policyversion;
DROP FUNCTION duecourse_a_return_says_the_same();

CREATE OR REPLACE FUNCTION duecourse_refuse_change_of_frozen_version() RETURNS trigger
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
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0045_versions_take_effect_later")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
