package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"runtime/debug"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/httpd"
	"reeve/rpc/webui"
	"reeve/supervisor"
	"reeve/supervisor/process"
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

// httpLevels maps the log levels of package httpd to those of the main log.
var httpLevels = map[httpd.Level]process.Level{
	httpd.Trace: process.Trace, httpd.Info: process.Info, httpd.Warn: process.Warn, httpd.Error: process.Error,
	httpd.Critical: process.Critical,
}

// origins are package webui's words for those of package httpd.
var origins = map[httpd.Site]webui.Origin{
	httpd.Script: webui.NoBrowser, httpd.Own: webui.OwnPage, httpd.Unsure: webui.UnknownPage, httpd.Foreign: webui.OtherPage,
}

// openServers opens the sockets; requests are answered from serve on. log gets the lines
// about it.
func (l *life) openServers(log func(process.Level, string)) (err error) {
	var namespaces []string
	for _, p := range l.config.RPCInterfaces {
		namespaces = append(namespaces, p.Name)
	}
	l.servers, err = httpd.Open(endpoints(l.config.Servers), httpd.Options{
		Namespaces: namespaces,
		Log:        func(level httpd.Level, line string) { log(httpLevels[level], line) },
		Tracing:    l.log.TraceEnabled,
	})
	return err
}

// serve starts answering requests.
func (l *life) serve(sup *supervisor.Supervisor) {
	calls := func(main bool, methods []rpc.Method) *rpc.Server {
		return rpc.New(rpc.Options{
			Supervisor: sup, MainLog: l.log, Main: main, Methods: methods, Log: l.log.Log,
		})
	}
	configured := calls(false, rpc.Namespaces(l.config.RPCInterfaces))
	// The pages and log tails work whichever RPC interfaces are configured (fact 92).
	all := calls(true, nil)
	l.web = webui.New(webui.Options{
		RPC: all, Supervisor: sup, Version: config.Version, Error: httpd.ErrorPage, LocalName: httpd.LocalName,
		Origin: func(r *http.Request) webui.Origin { return origins[httpd.SiteOf(r)] }, Lasts: httpd.Lasts,
		Crashed: func(doing string, value any) {
			l.log.Log(process.Critical, fmt.Sprintf("%s raised an unexpected exception: %v\n%s", doing, value, debug.Stack()))
		},
	})
	l.servers.Serve(httpd.Handlers{RPC: configured, Logs: all, Web: l.web})
}
