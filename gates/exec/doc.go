// Package exec has the kinds of gates that run a program: command.
package exec
