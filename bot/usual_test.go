//go:build !long

package main

// long has the tests try what is rarely red as well.
const long = false
