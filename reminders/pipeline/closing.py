"""The second half of dispatch: what the gateway said becomes rows."""
