"""The stages: planning, dispatch, receipts, sweeping. Transactions live here.

Each reads the tables before it and writes the tables after it; no stage knows another.
"""
