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

// Head is NoteHead before Run.
func (s Succession) Head(head json.RawMessage) {
	if t := s.s.loop.trail; t != nil {
		t.head = head
	}
}

func (r headRequest) serve(l *loop) {
	if l.trail != nil {
		l.trail.head, l.trail.shape = r.head, trailShape{} // the whole state is written again
	}
	r.reply.ok(none{})
}
