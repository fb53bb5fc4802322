package web

import "time"

// limits keep clients that are slow, hung or many from holding up the bot.
type limits struct {
	headers      time.Duration // for a request's headers; a client that trickles them is cut off
	request      time.Duration // for a whole public request
	write        time.Duration // for a public answer, and for each piece of a local one
	idle         time.Duration // between the requests of one connection
	alive        time.Duration // for the ledger to answer /healthz: a slow disk alone should have nothing restarted
	drain        time.Duration // for requests in progress when the server is stopped
	headerBytes  int
	bodyBytes    int64
	alertBytes   int64         // of a public request: alerts are longer than local requests
	alertHeld    int64         // bytes of a delivery that count, since no more of it is kept at once
	alertTime    time.Duration // from a delivery's arrival until its alerts are durable
	deliveries   int           // of alerts in progress at once; others have to come back
	underWay     int64         // bytes of the deliveries in progress at once; others wait, and then have to come back
	requests     int           // of GitHub in progress at once
	requestBytes int64         // of one of them
	waits        int           // of pipelines for a decision at once
	heartbeat    time.Duration // between the signs of life of such a wait, well below the minute after which proxies give up
	connections  int           // at a listener at once; for more the idle and slow ones give way, see places
	spare        int           // connections beyond these, for health alone
}

var usualLimits = limits{
	headers: 5 * time.Second, request: 10 * time.Second, write: 30 * time.Second, idle: time.Minute, alive: 8 * time.Second, drain: 5 * time.Second,
	headerBytes: 16 << 10, bodyBytes: 64 << 10,
	// Alertmanager gives a notification at least 10 s, repeats within them
	// included (its notify.MinTimeout). 32 MiB are some 20,000 alerts of one group
	// with long descriptions. A delivery is read as it comes in, and what is held
	// of it is bounded (see pile); while it is judged that takes up to four times
	// as much memory.
	alertBytes: 32 << 20, alertHeld: mostDetails, alertTime: 8 * time.Second, deliveries: 64, underWay: 8 << 20,
	// One has the repository, the sender and the pull requests of the commit: some 20 kB
	// each. Whoever reaches the address can hold so many and so much.
	requests: 8, requestBytes: 1 << 20,
	waits: 32, heartbeat: 15 * time.Second,
	connections: 128, spare: 16,
}
