package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"reeve/rpc/budget"
	"reeve/rpc/turn"
	"reeve/rpc/xmlrpc"
)

var errNoMemory = errors.New("no memory left for the call")

// decode decodes the body. The values of a large body take about its length, and
// elementSize for each element, from the budget. Package turn limits how many large
// bodies are decoded at a time.
func (c *conn) decode() (call xmlrpc.Call, err error) {
	const elementSize = 64
	if len(c.body) <= budget.Small {
		return xmlrpc.DecodeCall(c.body)
	}
	elements := (bytes.Count(c.body, []byte("<")) + bytes.Count(c.body, []byte("/>"))) / 2
	if c.inbound.Add(c.ctx, int64(len(c.body)+elements*elementSize)) != nil {
		return call, errNoMemory
	}
	turn.Take(func() { call, err = xmlrpc.DecodeCall(c.body) })
	return call, err
}

// errManyWait is the answer when so many calls take long that there would be no room for
// short ones.
var errManyWait = &xmlrpc.Fault{Code: 30, Text: "FAILED: too many requests are waiting for their answers"}

// serveRPC answers an XML-RPC call (facts 229-236: method, length, body, values, layout
// of the reply).
func (c *conn) serveRPC(length bool) {
	rpc := c.s.handlers.RPC
	switch {
	case rpc == nil:
		c.error(http.StatusNotFound)
		return
	case string(c.head.method) != http.MethodPost:
		c.error(http.StatusBadRequest)
		return
	case !length:
		c.error(http.StatusLengthRequired)
		return
	}
	call, err := c.decode()
	if errors.Is(err, errNoMemory) {
		c.refuse(http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		why := "unmarshallable"
		if errors.Is(err, xmlrpc.ErrNoMethod) {
			why = "no method name"
		}
		c.s.log(Error, "XML-RPC request data "+quoted(c.body)+" is invalid: "+why)
		c.error(http.StatusBadRequest)
		return
	}
	if !rpc.Prompt(call.Method) {
		if !c.flush() {
			return
		}
		if !c.occupy(waiting) {
			c.send(xmlrpc.AppendFault(c.begin(), errManyWait), http.StatusOK, "text/xml", "")
			return
		}
	}
	tracing := c.s.tracing()
	if tracing {
		c.s.log(Trace, "XML-RPC method called: "+printable(call.Method)+"()")
	}
	c.watch.begin(c, c.s.options.Limits.WatchFor)
	out, err := rpc.Call(c.ctx, call, c.begin())
	c.watch.end(c)
	if fault, ok := errors.AsType[*xmlrpc.Fault](err); ok {
		if tracing {
			c.s.log(Trace, fmt.Sprintf("XML-RPC method %s() returned fault: [%d] %s", printable(call.Method), fault.Code, printable(fault.Text)))
		}
		c.send(xmlrpc.AppendFault(c.begin(), fault), http.StatusOK, "text/xml", "")
		return
	}
	if err != nil {
		c.s.log(Critical, fmt.Sprintf("Handling XML-RPC request for %s() raised an unexpected exception: %s", printable(call.Method), printable(err.Error())))
		c.error(http.StatusInternalServerError)
		return
	}
	if tracing {
		c.s.log(Trace, "XML-RPC method "+printable(call.Method)+"() returned successfully")
	}
	c.send(out, http.StatusOK, "text/xml", "")
}
