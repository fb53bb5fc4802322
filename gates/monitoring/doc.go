// Package monitoring has the kinds of gates that ask what watches a system in
// production: prometheus, grafana, superset, alert_path, on_call and logs.
package monitoring
