// Package prometheus is a practice Prometheus: it collects counters from
// targets, answers queries about them over Prometheus's HTTP API, and finds
// alerts by rules.
//
// # Nouns
//
// A [Server] reads each [Target] once an interval into its store, which keeps
// an hour of samples in memory. A [Rule] is a query whose every result is an
// alert, first pending and, when it has held for long enough, firing:
//
//	           the query finds it         it has held for Rule.For
//	inactive ──────────────────▶ pending ──────────────────────▶ firing
//	   ▲                            │ it is gone                    │ it is gone
//	   └────────────────────────────┴───────────────────────────────┘
//
// An [Alert] that fires, or has just stopped firing, is passed to Options.Notify,
// which stands for the Alertmanager.
//
// # How much of PromQL it knows
//
// Number literals, instant and range selectors with all four matchers and
// offset, rate and increase, sum, avg, min, max and count with by or without,
// + - * /, comparisons with and without bool, and, or, unless, subqueries with a step,
// sum_over_time and count_over_time, the functions vector, scalar and absent, and
// parentheses. Labels of a binary operator's
// two sides match one to one on all labels. Within these limits the results are those
// of Prometheus 3: the left end of a range is outside it. Everything else is refused
// with 400 bad_data and a sentence that names it; nothing is guessed.
//
// # Who calls it
//
// The practice world mounts [Server.Handler], with its prefix taken off, and
// runs [Server.Run]; a test may call [Server.Tick] instead, and [Server.Add]
// to give samples a history.
//
// # What happens on failure
//
// For a target that can't be read, up is 0 and its other series end at once, as after
// a failed scrape. A rule whose query fails keeps its alerts as they are, with health
// "err". Nothing is stored: a new server starts empty.
package prometheus
