// Package schema has the tables, one folder per engine, one numbered file per
// change. Only this, the DDL, is written twice; all other SQL stands once
// beside the code that runs it.
package schema

import "embed"

// Files are the migrations: sqlite/NNNNN_name.sql and postgres/NNNNN_name.sql.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
