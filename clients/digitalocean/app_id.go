package digitalocean

import "regexp"

// NoAppID is what is wrong with a setting that can't be the ID of an app. It doesn't repeat
// the setting, which may be a token that was put there by mistake.
const NoAppID = "this can't be the ID of an app, which looks like 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf; write the one that doctl apps list shows"

var appID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// IsAppID reports whether a text can be the ID of an app, which is a UUID.
func IsAppID(text string) bool { return appID.MatchString(text) }
