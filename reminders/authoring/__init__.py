"""Writing policies and templates: drafts, publishing, exchange as files, preview of a text."""
