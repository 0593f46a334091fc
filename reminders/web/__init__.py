"""Pages and callbacks over HTTP."""
