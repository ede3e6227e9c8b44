"""Studies on a PostgreSQL or MySQL server, several in one database."""
