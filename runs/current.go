package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gonogo/deploy"
)

// lookTimeout limits the look at the platform that ends a run.
const lookTimeout = 20 * time.Second

// Strategy is how an environment is deployed to, or nil.
func (r *Runs) Strategy(environment string) deploy.Strategy {
	return r.opts.Environments[environment].Strategy
}

// Current is what the platform says is live on an environment now. The answer is
// journaled like any other. An outdated one is an error.
func (r *Runs) Current(ctx context.Context, environment string) (deploy.Current, error) {
	env, ok := r.opts.Environments[environment]
	if !ok {
		return deploy.Current{}, ErrNoStrategy
	}
	within, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if r.opts.Ledger == nil {
		return env.Strategy.Current(within)
	}
	a := platformAnswer{began: r.opts.Now(), live: r.opts.Ledger.State().Live[environment]}
	now, err := env.Strategy.Current(within)
	if ctx.Err() == nil { // otherwise the caller gave up before the platform's time was over
		a.said = r.observations(within, env, a.live, now, err)
		r.learn(ctx, a)
		if problem := a.said[len(a.said)-1].Problem; problem != "" && err == nil {
			err = errors.New(problem)
		}
	}
	return now, err
}

func (o *orderRun) current(ctx context.Context) (deploy.Current, error) {
	return o.Current(context.WithoutCancel(ctx), o.env.Name)
}

// whatIsLive says in sentences what is live on an environment.
func (o *orderRun) whatIsLive(ctx context.Context) string {
	now, err := o.current(ctx)
	return liveSentence(o.env.Name, now, err)
}

// liveSentence says what is known to be live on an environment. It guesses nothing.
func liveSentence(environment string, now deploy.Current, err error) string {
	if err != nil {
		return "The platform does not say what is live on " + environment + " now"
	}
	text := "Nothing is live on " + environment
	if now.Live.Version != "" {
		text = now.Live.Version + " is live on " + environment
	}
	if now.Next != nil {
		text += fmt.Sprintf("; the platform is deploying %s", now.Next.Version)
	}
	if now.Pinned() {
		text += "; the platform keeps it pinned and takes no deployment"
	}
	if now.Wanted != "" && now.Wanted != now.Live.Version && now.Next == nil {
		text += fmt.Sprintf("; %s names %s already, so its next deployment would take that out", now.WantedIn, now.Wanted)
	}
	return text
}
