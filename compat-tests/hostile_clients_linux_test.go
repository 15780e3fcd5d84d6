package compat

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const inet = "[inet_http_server]\nport=127.0.0.1:{{.Port}}\n"

// flood opens connections over TCP, each with the same request.
func (in *instance) flood(n int, request string) []net.Conn {
	in.t.Helper()
	var all []net.Conn
	for range n {
		c, err := in.dial(true)
		if err != nil {
			in.t.Fatal(err)
		}
		in.t.Cleanup(func() { c.Close() })
		_, _ = io.WriteString(c, request) // an old one may have been closed already
		all = append(all, c)
	}
	return all
}

// answered fails the test unless a client that comes now gets its answer over TCP.
func (in *instance) answered() {
	in.t.Helper()
	in.await("an answer over TCP", func() bool {
		c, err := in.dial(true)
		if err != nil {
			return false
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(c, "GET /ok.html HTTP/1.0\r\n\r\n")
		reply, _ := io.ReadAll(c)
		return strings.HasSuffix(string(reply), "\r\n\r\nOK")
	})
}

// Clients that open connections and then do nothing, or say half of what they have to,
// more than the daemon has descriptors.
func TestHostileIdleClients(t *testing.T) {
	for name, request := range map[string]string{
		"nothing": "", "half a head": "GET / HTTP/1.1\r\nHost:", "half a body": "POST /RPC2 HTTP/1.1\r\nContent-Length: 100\r\n\r\n<",
		"another request": "GET /ok.html HTTP/1.1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			in := hostile(t, inet)
			in.under = "ulimit -n 1024"
			in.mustStart()
			in.flood(1100, request)
			in.served()
			out, err := in.command(in.ctl, "-c", in.path("supervisord.conf"), "start", "other").CombinedOutput()
			if err != nil || string(out) != "other: started\n" {
				t.Errorf("supervisorctl: %q, %v", out, err)
			}
			in.answered()
			in.await("a line about it", func() bool { return in.has("supervisord.log", "(max_connections): the one that was idle", 1) })
			in.stopDaemon()
		})
	}
}

// Streams and waiting calls leave room for others.
func TestHostileManyStreams(t *testing.T) {
	in := hostile(t, inet+"max_connections=64\n[program:slow]\ncommand=/bin/sleep 600\nautostart=false\nstartsecs=600\n")
	in.mustStart()
	const call = "<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>slow</value></param></params></methodCall>"
	for name, c := range map[string]struct {
		request, refused string
		served           int
	}{
		"log":    {"GET /mainlogtail HTTP/1.1\r\n\r\n", "HTTP/1.1 503 ", 32},
		"events": {"GET /live/events HTTP/1.1\r\n\r\n", "HTTP/1.1 503 ", 32},
	} {
		refused := 0
		for range 48 {
			conn := in.flood(1, c.request)[0]
			_ = conn.SetDeadline(time.Now().Add(patience))
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil {
				t.Fatalf("%s: no answer: %v", name, err)
			}
			if strings.HasPrefix(line, c.refused) {
				refused++
			}
		}
		if refused < 48-c.served {
			t.Errorf("%s: %d of 48 were refused", name, refused)
		}
	}
	in.answered()
	in.flood(60, fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(call), call))
	in.answered()
	in.served()
}

// peak is the most memory that the daemon had, in MiB.
func (in *instance) peak() int {
	in.t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(in.cmd.Process.Pid) + "/status")
	if err != nil {
		in.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		in.t.Fatal(err)
	}
	return kib >> 10
}

// readLogs is a request for the whole log of a program, many times over.
func readLogs(times int) string {
	const one = "<value><struct><member><name>methodName</name><value>supervisor.readProcessLog</value></member>" +
		"<member><name>params</name><value><array><data><value>big</value><value><int>0</int></value><value><int>0</int></value></data></array></value></member></struct></value>"
	body := "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>" + strings.Repeat(one, times) + "</data></array></value></param></params></methodCall>"
	return fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// mostMemory is what no client can make the daemon exceed, in MiB: what replies may hold,
// and garbage of the same size twice.
const mostMemory = 700

// One small request for many copies of a log, and many clients that ask for it and do not
// read.
func TestHostileLargeReplies(t *testing.T) {
	in := hostile(t, inet+"[program:big]\ncommand=/bin/true\nautostart=false\nstdout_logfile={{.Dir}}/big.log\n")
	if err := in.write("big.log", strings.Repeat("a line of a log that is long\n", 20<<20/29)); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	c := in.flood(1, readLogs(60))[0]
	_ = c.SetDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(resp.Body)
	if err != nil || strings.Count(string(reply), "the reply is too large") == 0 || strings.Count(string(reply), "<name>faultCode</name>") > 58 {
		t.Errorf("%d bytes with %d faults, %v", len(reply), strings.Count(string(reply), "<name>faultCode</name>"), err)
	}
	if n := in.peak(); n > mostMemory {
		t.Errorf("one request took %d MiB", n)
	}
	in.flood(40, readLogs(2))
	in.served()
	in.await("memory for another client", func() bool {
		log, err := in.call("supervisor.readProcessLog", "big", -1000, 0)
		return err == nil && len(log.text) == 1000
	})
	in.served()
	if n := in.peak(); n > mostMemory {
		t.Errorf("clients that do not read took %d MiB", n)
	}
}

// Clients without a password write nothing into the log but that they were refused.
func TestHostileLog(t *testing.T) {
	in := hostile(t, inet+"username=me\npassword=secret\n")
	in.mustStart()
	for _, c := range in.flood(150, "GET /error"+strings.Repeat("x", 60<<10)+" HTTP/1.1\r\n\r\n") {
		_ = c.SetDeadline(time.Now().Add(patience))
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, " 401 ") {
			t.Fatalf("without a password: %q, %v", line, err)
		}
	}
	login := func(password string) string {
		return "GET /ok.html HTTP/1.0\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+password)) + "\r\n\r\n"
	}
	for _, c := range in.flood(50, login("guess")) {
		_ = c.SetDeadline(time.Now().Add(patience))
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, " 401 ") {
			t.Fatalf("with a wrong password: %q, %v", line, err)
		}
	}
	c := in.flood(1, login("secret"))[0]
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") {
		t.Errorf("with the password: %q, %v", line, err)
	}
	in.stopDaemon()
	log := in.read("supervisord.log")
	if len(log) > 64<<10 || strings.Contains(log, " ERRO ") {
		t.Errorf("the log has %d bytes:\n%.5000s", len(log), log)
	}
	total := 0
	for _, m := range regexp.MustCompile(` WARN refused (\d+) login\(s\) from 127\.0\.0\.1 to inet_http_server: `).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(m[1])
		total += n
	}
	if total != 50 {
		t.Errorf("the log reports %d refused logins:\n%.5000s", total, log)
	}
}
