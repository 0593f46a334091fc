"""The database's part of Note [A campaign is a row], in reminders/models/campaign.py.

A campaign that was published can be stopped, and one that was stopped drafted anew; nothing else
of it changes outside a draft but how far it was planned. One that a reminder names stays. Planning is
told when one is published or stopped.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION duecourse_refuse_change_of_frozen_campaign() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    may_change text[];
BEGIN
    IF OLD.state = 'draft' AND (TG_OP = 'DELETE' OR NEW.state IN ('draft', 'published')) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    may_change := CASE
        WHEN TG_OP <> 'UPDATE' THEN NULL
        WHEN OLD.state = NEW.state THEN ARRAY['planned_through']
        WHEN OLD.state = 'published' AND NEW.state = 'stopped'
            THEN ARRAY['state', 'stopped_at', 'stopped_by_id', 'planned_through']
        WHEN OLD.state = 'stopped' AND NEW.state = 'draft'
            THEN ARRAY['state', 'changed_at', 'changed_by_ids', 'second_person', 'planned_through']
    END;
    IF may_change IS NOT NULL AND to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'campaign % is % and can no longer be changed: stop it and draft it anew', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER campaign_is_frozen BEFORE UPDATE OR DELETE ON reminders_campaign
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_change_of_frozen_campaign();
CREATE TRIGGER campaign_of_reminders BEFORE DELETE ON reminders_campaign
    FOR EACH ROW EXECUTE FUNCTION duecourse_refuse_delete_of_what_is_named('campaign_id');
CREATE TRIGGER campaign_to_plan AFTER INSERT OR UPDATE OF state ON reminders_campaign
    FOR EACH ROW WHEN (NEW.state <> 'draft')
    EXECUTE FUNCTION duecourse_note_changed_policy();

ALTER TABLE reminders_campaign ADD CONSTRAINT campaign_second_person_is_another CHECK (
    NOT second_person OR state = 'draft'
    OR (published_by_id IS NOT NULL AND published_by_id <> ALL(changed_by_ids)));
"""

BACKWARD = """
ALTER TABLE reminders_campaign DROP CONSTRAINT campaign_second_person_is_another;
DROP TRIGGER campaign_to_plan ON reminders_campaign;
DROP TRIGGER campaign_of_reminders ON reminders_campaign;
DROP TRIGGER campaign_is_frozen ON reminders_campaign;
DROP FUNCTION duecourse_refuse_change_of_frozen_campaign();
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0061_reminders_of_campaigns")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
