"""An index by which planning finds the zones of the book without reading every customer."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0003_possible_time_zones")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(fields=["timezone"], name="customer_by_timezone"),
        ),
    ]
