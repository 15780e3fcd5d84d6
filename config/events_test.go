package config

import (
	"slices"
	"testing"

	"reeve/supervisor/event"
)

// events= accepts exactly the types that there are.
func TestEventNames(t *testing.T) {
	t.Parallel()
	var all []string
	for typ := range event.Types {
		all = append(all, event.Type(typ).String())
	}
	for _, name := range all {
		if !slices.Contains(eventNames, name) {
			t.Errorf("eventNames in config/listener.go lacks %s", name)
		}
	}
	for _, name := range eventNames {
		if !slices.Contains(all, name) {
			t.Errorf("eventNames in config/listener.go has %s, which is no type in supervisor/event", name)
		}
	}
}
