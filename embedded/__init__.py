"""Runs everything on one machine, PostgreSQL and Redis included; production never imports it."""
