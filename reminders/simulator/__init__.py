"""The SMS gateway simulator: a server of its own that plays another company.

It takes messages over HTTP, shows them on the screens of pretended phones, and reports their
delivery by signed callbacks; faults can be ordered. It knows nothing of the product: no Django,
no shared tables, its own store and its own clock.
"""
