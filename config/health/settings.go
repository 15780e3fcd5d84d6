package health

import (
	"cmp"
	"errors"
	"strings"
	"syscall"
	"time"
)

// Settings are the keys of one program.
type Settings struct {
	Ready         Target
	ReadyTimeout  time.Duration
	ReadyInterval time.Duration // 0: grows from 50ms to 1s

	Health      Target
	Interval    time.Duration // health_interval; the other keys are named in the same way
	Timeout     time.Duration
	Retries     int
	StartPeriod time.Duration
	Action      Action

	Watchdog       time.Duration // 0: none
	WatchdogSignal syscall.Signal
}

// Do is what follows when a program is unhealthy.
type Do uint8

// The choices of `health_action`.
const (
	Restart Do = iota
	Stop
	Send // a signal
	Nothing
)

// Action is a value of `health_action`.
type Action struct {
	Do     Do
	Signal syscall.Signal // of Send
}

// Defaults returns what holds for keys that are not given: no checks.
func Defaults() Settings {
	return Settings{
		ReadyTimeout: time.Minute,
		Interval:     30 * time.Second, Timeout: 5 * time.Second, Retries: 3,
		WatchdogSignal: syscall.SIGABRT,
	}
}

// ParseAction reads a value of `health_action`; signal reads the name of a signal.
func ParseAction(text string, signal func(string) (syscall.Signal, error)) (Action, error) {
	switch text {
	case "restart":
		return Action{Do: Restart}, nil
	case "stop":
		return Action{Do: Stop}, nil
	case "none":
		return Action{Do: Nothing}, nil
	}
	name, ok := strings.CutPrefix(text, "signal:")
	if !ok {
		return Action{}, invalid("health_action", text, errors.New("it must be restart, stop, signal:NAME or none"))
	}
	sig, err := signal(name)
	if err == nil && sig == 0 {
		err = errors.New("signal 0 does nothing; none says so")
	}
	if err != nil {
		return Action{}, invalid("health_action", text, err)
	}
	return Action{Send, sig}, nil
}

// The shortest spans between two checks, and of a watchdog: below them a check would cost
// other programs more than it tells about this one.
const (
	shortestPause    = 10 * time.Millisecond
	shortestInterval = 100 * time.Millisecond
)

const mostRetries = 1000

// Check returns what can't work, if there is anything. A key whose subject is missing,
// such as health_interval without health, is accepted: it may come from [DEFAULT] and be
// meant for other programs.
func (s *Settings) Check() error { return cmp.Or(s.checkReady(), s.checkHealth(), s.checkWatchdog()) }

func (s *Settings) checkReady() error {
	if s.Ready.Kind == None {
		return nil
	}
	err := atLeast("ready_timeout", s.ReadyTimeout, shortestPause)
	if err != nil || !s.Ready.Probed() {
		return err
	}
	if s.ReadyInterval != 0 {
		err = atLeast("ready_interval", s.ReadyInterval, shortestPause)
	}
	if err == nil && s.ReadyInterval >= s.ReadyTimeout {
		err = invalid("ready_interval", s.ReadyInterval.String(), errors.New("it must be shorter than ready_timeout, which is "+s.ReadyTimeout.String()))
	}
	return cmp.Or(err, atLeast("health_timeout", s.Timeout, shortestPause))
}

func (s *Settings) checkHealth() error {
	if s.Health.Kind == None {
		return nil
	}
	var retries error
	if s.Retries < 1 || s.Retries > mostRetries {
		retries = invalid("health_retries", decimal(s.Retries), errors.New("it must be from 1 to "+decimal(mostRetries)))
	}
	return cmp.Or(
		atLeast("health_interval", s.Interval, shortestInterval),
		atLeast("health_timeout", s.Timeout, shortestPause),
		retries,
		atLeast("health_start_period", s.StartPeriod, 0),
	)
}

func (s *Settings) checkWatchdog() error {
	switch {
	case s.Watchdog == 0:
		return nil
	case !notifies:
		return invalid("watchdog", s.Watchdog.String(), errors.New("this system does not say who sent a notification; health asks the program"))
	case s.WatchdogSignal == 0:
		return invalid("watchdog_signal", "0", errors.New("signal 0 does nothing"))
	}
	return atLeast("watchdog", s.Watchdog, shortestInterval)
}

func atLeast(key string, value, least time.Duration) error {
	if value < least {
		return invalid(key, value.String(), errors.New("it must be at least "+least.String()))
	}
	return nil
}

// Notified reports whether the program needs the address to send notifications to.
func (s *Settings) Notified() bool { return s.Ready.Kind == Notify || s.Watchdog != 0 }

// Judged reports whether anything will ever say that the program is healthy or not: what
// waits for it to be healthy would otherwise wait for ever.
func (s *Settings) Judged() bool { return s.Health.Kind != None || s.Watchdog != 0 }

// Longest returns how long it may take until a program that works was found ready and
// healthy.
func (s *Settings) Longest() (d time.Duration) {
	if s.Ready.Kind != None {
		d += s.ReadyTimeout
	}
	if s.Health.Kind != None {
		d += s.StartPeriod + s.Interval + s.Timeout
	}
	return d
}

// In returns s with the paths of its targets made absolute; see Target.In.
func (s Settings) In(dir string) (Settings, error) {
	var err error
	if s.Ready, err = s.Ready.In(dir); err == nil {
		s.Health, err = s.Health.In(dir)
	}
	return s, err
}
