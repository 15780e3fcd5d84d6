package config

import (
	"fmt"
	"slices"
	"strings"
)

// eventNames are the types that events= accepts: upstream's, then ours.
var eventNames = []string{
	"EVENT", "PROCESS_STATE", "PROCESS_STATE_STOPPED", "PROCESS_STATE_EXITED", "PROCESS_STATE_STARTING", "PROCESS_STATE_STOPPING",
	"PROCESS_STATE_BACKOFF", "PROCESS_STATE_FATAL", "PROCESS_STATE_RUNNING", "PROCESS_STATE_UNKNOWN", "PROCESS_COMMUNICATION",
	"PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDERR", "PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR",
	"REMOTE_COMMUNICATION", "SUPERVISOR_STATE_CHANGE", "SUPERVISOR_STATE_CHANGE_RUNNING", "SUPERVISOR_STATE_CHANGE_STOPPING",
	"TICK", "TICK_5", "TICK_60", "TICK_3600", "PROCESS_GROUP", "PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED",
	"REEVE", "REEVE_READY", "REEVE_HEALTH", "REEVE_WAITING", "REEVE_ROLL",
}

// listener reads an [eventlistener:x] (facts 81-86).
func (b *builder) listener(section string, _ map[string]bool) (*Group, error) {
	_, name, _ := strings.Cut(section, ":")
	s := b.section(section, b.global.with("here", b.cfg.Here))
	g := &Group{Name: name, Kind: KindEventListener, Listener: &Listener{}}
	if err := s.read(g.listenerOptions(s)); err != nil {
		return nil, err
	}
	var err error
	g.Processes, err = b.processes(section, name)
	return g, err
}

func (s *section) parseBufferSize(text string) (int, error) {
	n, err := ParseInt(text)
	if err == nil && n < 1 {
		err = fmt.Errorf("[%s] section sets invalid buffer_size (%d)", s.name, n)
	}
	return n, err
}

func (s *section) parseHandler(text string) (string, error) {
	handler, found := known(Handlers, text)
	if !found {
		return "", unresolved(handler, s.name, "the handler has to be", Handlers)
	}
	return handler, nil
}

const noEvents = `[%s] section requires an "events" line`

func (s *section) parseEvents(text string) ([]string, error) {
	if text == "" {
		return nil, fmt.Errorf(noEvents, s.name)
	}
	var events []string
	for _, event := range parseList(strings.ToUpper(text)) {
		if !slices.Contains(eventNames, event) {
			return nil, fmt.Errorf("Unknown event type %s in [%s] events", event, s.name)
		}
		if !slices.Contains(events, event) {
			events = append(events, event)
		}
	}
	return events, nil
}

// readNotRedirected refuses redirect_stderr=true: a listener's output is its protocol.
func readNotRedirected(s *section, o *option) error {
	text, err := s.text(o)
	if err != nil {
		return err
	}
	on, err := parseBool(text)
	if on {
		err = fmt.Errorf("[%s] section sets redirect_stderr=true but this is not allowed because it will interfere "+
			"with the eventlistener protocol", s.name)
	}
	return err
}
