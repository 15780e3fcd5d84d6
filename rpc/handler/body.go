package handler

import (
	"errors"
	"io"
	"net/http"

	"reeve/rpc/budget"
	"reeve/rpc/transport"
)

const (
	// maxBody is the most bytes of a body; a transport may permit less.
	maxBody = 64 << 20
	// firstBody is the memory that a body gets because of its Content-Length; more comes
	// as the body does.
	firstBody = 64 << 10
)

// bodyOf returns the body of a request. Where it is in memory already, it has the method
// Bytes, as a bytes.Buffer does, and is not copied: it may be long.
func bodyOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if whole, ok := r.Body.(interface{ Bytes() []byte }); ok {
		return whole.Bytes(), nil
	}
	in := http.MaxBytesReader(w, r.Body, maxBody)
	var body []byte
	room := int(min(max(r.ContentLength, 0), firstBody)) + 1 // one more, to meet the end
	for {
		if len(body) == cap(body) {
			if budget.Body(r.Context()).Set(r.Context(), int64(room)) != nil {
				return nil, errNoMemory
			}
			body = append(make([]byte, 0, room), body...)
			room = max(2*room, firstBody)
		}
		n, err := in.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// refuse answers a request whose body was not taken. What follows on its connection is
// not read.
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusBadRequest // the client went away, or it sent less than it said
	if errors.Is(err, errNoMemory) {
		code = http.StatusServiceUnavailable
	} else if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		code = http.StatusRequestEntityTooLarge
	}
	w.Header().Set("Connection", "close")
	transport.ErrorPage(w, code)
}
