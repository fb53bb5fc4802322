//go:build unix && !linux

package main

// forgetCode does nothing: only Linux is asked to let go of pages.
func forgetCode() {}
