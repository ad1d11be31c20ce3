#!/bin/sh
# Creates or upgrades Temporal's two databases. Safe to repeat: what is there already is left as it is.
set -eu

set_up() {
  database=$1
  folder=$2
  tool="temporal-sql-tool --plugin postgres12 --endpoint temporal-database --port 5432 --user temporal --database $database"
  # Fails when the database or its version table exists; whether all is well shows in the upgrade.
  $tool create-database || true
  $tool setup-schema --version 0.0 || true
  $tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}

# The password comes in SQL_PASSWORD, which the tool reads by itself.
set_up temporal temporal
set_up temporal_visibility visibility
