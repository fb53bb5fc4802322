//go:build long

package config

// sampled is of how many replacements for a word one is tried.
const sampled = 5
