package httpd

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"reeve/supervisor/logfile"
)

// firstTail is how many bytes of a log's end a stream starts with (fact 226).
const firstTail = 1024

// serveProcessLog answers /logtail/NAME[/CHANNEL] (fact 225: names and refusals of log
// tails). The path is decoded a second time, as upstream does; the first component may be
// anything that begins with logtail.
func (c *conn) serveProcessLog(bool) {
	if string(c.head.method) != http.MethodGet {
		c.error(http.StatusBadRequest)
		return
	}
	path := strings.TrimLeft(unquote(c.target.path), "/")
	// if nothing follows there is no such process; upstream answers 500
	_, rest, _ := strings.Cut(path, "/")
	name, channel, given := strings.Cut(rest, "/")
	if !given {
		channel = "stdout"
	}
	if c.s.handlers.Logs == nil || name == "" || channel != "stdout" && channel != "stderr" {
		c.error(http.StatusNotFound)
		return
	}
	file, err := c.s.handlers.Logs.ProcessLog(c.ctx, name, channel)
	if err != nil {
		c.error(http.StatusNotFound)
		return
	}
	c.stream(file, "X-Accel-Buffering: no\r\n")
}

// serveMainLog answers /mainlogtail.
func (c *conn) serveMainLog(bool) {
	if string(c.head.method) != http.MethodGet {
		c.error(http.StatusBadRequest)
		return
	}
	if c.s.handlers.Logs == nil {
		c.error(http.StatusNotFound)
		return
	}
	file, err := c.s.handlers.Logs.MainLog()
	if err != nil {
		c.error(http.StatusNotFound)
		return
	}
	c.stream(file, "")
}

// stream sends the end of a log and then whatever is added to it, until the client goes
// away or the server stops. An HTTP/1.1 client gets chunks. Any other client, and one
// that sent Connection: close, gets the bare text at once, where upstream collects 64 KiB
// first (fact 228: log tails by HTTP/1.0).
func (c *conn) stream(file, extra string) {
	if !c.occupy(streams) {
		c.error(http.StatusServiceUnavailable)
		return
	}
	f, err := logfile.Follow(file, firstTail)
	if err != nil {
		c.error(http.StatusNotFound)
		return
	}
	defer f.Close()
	chunked := c.keep && string(c.head.version) == "1.1"
	c.keep = false // the stream only ends with the connection
	b := c.appendHead(c.out[:0], http.StatusOK, "text/plain;charset=utf-8", -1)
	b = append(b, "Last-Modified: "...)
	b = f.ModTime().UTC().AppendFormat(b, http.TimeFormat)
	b = append(b, crlf...)
	b = append(b, extra...)
	if chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	b = append(b, crlf...)
	c.watch.begin(c, 0)
	timer := time.NewTicker(c.s.options.Limits.PollFor)
	defer timer.Stop()
	for {
		for { // everything that is there now
			data, err := f.Next()
			if err != nil {
				c.write(b)
				return
			}
			if len(data) > 0 {
				b = appendChunk(b, data, chunked)
			}
			if len(b) > 0 && !c.write(b) {
				return
			}
			b = b[:0]
			if len(data) == 0 {
				break
			}
		}
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			return
		case <-c.s.stop:
			if chunked {
				c.write(append(b, "0\r\n\r\n"...))
			}
			return
		}
	}
}

func appendChunk(b, data []byte, chunked bool) []byte {
	if !chunked {
		return append(b, data...)
	}
	b = strconv.AppendInt(b, int64(len(data)), 16)
	b = append(b, crlf...)
	b = append(b, data...)
	return append(b, crlf...)
}
