//go:build unix && !linux

package main

// forgetCode does nothing: releasing pages is only implemented on Linux.
func forgetCode() {}
