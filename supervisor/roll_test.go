package supervisor

import (
	"testing"

	"reeve/supervisor/internal/roll"
)

// TestRollWatchersAreBounded: clients that ask for news and leave cost no more than so many.
func TestRollWatchersAreBounded(t *testing.T) {
	rs := rolls{callers: &callers{}, all: []*rolling{{id: 1, machine: roll.New(roll.Options{}, nil)}}}
	first := rollWait{1, 0, newReply[RollInfo]()}
	rs.watch(first)
	for range 2 * watchersMost {
		rs.watch(rollWait{1, 0, newReply[RollInfo]()})
	}
	if len(rs.watching) != watchersMost {
		t.Errorf("%d wait, at most %d may", len(rs.watching), watchersMost)
	}
	if a := <-first.reply; a.err != nil || a.value.ID != 1 {
		t.Errorf("the oldest got %+v, %v", a.value, a.err)
	}
}
