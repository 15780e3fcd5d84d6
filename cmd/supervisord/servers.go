package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/api"
	"reeve/rpc/handler"
	"reeve/rpc/httpd"
	"reeve/rpc/transport"
	"reeve/rpc/webui"
	"reeve/supervisor"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// endpoints returns the HTTP servers of the configuration, in its order, which is
// upstream's (fact 90).
func endpoints(servers []config.Server) []httpd.Endpoint {
	var all []httpd.Endpoint
	for _, s := range servers {
		e := httpd.Endpoint{
			Section: s.Section, Path: s.Path, Mode: fs.FileMode(s.Mode), UID: -1, GID: -1,
			Host: s.Host, Port: s.Port, Username: s.Username, Password: s.Password,
			AllowedHosts: s.AllowedHosts, MaxConnections: s.MaxConnections,
		}
		for _, p := range s.TrustedProxies {
			if prefix, err := netip.ParsePrefix(p); err == nil {
				e.TrustedProxies = append(e.TrustedProxies, prefix)
			} else {
				e.TrustAll = true // "*": the configuration was checked
			}
		}
		if s.Owner != nil {
			e.UID, e.GID = s.Owner.UID, s.Owner.GID
		}
		all = append(all, e)
	}
	return all
}

// openServers opens the sockets; requests are answered from serve on. log gets the lines
// about it.
func (l *life) openServers(log func(process.Level, string)) (err error) {
	l.servers, err = httpd.Open(endpoints(l.config.Servers), l.serverOptions(log))
	return err
}

func (l *life) serverOptions(log func(process.Level, string)) httpd.Options {
	var namespaces []string
	for _, p := range l.config.RPCInterfaces {
		namespaces = append(namespaces, p.Name)
	}
	return httpd.Options{
		Namespaces: namespaces, Log: log, Tracing: l.log.TraceEnabled,
		Remade: func() {
			if l.noteHead != nil {
				l.noteHead()
			}
		},
	}
}

// serve starts answering requests. upgraded is how it came that this program goes on from
// another one; nil: it does not.
func (l *life) serve(sup *supervisor.Supervisor, upgraded *api.Upgrade) {
	why, _, _ := strings.Cut(l.failed, "\n") // a stack may follow
	calls := func(main bool, methods []rpc.Method) *rpc.Server {
		opt := rpc.Options{
			Supervisor: sup, Desired: supervisor.DesiredOf(sup), Updater: supervisor.UpdaterOf(sup), Roller: supervisor.RollerOf(sup), MainLog: l.log, Main: main, Methods: methods, Log: l.log.Log, Pid: l.pid(),
			Upgraded: upgraded, Refused: why,
			Upgrade: func(ctx context.Context, path string) error { return l.upgradeTo(ctx, sup, path) },
		}
		if l.taken != nil {
			opt.Handed = l.taken.RPC
		}
		return rpc.New(opt)
	}
	token := ""
	if l.taken != nil {
		token = l.taken.Session.Token
	}
	configured := calls(false, rpc.Namespaces(l.config.RPCInterfaces))
	// The pages and log tails work whichever RPC interfaces are configured (fact 92).
	all := calls(true, nil)
	l.rpc = configured
	l.web = webui.New(webui.Options{
		RPC: all, Token: token, Supervisor: sup, Version: config.Version,
		Crashed: func(doing string, value any) {
			l.log.Log(process.Critical, fmt.Sprintf("%s raised an unexpected exception: %v\n%s", doing, value, debug.Stack()))
		},
	})
	l.tails = handler.NewLogs(all)
	if l.keeper != nil {
		l.noteHead = func() { go rescue.Run("noting for the keeper", func() { l.note(sup) }) }
		l.noteHead() // the pidfile and the token of the pages are known by now
	}
	l.servers.Serve(l.mounts(&handler.Calls{RPC: configured, Log: l.log.Log, Tracing: l.log.TraceEnabled}))
}

// mounts is what every server serves.
func (l *life) mounts(calls http.Handler) transport.Mounts {
	return transport.Mounts{
		{Prefix: "/RPC2", Handler: calls, Prompt: true},
		{Prefix: "/logtail", Handler: http.HandlerFunc(l.tails.Process), Prompt: true},
		{Prefix: "/mainlogtail", Handler: http.HandlerFunc(l.tails.Main), Prompt: true},
		// these reveal nothing about the daemon
		{Prefix: "/ok.html", Handler: l.web, Guard: transport.Open},
		{Prefix: "/stylesheets/", Handler: l.web, Guard: transport.Open},
		{Prefix: "/images/", Handler: l.web, Guard: transport.Open},
		{Prefix: "/scripts/", Handler: l.web, Guard: transport.Open},
		{Handler: l.web, Guard: transport.Judged},
	}
}
