package deploy

import (
	"cmp"
	"gonogo/readiness/build"
	"strings"
)

// rollingBack lists the steps on App Platform for bringing a build back to an app. A
// build whose deployment is not known is looked up first. Source of the requests:
// DigitalOcean API reference, Apps; the token needs app:read and app:update.
func rollingBack(app App, to build.Build) []HandStep {
	console, api := "https://cloud.digitalocean.com/apps/"+app.ID, "/v2/apps/"+app.ID
	that := "that deployment"
	if to.Deployment != "" {
		that = "deployment " + to.Deployment
	}
	steps := []HandStep{{"Open " + console + " and see what is live; if the app is pinned by an earlier rollback, keep it or revert it first",
		setUp + "\n" + curl("", api)}}
	if to.Deployment == "" {
		steps = append(steps, HandStep{"On the app's Activity tab find " + lookedUp(to.Version) + "; the commands take its ID as DEPLOYMENT",
			curl("", api+"/deployments?per_page=20") + "\nDEPLOYMENT=…"})
	}
	body := `{\"deployment_id\":\"` + cmp.Or(to.Deployment, "$DEPLOYMENT") + `\",\"skip_pin\":false}`
	return append(steps,
		HandStep{"Ask the platform whether it can go back to " + cmp.Or(to.Version, "it") + `; the answer has "valid": true`, curl(body, api+"/rollback/validate")},
		HandStep{"On the app's Activity tab roll back to " + that + of(to.Version) + "; this pins the app", curl(body, api+"/rollback")},
		HandStep{"Wait until that deployment is active, and look whether the app works", curl("", api)},
		HandStep{"To keep " + cmp.Or(to.Version, "it") + ", commit the rollback later; that ends the pin", curl("{}", api+"/rollback/commit")},
		HandStep{"To go on to what was live before instead, revert the rollback", curl("{}", api+"/rollback/revert")})
}

// lookedUp describes a deployment whose ID isn't known.
func lookedUp(version string) string {
	if version == "" {
		return "the deployment to go back to: the newest before the current one that worked"
	}
	return "the newest deployment of " + version + " that was live"
}

// of adds a version, if it is known.
func of(version string) string {
	if version == "" {
		return ""
	}
	return " of " + version
}

// rollingKeep is the step on App Platform for keeping what a rollback brought back. Its
// source is that of rollingBack.
func rollingKeep(app App) HandStep {
	return HandStep{"On the Activity tab of https://cloud.digitalocean.com/apps/" + app.ID + " commit the rollback; that ends the pin",
		setUp + "\n" + curl("{}", "/v2/apps/"+app.ID+"/rollback/commit")}
}

// rollingReturn is the step on App Platform for returning to what a rollback left. Its
// source is that of rollingBack.
func rollingReturn(app App) HandStep {
	return HandStep{"On the Activity tab of https://cloud.digitalocean.com/apps/" + app.ID + " revert the rollback; that deploys what was live before it, and ends the pin",
		setUp + "\n" + curl("{}", "/v2/apps/"+app.ID+"/rollback/revert")}
}

// setUp sets what the commands share: the address of the API, and the token.
const setUp = `API=${DIGITALOCEAN_API_URL:-https://api.digitalocean.com} AUTH="Authorization: Bearer $DIGITALOCEAN_TOKEN"`

// curl reads a path or, with a body, writes to it. The body is in double quotes, so
// that the shell fills in variables.
func curl(body, path string) string {
	words := []string{"curl", "-sS"}
	switch body {
	case "":
	case "{}":
		words = append(words, "-X", "POST")
	default:
		words = append(words, "-H", `"Content-Type: application/json"`, "-d", `"`+body+`"`)
	}
	return strings.Join(append(words, "-H", `"$AUTH"`, `"$API`+path+`"`), " ")
}
