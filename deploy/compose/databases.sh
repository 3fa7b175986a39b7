#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the owner's and the registry's role and database,
# as deploy/local/databases.py makes them for the embedded stack.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --set=owner_password="$OWNER_PASSWORD" --set=registry_password="$REGISTRY_PASSWORD" <<'SQL'
CREATE ROLE alluvium LOGIN CREATEROLE CREATEDB PASSWORD :'owner_password';
CREATE ROLE registry LOGIN PASSWORD :'registry_password';
CREATE DATABASE alluvium OWNER alluvium;
CREATE DATABASE registry OWNER registry;
\connect alluvium
CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
SQL
