package compat

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// proxies are the usual ways to put nginx in front of the daemon. PLAIN, NAMED and
// TRUSTING are ports of the daemon without a password: without further keys, with
// allowed_hosts, with trusted_proxies.
var proxies = []struct{ name, path, location string }{
	{"default", "", "proxy_pass http://127.0.0.1:PLAIN;"},
	{"host", "", "proxy_pass http://127.0.0.1:NAMED; proxy_set_header Host $host;"},
	{"http_host", "", "proxy_pass http://127.0.0.1:NAMED; proxy_set_header Host $http_host;"},
	{"fixed", "", "proxy_pass http://127.0.0.1:PLAIN; proxy_set_header Host localhost;"},
	{"upstream", "", "proxy_pass http://supervisor;"},
	{"two", "", "proxy_pass http://127.0.0.1:FIRST;"},
	{"workaround", "/path/", "proxy_pass http://127.0.0.1:PLAIN/; proxy_set_header Host $http_host/path/;"},
	{"workaround without slash", "/path/", "proxy_pass http://127.0.0.1:PLAIN/; proxy_set_header Host $http_host/path;"},
	{"forwarded", "", "proxy_pass http://127.0.0.1:TRUSTING; proxy_set_header X-Forwarded-Host $http_host;"},
	{"refused", "", "proxy_pass http://127.0.0.1:PLAIN; proxy_set_header Host $http_host;"},
}

// An operator behind nginx, over http: the page is live and its buttons work, with its
// script and without.
func TestHostileProxies(t *testing.T) {
	nginx, err := exec.LookPath("/usr/sbin/nginx")
	if err != nil {
		t.Skip("no nginx is installed (Debian: apt-get install nginx-light)")
	}
	ports := make([]int, len(proxies)+2)
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			t.Fatal(err)
		}
	}
	named, trusting := ports[len(proxies)], ports[len(proxies)+1]
	in := hostile(t, fmt.Sprintf(`[program:sleep]
command=/bin/sleep 600
startsecs=0
[inet_http_server]
port=127.0.0.1:{{.Port}}
[inet_http_server:named]
port=127.0.0.1:%d
allowed_hosts=ops.test
[inet_http_server:trusting]
port=127.0.0.1:%d
trusted_proxies=127.0.0.0/8
`, named, trusting))
	b := newBrowser(t)
	var conf strings.Builder
	if os.Getuid() == 0 {
		conf.WriteString("user root;\n") // else its worker may not use the daemon's socket
	}
	fmt.Fprintf(&conf, "daemon off; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log; events {}\nhttp { access_log off; upstream supervisor { server unix:%[1]s/s.sock; }\n", in.dir)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s/tmp/%s;\n", kind, in.dir, kind)
	}
	for i, p := range proxies {
		location := strings.NewReplacer("PLAIN", fmt.Sprint(in.port), "NAMED", fmt.Sprint(named), "TRUSTING", fmt.Sprint(trusting),
			"FIRST", fmt.Sprint(ports[0])).Replace(p.location)
		path := p.path
		if path == "" {
			path = "/"
		}
		fmt.Fprintf(&conf, "server { listen 127.0.0.1:%d; location %s { %s } }\n", ports[i], path, location)
	}
	if err := in.write("nginx.conf", conf.String()+"}\n"); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	proxy := in.command(nginx, "-c", in.path("nginx.conf"), "-p", in.dir, "-e", in.path("nginx.log"))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Process.Signal(syscall.SIGTERM); _ = proxy.Wait() })
	for i, p := range proxies {
		in.await("nginx", func() bool {
			c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", ports[i]))
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		t.Logf("%s, at %d", p.name, ports[i])
		url := fmt.Sprintf("http://ops.test:%d%s", ports[i], strings.TrimSuffix(p.path, "/")+"/")
		b.open(url)
		if p.name == "refused" {
			if got := b.text(`document.querySelector("pre")?.textContent`); got != "allowed_hosts=ops.test" {
				t.Errorf("the refusal says %q", got)
			}
			continue
		}
		in.operate(b, p.name, url)
	}
}

// operate stops and starts a program as somebody at a browser does.
func (in *instance) operate(b *browser, name, url string) {
	in.t.Helper()
	is := func(state string) {
		in.t.Helper()
		in.await(name+": "+state, func() bool { return in.state("sleep") == state })
	}
	if name != "two" { // the outer one holds the stream back: the inner one keeps X-Accel-Buffering for itself
		b.until(`document.getElementById("connection")?.className === "live"`)
	}
	b.do(name+": stop", chromedp.Click(chromedp.CSS(`tr[data-id="sleep"] [data-do="stop"]`)))
	is("STOPPED")
	b.scripts(false)
	defer b.scripts(true)
	b.open(url)
	b.do(name+": start", chromedp.Click(chromedp.CSS(`a[href="index.html?processname=sleep&action=start"]`)), chromedp.WaitVisible(chromedp.CSS("footer")))
	b.until(`document.querySelector(".notice button") || document.querySelector("#statusmessage")?.checkVisibility()`)
	if b.text(`!!document.querySelector(".notice button")`) == "true" {
		b.do(name+": do it", chromedp.Click(chromedp.CSS(".notice button")))
	}
	is("RUNNING")
	b.until(`document.querySelector("#statusmessage")?.textContent === "Process sleep started"`)
	if got := b.text(`location.href`); !strings.HasPrefix(got, url) {
		in.t.Errorf("%s: afterwards the browser is at %s", name, got)
	}
}

// scripts switches the scripts of pages on or off.
func (b *browser) scripts(on bool) {
	b.t.Helper()
	b.do("switching scripts", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}
