package supervisor

import (
	"context"
	"encoding/json"
)

// headRequest changes what the trail begins with.
type headRequest struct {
	head  json.RawMessage
	reply reply[none]
}

// NoteHead replaces Options.TrailHead, because what the program needs to come back has
// changed.
func (s Succession) NoteHead(ctx context.Context, head json.RawMessage) error {
	r := headRequest{head, newReply[none]()}
	_, err := ask(ctx, s.s, r, r.reply)
	return err
}

func (r headRequest) serve(l *loop) {
	if l.trail != nil {
		l.trail.head = func() json.RawMessage { return r.head }
		l.trail.shape = trailShape{} // the whole state is written again
	}
	r.reply.ok(none{})
}
