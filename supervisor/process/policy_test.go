package process_test

import (
	"encoding/json"
	"reflect"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/process"
)

// TestStopSequenceAsJSON: one signal is a number, as in what older programs have left.
func TestStopSequenceAsJSON(t *testing.T) {
	for want, s := range map[string]process.StopSequence{
		"15": process.StopBy(syscall.SIGTERM),
		`[{"Signal":15},{"After":1000,"Signal":9}]`: {{Signal: syscall.SIGTERM}, {After: 1000 * time.Nanosecond, Signal: syscall.SIGKILL}},
		"null": nil,
	} {
		text, err := json.Marshal(s)
		if err != nil || string(text) != want {
			t.Errorf("%v: %s, %v; want %s", s, text, err, want)
		}
		var back process.StopSequence
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
}
