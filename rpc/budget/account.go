package budget

import "context"

// Account is what one request may cost; its transport makes it.
type Account struct {
	Body, Reply *Share // for the request's body and what becomes of it; for the reply
	// Lasts reports whether there is room for one more request that takes long.
	Lasts func(Long) bool
}

// Long is the kind of a request that takes long on our side, so that its connection
// cannot be closed to make room for another.
type Long int

// The kinds.
const (
	Wait   Long = iota // a call that waits
	Stream             // an answer that does not end by itself
)

type key struct{}

// With returns a context that carries the account of a request.
func With(ctx context.Context, a *Account) context.Context { return context.WithValue(ctx, key{}, a) }

func of(ctx context.Context) *Account {
	a, _ := ctx.Value(key{}).(*Account)
	return a
}

// Of returns the share for the reply to the request that a context is of, or nil.
func Of(ctx context.Context) *Share {
	if a := of(ctx); a != nil {
		return a.Reply
	}
	return nil
}

// Body returns the share for the body of the request that a context is of, or nil.
func Body(ctx context.Context) *Share {
	if a := of(ctx); a != nil {
		return a.Body
	}
	return nil
}

// Lasts declares that the answer to a request takes long. False: too many do, and the
// request has to be refused.
func Lasts(ctx context.Context, kind Long) bool {
	a := of(ctx)
	return a == nil || a.Lasts == nil || a.Lasts(kind)
}
