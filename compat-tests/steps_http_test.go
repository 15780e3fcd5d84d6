package compat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stepHTTP makes one ordinary request and shows status, headers and body:
//
//	http [tcp] METHOD PATH [-H 'Name: value']… [-u user:password] [-d BODY]
//		[-headers | -all | -status]
func stepHTTP(in *instance, w *strings.Builder, args []string) error {
	tcp := args[0] == "tcp"
	if tcp {
		args = args[1:]
	}
	if len(args) < 2 {
		return fmt.Errorf("http METHOD PATH")
	}
	method, path, args := args[0], args[1], args[2:]
	var headers []string
	body, what, user := "", "", ""
	for len(args) > 0 {
		switch flag := args[0]; {
		case flag == "-headers" || flag == "-status" || flag == "-all":
			what, args = flag, args[1:]
			continue
		case len(args) < 2:
			return fmt.Errorf("%s needs a value", flag)
		case flag == "-H":
			headers = append(headers, args[1])
		case flag == "-u":
			user = args[1]
		case flag == "-d":
			body = args[1]
		default:
			return fmt.Errorf("unknown flag %s", flag)
		}
		args = args[2:]
	}
	req, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.URL.Opaque = path // not escaped
	for _, h := range headers {
		name, val, _ := strings.Cut(h, ":")
		// Package http takes the host from nowhere else.
		if val = strings.TrimSpace(val); name == "Host" {
			req.Host = val
		}
		req.Header.Set(name, val)
	}
	if user != "" {
		name, password, _ := strings.Cut(user, ":")
		req.SetBasicAuth(name, password)
	}
	client := in.client(tcp)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		in.timedOut = true
		fmt.Fprintln(w, "no answer")
		return nil
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	fmt.Fprintln(w, resp.Status)
	if what == "-status" {
		return nil
	}
	writeHeaders(w, resp.Header, len(data), what == "-all")
	if what != "-headers" {
		w.WriteString(endLine(strings.ReplaceAll(string(data), "\r", "\\r")))
	}
	return nil
}

// securityHeaders are sent by our daemon alone: docs/compat.md, security-headers.
var securityHeaders = []string{
	"Content-Security-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
}

// writeHeaders leaves out what is not promised: the values of Server and Date, the length
// where it is the body's, and, unless all is set, the headers that are ours alone.
func writeHeaders(w *strings.Builder, h http.Header, length int, all bool) {
	var lines []string
	for name, values := range h {
		for _, v := range values {
			switch {
			case slices.Contains(securityHeaders, name) && !all:
				continue
			case name == "Server" || name == "Date":
				v = "(any)"
			case name == "Content-Length" && v == strconv.Itoa(length):
				v = "(the body's)"
			}
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		w.WriteString(line + "\n")
	}
}

// stepRaw sends bytes on a connection of its own and shows the replies:
//
//	raw [tcp] BYTES [N | closed | open]
//
// N replies (default 1) are read; "closed" then waits for the end of the connection,
// "open" shows that it has not ended by requesting /RPC2 with GET.
func stepRaw(in *instance, w *strings.Builder, args []string) error {
	tcp := args[0] == "tcp"
	if tcp {
		args = args[1:]
	}
	conn, err := in.dial(tcp)
	if err != nil {
		fmt.Fprintln(w, "no connection")
		return nil
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(in.limit()))
	if _, err := io.WriteString(conn, args[0]); err != nil {
		return err
	}
	n, then := 1, ""
	for _, a := range args[1:] {
		if count, err := strconv.Atoi(a); err == nil {
			n = count
		} else {
			then = a
		}
	}
	r := bufio.NewReader(conn)
	for range n {
		if !readRaw(w, r) {
			return nil
		}
	}
	switch then {
	case "open":
		_, _ = io.WriteString(conn, "GET /RPC2 HTTP/1.1\r\n\r\n")
		if line, err := r.ReadString('\n'); err != nil {
			fmt.Fprintln(w, "no longer open")
		} else {
			fmt.Fprintf(w, "still open: %q %v\n", line, err)
		}
	case "closed":
		rest, err := io.ReadAll(r)
		if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			fmt.Fprintln(w, "TIMEOUT: still open")
			return nil
		}
		fmt.Fprintf(w, "closed, after %q\n", rest)
	}
	return nil
}

// readRaw shows one reply: its status line unchanged, headers, body.
func readRaw(w *strings.Builder, r *bufio.Reader) bool {
	line, err := r.ReadString('\n')
	if line == "" {
		fmt.Fprintln(w, "closed without a reply:", errors.Is(err, io.EOF))
		return false
	}
	fmt.Fprintf(w, "%q\n", line)
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		fmt.Fprintln(w, "bad head:", err)
		return false
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		writeHeaders(w, http.Header(header), -1, false)
		return true
	}
	body := make([]byte, length)
	n, _ := io.ReadFull(r, body)
	writeHeaders(w, http.Header(header), n, false)
	w.WriteString(endLine(strings.ReplaceAll(string(body[:n]), "\r", "\\r")))
	return true
}

// logStream is an open request for /logtail or /mainlogtail.
type logStream struct {
	conn net.Conn
	mu   sync.Mutex
	data strings.Builder
	end  string
}

func (s *logStream) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data.String()
}

// stepStream handles one stream: "stream PATH" opens it and shows its head, "stream show"
// shows what has arrived since it was opened, "stream close" ends it.
func stepStream(in *instance, w *strings.Builder, args []string) error {
	switch args[0] {
	case "close", "show":
		if in.stream == nil {
			return fmt.Errorf("no stream")
		}
		text := in.stream.text()
		in.stream.mu.Lock()
		end := in.stream.end
		in.stream.mu.Unlock()
		w.WriteString(endLine(text))
		if end != "" {
			fmt.Fprintln(w, end)
		}
		if args[0] == "close" {
			in.stream.conn.Close()
			in.stream = nil
		}
		return nil
	}
	conn, err := in.dial(false)
	if err != nil {
		fmt.Fprintln(w, "no connection")
		return nil
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", args[0])
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Close()
		fmt.Fprintln(w, "no answer")
		return nil
	}
	fmt.Fprintln(w, resp.Status, resp.TransferEncoding)
	resp.Header.Del("Last-Modified")
	writeHeaders(w, resp.Header, -1, false)
	s := &logStream{conn: conn}
	in.stream = s
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := resp.Body.Read(buf)
			s.mu.Lock()
			s.data.Write(buf[:n])
			if err != nil {
				s.end = "(ended)"
			}
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return nil
}
