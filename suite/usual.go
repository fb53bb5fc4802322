//go:build !long

package suite

// Long is for what takes long and is rarely red.
const Long = false
