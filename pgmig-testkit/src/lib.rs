//! A PostgreSQL for tests, demos and shadow checks.
