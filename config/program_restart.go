package config

import (
	"errors"
	"strings"
	"time"

	"reeve/supervisor/process"
)

var essentials = words[Essential]{{"no", NotEssential}, {"fatal", EssentialFatal}, {"exit", EssentialExit}}

// parseRetries reads startretries: upstream's number, or the word unlimited.
func parseRetries(text string) (int, error) {
	if strings.EqualFold(text, "unlimited") {
		return process.Unlimited, nil
	}
	return ParseInt(text)
}

// positive refuses a duration of zero.
func positive(parse func(string) (time.Duration, error)) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		d, err := parse(text)
		if err == nil && d <= 0 {
			err = refusal{text, "not longer than 0"}
		}
		return d, err
	}
}

// checkRestarts refuses combinations of the options about restarts that can't work, and
// sets the defaults that depend on others.
func (p *program) checkRestarts() error {
	c := &p.process
	if p.given("backoff_limit") && c.Delays.Limit < c.Delays.Delay {
		return errors.New("backoff_limit is shorter than backoff_delay")
	}
	if c.Delays.Delay > 0 && c.Delays.Reset == 0 {
		c.Delays.Reset = max(10*c.Delays.Delay, c.StartFor)
		p.follows("backoff_reset", c.Delays.Reset.String())
	}
	if !c.Oneshot {
		return nil
	}
	switch {
	case !p.given("autorestart"):
		c.Autorestart = process.AutorestartNever
		p.follows("autorestart", "false")
	case c.Autorestart == process.AutorestartAlways:
		return errors.New("oneshot=true and autorestart=true would start it again for ever (unexpected retries a failure)")
	}
	c.StartFor = 0 // its end is what counts
	p.follows("startsecs", "0")
	return nil
}
