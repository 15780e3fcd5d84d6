package caller_test

import (
	"context"
	"testing"

	"reeve/rpc/caller"
)

func TestOf(t *testing.T) {
	t.Parallel()
	if who := caller.Of(t.Context()); *who != (caller.Identity{}) || who.Auth != caller.Unknown || who.Site != caller.Unsure {
		t.Errorf("without an identity: %+v", who)
	}
	alice := &caller.Identity{User: "alice", Auth: caller.Password, Site: caller.Script}
	ctx, cancel := context.WithCancel(caller.With(t.Context(), alice))
	defer cancel()
	if caller.Of(ctx) != alice {
		t.Errorf("got %+v", caller.Of(ctx))
	}
	bob := &caller.Identity{User: "bob"}
	if caller.Of(caller.With(ctx, bob)) != bob || caller.Of(ctx) != alice {
		t.Error("the inner identity counts, and only inside")
	}
}
