//go:build !full && !long

package suite

// Full is for what takes a while each time.
const Full = false
