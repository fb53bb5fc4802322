package main

import (
	"io"
	"runtime"

	"github.com/cli/browser"
)

// browse opens a page in the person's browser. It doesn't wait, since some browsers stay in the foreground, and it says
// nothing if there is none: the address is printed, too.
func browse(url string) {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	go func() { _ = browser.OpenURL(url) }()
}

// hasWindows reports whether a browser would have a screen of its own: on Linux without one, it would be one that takes the
// terminal.
func hasWindows(environ func(string) (string, bool)) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"} {
		if value, _ := environ(name); value != "" {
			return true
		}
	}
	return false
}
