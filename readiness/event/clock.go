package event

import "time"

// ClockSetBack says that the clock had been ahead: it is behind the last record
// before this one and stays so. This record, and those after it, are stamped by
// the clock again, so their times are earlier than those of records from the time
// when it was ahead.
type ClockSetBack struct {
	Ahead time.Duration `json:"ahead"` // nanoseconds by which the last record is ahead of the clock
}

// Kind implements [Event].
func (ClockSetBack) Kind() string { return "clock.set_back" }
