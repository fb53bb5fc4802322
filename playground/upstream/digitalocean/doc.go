// Package digitalocean stands in for DigitalOcean's App Platform: it implements the
// part of its API that a client needs to deploy an app, to follow the deployment and to
// roll back, and it is strict where the real one is.
//
// # Nouns
//
// A [Platform] holds apps. An [App] has a spec (what is wanted) and deployments
// (what was made of it); each deployment keeps the spec that it was made from.
// The deployment that is ACTIVE is what is live. After a rollback the app is
// pinned to the rollback's deployment, and takes no other until the rollback is
// committed (the old version stays) or reverted (the newer one comes back).
//
// # A deployment's phases
//
//	PENDING_BUILD ─▶ BUILDING ─▶ PENDING_DEPLOY ─▶ DEPLOYING ─▶ ACTIVE ─▶ SUPERSEDED
//	      │             │              │               │        (a newer one is active)
//	      │             └──────────────┼───────────────┴──▶ ERROR   (its build fails, its image is missing)
//	      └─────────────┴──────────────┴───────────────┴──▶ CANCELED    (somebody canceled it)
//	                                                   └──▶ SUPERSEDED  (a newer one was created)
//
// Nothing runs: how long each phase takes is fixed when a deployment is made
// ([Options].Pace), and its phase is worked out from the clock whenever someone
// looks. A deployment still under way when a newer one is created becomes
// SUPERSEDED. DigitalOcean's description of the API names the phase without
// saying so, and its own deploy action (github.com/digitalocean/app_action)
// takes both SUPERSEDED and CANCELED for an end without success; a client must
// handle both.
//
// # What is strict
//
// The bearer token, the content type, bodies without unknown fields, and specs:
// names, regions, sizes, sources, variables, domains. PUT replaces the whole
// spec: what it leaves out is gone. A SECRET's value is given back encrypted, as
// EV[1:nonce:cipher], and an encrypted value is taken only if this platform gave
// it out for this app. Where the published description
// (github.com/digitalocean/openapi, specification/resources/apps) does not say
// what happens, such as the status of a refusal, the code says what we chose.
// Unlike the real platform it adds no defaults to a spec.
//
// A domain belongs to one app at a time, and one that is new to an app is CONFIGURING
// until the app has been read a few times ([Options].Settling).
//
// A log ([Platform.SetLog]) is reached as on the real one: the API answers with an
// address that has a token of its own, and there the log is text, each line with the
// component's name and a time stamp before it. It is that of the live deployment, and
// begins with it.
//
// # For tests
//
// [Platform.OnCall] is called before every request and may inject a [Fault];
// [Platform.Calls] lists the requests, and [Platform.Writes] what was really done.
//
// # Who calls it, and what is stored
//
// The practice world mounts [Platform.Handler]; tests of clients serve it with
// httptest. With [Options].File the state is written there after every change,
// so that a platform that is restarted with the file shows the same; a file that is
// truncated or of another kind is refused and left alone.
package digitalocean
