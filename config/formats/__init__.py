"""Days and times in the admin as staff pages write them; Django's Chinese is like that already."""
