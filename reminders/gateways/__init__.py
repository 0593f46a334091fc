"""Ways to hand texts over: one file each, all behind the protocol in `base`."""
