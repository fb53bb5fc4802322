package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/phrase"
)

var _ Sampler = PostgresSampler{}

// statementTimeout is how long a trigger's query may take: less than the time after
// which its measurement is given up.
const statementTimeout = 5 * time.Second

// PostgresSampler reads the value of a query, or only sees whether the database answers.
type PostgresSampler struct {
	Database database.Reader
	Query    string
	Value    bool // the query's value has a limit
	Errors   bool // a database that doesn't serve is a breach; otherwise it is an error
}

// NewPostgresSampler is a sampler of the database at an address, without a query.
func NewPostgresSampler(url string) (PostgresSampler, error) {
	reader, err := database.New(url, statementTimeout)
	return PostgresSampler{Database: reader, Query: "select 1"}, err
}

// Sample implements [Sampler]. A query without a row, or that gives null, has no data.
func (p PostgresSampler) Sample(ctx context.Context, _ time.Time, _ gates.Scope) (Sample, error) {
	given, err := p.ask(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	switch {
	case !p.Value:
		return Sample{Data: true, Words: "it answers"}, nil
	case given.Rows > 1:
		return Sample{}, fmt.Errorf("the query returns %d rows or more, but a limit needs one; write a query that returns one", given.Rows)
	case given.First == nil:
		return Sample{}, nil
	case given.Boolean:
		value := 0.0
		if *given.First == "true" {
			value = 1
		}
		return Sample{Value: value, Data: true}, nil
	}
	value, err := strconv.ParseFloat(*given.First, 64)
	if err != nil {
		return Sample{}, fmt.Errorf("the query returns %q, which isn't a number", phrase.Excerpt(*given.First))
	}
	return Sample{Value: value, Data: true}, nil
}

func (p PostgresSampler) ask(ctx context.Context) (given database.Answer, err error) {
	session, err := p.Database.Connect(ctx)
	if err != nil {
		return given, err
	}
	defer session.Close()
	err = session.Read(ctx, func(ctx context.Context, tx database.Tx) error {
		if p.Value {
			if err := tx.Visible(ctx, p.Query); err != nil {
				return err
			}
		}
		var err error
		given, err = tx.Ask(ctx, p.Query, 1)
		if errors.Is(err, database.ErrTooMany) {
			err = nil // it is the number of rows that says so
		}
		return err
	})
	return given, err
}

// failed is a breach if the database doesn't serve and that is to count as one. What it
// refuses to this login alone says nothing about the environment.
func (p PostgresSampler) failed(ctx context.Context, err error) (Sample, error) {
	why := p.Database.Explain(ctx, err)
	outage, silent := database.Outage(err)
	if !p.Errors || !outage {
		return Sample{}, errors.New(why)
	}
	return Sample{Data: true, Failed: true, Silent: silent, Words: why}, nil
}
