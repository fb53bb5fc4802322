// Package data has the kinds of gates that read a database: postgres,
// postgres_schema and odoo_modules.
package data
