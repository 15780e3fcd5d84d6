package config

import (
	"fmt"
	"slices"
	"strings"

	"reeve/config/pytext"
)

// eventNames are the types that events= accepts.
var eventNames = []string{
	"EVENT", "PROCESS_STATE", "PROCESS_STATE_STOPPED", "PROCESS_STATE_EXITED", "PROCESS_STATE_STARTING", "PROCESS_STATE_STOPPING",
	"PROCESS_STATE_BACKOFF", "PROCESS_STATE_FATAL", "PROCESS_STATE_RUNNING", "PROCESS_STATE_UNKNOWN", "PROCESS_COMMUNICATION",
	"PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDERR", "PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR",
	"REMOTE_COMMUNICATION", "SUPERVISOR_STATE_CHANGE", "SUPERVISOR_STATE_CHANGE_RUNNING", "SUPERVISOR_STATE_CHANGE_STOPPING",
	"TICK", "TICK_5", "TICK_60", "TICK_3600", "PROCESS_GROUP", "PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED",
}

// listener reads an [eventlistener:x] (facts 81-86).
func (b *builder) listener(section string, _ map[string]bool) (*Group, error) {
	_, name, _ := strings.Cut(section, ":")
	s := b.section(section, b.global.with("here", b.cfg.Here))
	g := &Group{Name: name, Kind: KindEventListener, Listener: &Listener{}}
	var err error
	if g.Priority, err = value(s, "priority", "-1", ParseInt); err != nil {
		return nil, err
	}
	if g.Listener.BufferSize, err = value(s, "buffer_size", "10", ParseInt); err != nil {
		return nil, err
	}
	if g.Listener.BufferSize < 1 {
		return nil, fmt.Errorf("[%s] section sets invalid buffer_size (%d)", section, g.Listener.BufferSize)
	}
	handler, err := s.text("result_handler", DefaultHandler)
	if err != nil {
		return nil, err
	}
	var found bool
	if g.Listener.ResultHandler, found = known(Handlers, handler); !found {
		return nil, unresolved(handler, section, "the handler has to be", Handlers)
	}
	if g.Listener.LengthInBytes, err = value(s, "payload_length", "characters", parseLengthUnit); err != nil {
		return nil, within(err, " in section [%s]", section)
	}
	events, err := s.text("events", "")
	if err != nil {
		return nil, err
	}
	if events == "" {
		return nil, fmt.Errorf("[%s] section requires an \"events\" line", section)
	}
	for _, event := range parseList(strings.ToUpper(events)) {
		if !slices.Contains(eventNames, event) {
			return nil, fmt.Errorf("Unknown event type %s in [%s] events", event, section)
		}
		if !slices.Contains(g.Listener.Events, event) {
			g.Listener.Events = append(g.Listener.Events, event)
		}
	}
	redirect, err := value(s, "redirect_stderr", "false", parseBool)
	if err != nil {
		return nil, err
	}
	if redirect {
		return nil, fmt.Errorf("[%s] section sets redirect_stderr=true but this is not allowed because it will interfere "+
			"with the eventlistener protocol", section)
	}
	g.Processes, err = b.processes(section, name)
	return g, err
}

// parseLengthUnit reads what `len` counts and reports whether that is bytes. Upstream has
// no such key and counts characters.
func parseLengthUnit(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "characters":
		return false, nil
	case "bytes":
		return true, nil
	}
	return false, fmt.Errorf("invalid payload_length value %s, neither characters nor bytes,", pytext.Repr(text))
}
