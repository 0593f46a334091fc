"""The suite: unit (no database), integration (PostgreSQL and Valkey), contract, journeys."""
