package httpd

import (
	"errors"
	"fmt"
	"net/http"

	"reeve/rpc/xmlrpc"
)

// serveRPC answers a call (checklist 229-236).
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
	call, err := xmlrpc.DecodeCall(c.body)
	if err != nil {
		why := "unmarshallable"
		if errors.Is(err, xmlrpc.ErrNoMethod) {
			why = "no method name"
		}
		c.s.log(Error, "XML-RPC request data "+quoted(c.body)+" is invalid: "+why)
		c.error(http.StatusBadRequest)
		return
	}
	if !rpc.Prompt(call.Method) && !c.flush() {
		return
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
