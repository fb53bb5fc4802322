// Package data has the kinds of gates that read a database: postgres and odoo_modules.
package data
