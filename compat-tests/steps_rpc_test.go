package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kolo/xmlrpc"
)

// client returns a client of the daemon's unix socket, or of its TCP port.
func (in *instance) client(tcp bool) *http.Client {
	return &http.Client{Timeout: in.limit(), Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return in.dial(tcp) },
	}}
}

func (in *instance) dial(tcp bool) (net.Conn, error) {
	if tcp {
		return net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", in.port), 5*time.Second)
	}
	return net.DialTimeout("unix", in.path("s.sock"), 5*time.Second)
}

// call makes one XML-RPC call; kolo/xmlrpc encodes it.
func (in *instance) call(method string, args ...any) (value, error) {
	body, err := xmlrpc.EncodeMethodCall(method, args...)
	if err != nil {
		return value{}, err
	}
	return in.postXML(body)
}

func (in *instance) postXML(body []byte) (value, error) {
	resp, err := in.client(false).Post("http://localhost/RPC2", "text/xml", bytes.NewReader(body))
	if err != nil {
		return value{}, fmt.Errorf("no answer")
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil && len(reply) == 0 {
		return value{}, fmt.Errorf("cannot read the reply: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return value{}, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return decodeReply(reply)
}

func writeReply(w *strings.Builder, v value, err error) {
	if err != nil {
		fmt.Fprintln(w, err)
		return
	}
	v.format(w)
	w.WriteByte('\n')
}

// argument reads a word as JSON, or else as a string; numbers without a point are ints.
func argument(word string) any {
	d := json.NewDecoder(strings.NewReader(word))
	d.UseNumber()
	var v any
	if strings.TrimSpace(word) != word || d.Decode(&v) != nil || d.More() {
		return word
	}
	return plain(v)
}

func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

func stepRPC(in *instance, w *strings.Builder, args []string) error {
	v, err := in.callWords(args)
	writeReply(w, v, err)
	return nil
}

func stepRPCSorted(in *instance, w *strings.Builder, args []string) error {
	v, err := in.callWords(args)
	slices.SortFunc(v.items, func(a, b value) int {
		var as, bs strings.Builder
		a.format(&as)
		b.format(&bs)
		return strings.Compare(as.String(), bs.String())
	})
	writeReply(w, v, err)
	return nil
}

func (in *instance) callWords(args []string) (value, error) {
	var values []any
	for _, word := range args[1:] {
		values = append(values, argument(word))
	}
	v, err := in.call(args[0], values...)
	if args[0] == "system.listMethods" {
		v.items = slices.DeleteFunc(v.items, isOurMethod)
	}
	return v, err
}

// isOurMethod reports whether a method is in the namespace reeve, which upstream lacks
// (row reeve-namespace).
func isOurMethod(name value) bool { return strings.HasPrefix(name.text, "reeve.") }

// stepPost sends a call's body as it is.
func stepPost(in *instance, w *strings.Builder, args []string) error {
	v, err := in.postXML([]byte(args[0]))
	writeReply(w, v, err)
	return nil
}

// stepKolo makes the call with kolo/xmlrpc's own client, transport and decoder: an
// independent reader of our XML.
func stepKolo(in *instance, w *strings.Builder, args []string) error {
	c, err := xmlrpc.NewClient("http://localhost/RPC2", in.client(false).Transport)
	if err != nil {
		return err
	}
	defer c.Close()
	var values []any
	for _, word := range args[1:] {
		values = append(values, argument(word))
	}
	var reply any
	if err := c.Call(args[0], values, &reply); err != nil {
		fmt.Fprintln(w, err)
		return nil
	}
	text, err := json.Marshal(reply)
	fmt.Fprintf(w, "%s\n", text)
	return err
}

func stepConfig(in *instance, w *strings.Builder, names []string) error {
	return in.pick(w, "supervisor.getAllConfigInfo", names)
}

func stepInfo(in *instance, w *strings.Builder, names []string) error {
	return in.pick(w, "supervisor.getAllProcessInfo", names)
}

// pick shows the structs whose name is one of the names (* ends a prefix), one member per
// line.
func (in *instance) pick(w *strings.Builder, method string, names []string) error {
	v, err := in.call(method)
	if err != nil {
		fmt.Fprintln(w, err)
		return nil
	}
	for _, item := range v.items {
		if !slices.ContainsFunc(names, func(n string) bool { ok, _ := path.Match(n, item.member("name").text); return ok }) {
			continue
		}
		// 4.2.5 has no autorestart here: docs/compat.md, autorestart-in-config.
		if i := slices.Index(item.names, "autorestart"); i >= 0 {
			item.names, item.items = slices.Delete(item.names, i, i+1), slices.Delete(item.items, i, i+1)
		}
		var one strings.Builder
		item.format(&one)
		w.WriteString(one.String() + "\n")
	}
	return nil
}
