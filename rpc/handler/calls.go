package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"reeve/rpc/budget"
	"reeve/rpc/carry"
	"reeve/rpc/transport"
	"reeve/rpc/turn"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor/process"
)

// Calls answers XML-RPC calls. It is safe for concurrent use.
type Calls struct {
	RPC RPC
	// Log writes a line to the daemon's log. nil: nothing is logged.
	Log func(level process.Level, line string)
	// Tracing reports whether lines of level Trace are wanted; if not, they are not even
	// made. nil: they are wanted.
	Tracing func() bool
}

func (h *Calls) log(level process.Level, line string) {
	if h.Log != nil {
		h.Log(level, line)
	}
}

func (h *Calls) tracing() bool { return h.Log != nil && (h.Tracing == nil || h.Tracing()) }

var (
	errNoMemory = errors.New("no memory left for the call")
	// errManyWait is the answer when so many calls take long that there would be no room
	// for short ones.
	errManyWait = &xmlrpc.Fault{Code: 30, Text: "FAILED: too many requests are waiting for their answers"}
)

// ServeHTTP answers a call (facts 229-236: method, length, body, values, layout of the
// reply).
func (h *Calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		transport.ErrorPage(w, http.StatusBadRequest)
		return
	}
	if !transport.HasLength(r) {
		transport.ErrorPage(w, http.StatusLengthRequired)
		return
	}
	body, err := bodyOf(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	call, err := decode(r.Context(), body)
	switch {
	case errors.Is(err, errNoMemory):
		refuse(w, err)
	case err != nil:
		why := "unmarshallable"
		if errors.Is(err, xmlrpc.ErrNoMethod) {
			why = "no method name"
		}
		h.log(process.Error, "XML-RPC request data "+quoted(body)+" is invalid: "+why)
		transport.ErrorPage(w, http.StatusBadRequest)
	default:
		h.answer(w, r, call)
	}
}

// decode decodes a body. The values of a large one take about its length, and elementSize
// for each element, from the budget. Package turn limits how many large bodies are
// decoded at a time.
func decode(ctx context.Context, body []byte) (call xmlrpc.Call, err error) {
	const elementSize = 64
	if len(body) <= budget.Small {
		return xmlrpc.DecodeCall(body)
	}
	elements := (bytes.Count(body, []byte("<")) + bytes.Count(body, []byte("/>"))) / 2
	if budget.Body(ctx).Add(ctx, int64(len(body)+elements*elementSize)) != nil {
		return call, errNoMemory
	}
	turn.Take(func() { call, err = xmlrpc.DecodeCall(body) })
	return call, err
}

// answer carries a call out.
func (h *Calls) answer(w http.ResponseWriter, r *http.Request, call xmlrpc.Call) {
	buf := replies.Get().(*[]byte)
	defer giveBack(buf)
	if !h.RPC.Prompt(call.Method) && !budget.Lasts(r.Context(), budget.Wait) {
		*buf = xmlrpc.AppendFault((*buf)[:0], errManyWait)
		send(w, *buf)
		return
	}
	tracing := h.tracing()
	c := carry.Of(r.Context())
	if tracing && !c.Again() {
		h.log(process.Trace, "XML-RPC method called: "+transport.Printable(call.Method)+"()")
	}
	out, err := h.RPC.Call(r.Context(), call, (*buf)[:0])
	if c.Handed() {
		return
	}
	fault, ok := errors.AsType[*xmlrpc.Fault](err)
	switch {
	case ok:
		if tracing {
			h.log(process.Trace, fmt.Sprintf("XML-RPC method %s() returned fault: [%d] %s", transport.Printable(call.Method), fault.Code, transport.Printable(fault.Text)))
		}
		out = xmlrpc.AppendFault((*buf)[:0], fault)
	case err != nil:
		h.log(process.Critical, fmt.Sprintf("Handling XML-RPC request for %s() raised an unexpected exception: %s", transport.Printable(call.Method), transport.Printable(err.Error())))
		transport.ErrorPage(w, http.StatusInternalServerError)
		return
	case tracing:
		h.log(process.Trace, "XML-RPC method "+transport.Printable(call.Method)+"() returned successfully")
	}
	*buf = out
	send(w, out)
}

// xmlType is shared by all replies; nobody changes it.
var xmlType = []string{"text/xml"}

// ownLength is the size up to which every server finds out a reply's length by itself.
const ownLength = 1 << 10

// send sends a reply document.
func send(w http.ResponseWriter, out []byte) {
	header := w.Header()
	header["Content-Type"] = xmlType
	if len(out) > ownLength {
		header["Content-Length"] = []string{strconv.Itoa(len(out))}
	}
	_, _ = w.Write(out)
}

// keptReply is the size of the largest buffer of a reply that is used again.
const keptReply = 8 << 20

// replies holds the buffers of replies that are not in use, of any size: a client that
// polls a long reply finds the one it had.
var replies = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

func giveBack(buf *[]byte) {
	if cap(*buf) <= keptReply {
		replies.Put(buf)
	}
}

// quoted returns the first 200 bytes of a body, quoted.
func quoted(body []byte) string {
	more := ""
	if len(body) > 200 {
		body, more = body[:200], "..."
	}
	q := strconv.Quote(string(body))
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + more + "'"
}
