#!/usr/bin/env bash
# When the clocks go back, npm's cron runs a 3 a.m. job at 2 a.m. as well, and no
# kind of job runs at the same times in all of seven libraries.
#
# In Berlin, 02:00 to 03:00 happens twice on 25 October 2026, at 00:00 and at 01:00
# UTC; 03:00 happens once, at 02:00 UTC. One would expect libraries to differ only
# for jobs between two and three, which could run once or twice. Runs, in UTC:
#
#                               at 03:00 daily   at 02:30 daily   every 30 minutes
#   npm     cron 4.4.0          01:00 and 02:00  00:30            all six
#           cron-parser 5.10.6  02:00            00:30            all six
#           cronosjs 1.7.1      02:00            00:30            none from 01:00 to 01:30
#           @breejs/later 4.2.0 02:00            00:30 and 01:30  all six
#   Go      robfig/cron 3.0.1   02:00            00:30 and 01:30  all six
#           gronx 1.20.4        02:00            01:30            none from 00:00 to 00:30
#           go-quartz 0.15.2    02:00            01:30            none from 00:00 to 00:30
#
# So cron starts a job an hour early and again on time, although 3 a.m. isn't in
# the repeated hour. And with three libraries, "every 30 minutes" pauses for an hour
# and a half without an error.
#
# A release bot can't rely on a scheduler for "once a day" or "every 30 minutes".
# Nightly deployments need an idempotency key (the date). An alarm on "no result for
# an hour" needs slack for that night, or schedules in UTC.
#
# Needs Node, npm, Go and its module proxy. Takes half a minute. Fails when a
# version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts cron@4.4.0 cron-parser@5.10.6 cronosjs@1.7.1 @breejs/later@4.2.0 luxon@3.7.2
cat >jobs.js <<'JS'
const zone = 'Europe/Berlin', start = new Date('2026-10-24T22:00:00Z'), end = new Date('2026-10-25T03:00:00Z');
const libraries = {
  cron: (job) => {
    let at = require('luxon').DateTime.fromJSDate(start, { zone });
    const time = new (require('cron').CronTime)(job, zone);
    return () => (at = time.getNextDateFrom(at, zone)).toJSDate();
  },
  'cron-parser': (job) => {
    const runs = require('cron-parser').CronExpressionParser.parse(job, { tz: zone, currentDate: start });
    return () => runs.next().toDate();
  },
  cronosjs: (job) => {
    let at = start;
    const expression = require('cronosjs').CronosExpression.parse(job, { timezone: zone });
    return () => (at = expression.nextDate(at));
  },
  later: (job) => {
    const later = require('@breejs/later');
    later.date.localTime(); // the zone of the process, which TZ sets
    const runs = later.schedule(later.parse.cron(job)).next(20, start);
    return () => runs.shift();
  },
};
for (const [name, library] of Object.entries(libraries)) {
  for (const job of ['0 3 * * *', '30 2 * * *', '*/30 * * * *']) {
    const next = library(job), runs = [];
    for (let at = next(); at < end; at = next()) {
      if (at >= Date.UTC(2026, 9, 25)) runs.push(at.toISOString().slice(11, 16));
    }
    console.log([name, job, ...runs].join(' '));
  }
}
JS
mkdir jobs
cat >jobs/main.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/adhocore/gronx"
	"github.com/reugn/go-quartz/quartz"
	"github.com/robfig/cron/v3"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	zone := must(time.LoadLocation("Europe/Berlin"))
	start := time.Date(2026, 10, 25, 0, 0, 0, 0, zone)
	midnight := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)
	end := midnight.Add(3 * time.Hour)
	for _, library := range []string{"robfig", "gronx", "go-quartz"} {
		for _, job := range []string{"0 3 * * *", "30 2 * * *", "*/30 * * * *"} {
			next := map[string]func(time.Time) time.Time{
				"robfig": must(cron.ParseStandard(job)).Next,
				"gronx":  func(at time.Time) time.Time { return must(gronx.NextTickAfter(job, at, false)) },
				"go-quartz": func(at time.Time) time.Time {
					trigger := must(quartz.NewCronTriggerWithLoc("0 "+job[:len(job)-1]+"?", zone))
					return time.Unix(0, must(trigger.NextFireTime(at.UnixNano()))).In(zone)
				},
			}[library]
			fmt.Print(library, " ", job)
			for at := next(start); at.Before(end); at = next(at) {
				if !at.Before(midnight) {
					fmt.Print(" ", at.UTC().Format("15:04"))
				}
			}
			fmt.Println()
		}
	}
}
GO
cd jobs
go mod init jobs 2>/dev/null
go get github.com/robfig/cron/v3@v3.0.1 github.com/adhocore/gronx@v1.20.4 github.com/reugn/go-quartz@v0.15.2 2>/dev/null
cd ..

cat >want <<'END'
cron 0 3 * * * 01:00 02:00
cron 30 2 * * * 00:30
cron */30 * * * * 00:00 00:30 01:00 01:30 02:00 02:30
cron-parser 0 3 * * * 02:00
cron-parser 30 2 * * * 00:30
cron-parser */30 * * * * 00:00 00:30 01:00 01:30 02:00 02:30
cronosjs 0 3 * * * 02:00
cronosjs 30 2 * * * 00:30
cronosjs */30 * * * * 00:00 00:30 02:00 02:30
later 0 3 * * * 02:00
later 30 2 * * * 00:30 01:30
later */30 * * * * 00:00 00:30 01:00 01:30 02:00 02:30
robfig 0 3 * * * 02:00
robfig 30 2 * * * 00:30 01:30
robfig */30 * * * * 00:00 00:30 01:00 01:30 02:00 02:30
gronx 0 3 * * * 02:00
gronx 30 2 * * * 01:30
gronx */30 * * * * 01:00 01:30 02:00 02:30
go-quartz 0 3 * * * 02:00
go-quartz 30 2 * * * 01:30
go-quartz */30 * * * * 01:00 01:30 02:00 02:30
END
TZ=Europe/Berlin node jobs.js >got
(cd jobs && go run .) >>got
cat got
if ! diff want got >&2; then
	echo "CHANGED: < was, > is" >&2
	exit 1
fi
