package config

import (
	"cmp"
	"errors"
	"os"

	"reeve/config/health"
)

// readTarget reads what a check looks at. The texts of package health name key and value.
func readTarget(at *health.Target, parse func(string, health.Split) (health.Target, error)) func(*section, *option) error {
	return func(s *section, o *option) error {
		text, err := s.text(o)
		if err == nil {
			*at, err = parse(text, SplitCommand)
		}
		return err
	}
}

func parseAction(text string) (health.Action, error) { return health.ParseAction(text, ParseSignal) }

// checkChecks refuses checks that can't work, and sets what follows from them.
func (p *program) checkChecks() error {
	c := &p.process
	if err := c.Checks.Check(); err != nil {
		return err
	}
	dir := cmp.Or(c.Directory, p.b.cfg.Supervisord.Directory)
	if dir == "" {
		dir, _ = os.Getwd()
	}
	var err error
	if c.Checks, err = c.Checks.In(dir); err != nil || c.Checks.Ready.Kind == health.None {
		return err
	}
	if c.Oneshot {
		return errors.New("ready and oneshot=true exclude each other: a oneshot program is there when it has ended")
	}
	c.Ready = true
	if !p.given("startsecs") {
		c.StartFor = 0
		p.follows("startsecs", "0")
	}
	return nil
}
