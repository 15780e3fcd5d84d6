package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// servers reads every section whose name begins like a server's: first TCP, then unix, each in file order (checklist 90).
func (b *builder) servers() error {
	for _, kind := range []struct {
		prefix string
		read   func(*section) (Server, error)
	}{{"inet_http_server", b.inetServer}, {"unix_http_server", b.unixServer}} {
		for _, name := range b.doc.names() {
			if !strings.HasPrefix(name, kind.prefix) {
				continue
			}
			server, err := kind.read(b.section(name, b.global))
			if err != nil {
				return err
			}
			server.Section = name
			b.cfg.Servers = append(b.cfg.Servers, server)
		}
	}
	b.cfg.ServerURL = serverURL(b.cfg.Servers)
	return nil
}

// serverURL is what children are told: the first unix server, else the first TCP one (checklist 91).
func serverURL(servers []Server) string {
	url := ""
	for _, s := range servers {
		if s.Path != "" {
			return "unix://" + s.Path
		}
		if url == "" {
			host := s.Host
			if host == "" {
				host = "localhost"
			}
			url = fmt.Sprintf("http://%s:%d", host, s.Port)
		}
	}
	return url
}

func (b *builder) inetServer(s *section) (Server, error) {
	server, err := s.credentials()
	if err != nil {
		return server, err
	}
	if _, ok := s.raw("port", ""); !ok {
		return server, fmt.Errorf("section [%s] has no port value", s.name)
	}
	text, err := s.text("port", "")
	if err != nil {
		return server, err
	}
	server.Host, server.Port, err = parseAddress(text)
	return server, err
}

func (b *builder) unixServer(s *section) (Server, error) {
	if _, ok := s.raw("file", ""); !ok {
		return Server{}, fmt.Errorf("section [%s] has no file value", s.name)
	}
	file, err := b.section(s.name, b.global.with("here", b.cfg.Here)).text("file", "")
	if err != nil {
		return Server{}, err
	}
	server, err := s.credentials()
	if err != nil {
		return server, err
	}
	server.Path = absolute(tilde(strings.TrimFunc(file, isSpace)))
	if _, ok := s.raw("chown", ""); ok {
		text, err := s.text("chown", "")
		if err != nil {
			return server, err
		}
		if server.Owner, err = parseOwner(text); err != nil {
			return server, errors.New("Invalid sockchown value " + text)
		}
	}
	text, err := s.text("chmod", "0700")
	if err != nil {
		return server, err
	}
	mode, err := ParseOctal(text)
	if err != nil {
		return server, errors.New("Invalid chmod value " + text)
	}
	server.Mode = uint32(mode)
	return server, nil
}

// credentials reads username and password, which come together or not at all (checklist 89).
func (s *section) credentials() (Server, error) {
	var server Server
	_, hasName := s.raw("username", "")
	_, hasPassword := s.raw("password", "")
	if hasName != hasPassword {
		return server, fmt.Errorf("Section [%s] contains incomplete authentication: If a username or a password is specified, "+
			"both the username and password must be specified", s.name)
	}
	var err error
	if server.Username, err = s.text("username", ""); err != nil {
		return server, err
	}
	server.Password, err = s.text("password", "")
	return server, err
}

// parseAddress reads PORT, HOST:PORT, :PORT and *:PORT (checklist 87).
func parseAddress(text string) (host string, port int, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		if port, err = ParseInt(text); err == nil {
			err = checkPort(port)
		}
		if err != nil {
			return "", 0, fmt.Errorf("not a valid port number: %s ", Quote(text))
		}
		return "", port, nil
	}
	host, number := strings.ToLower(text[:colon]), text[colon+1:]
	if number == "" {
		return "", 0, errors.New("no port number specified in ''")
	}
	if port, err = ParseInt(number); err != nil {
		return "", 0, err
	}
	if host == "*" {
		host = ""
	}
	return host, port, checkPort(port)
}

func checkPort(port int) error {
	switch {
	case port < 1:
		return fmt.Errorf("%d is below lower bound (1)", port)
	case port > 0xffff:
		return fmt.Errorf("%d is above upper bound (65535)", port)
	}
	return nil
}

// Factories are the RPC interfaces that are known; others name Python code, which can't be run here (checklist 92).
var Factories = []string{"supervisor.rpcinterface:make_main_rpcinterface"}

func (b *builder) rpcInterfaces() error {
	const key = "supervisor.rpcinterface_factory"
	for _, name := range b.doc.names() {
		own, ok := strings.CutPrefix(name, "rpcinterface:")
		if !ok {
			continue
		}
		p, err := b.plugin(name, own, key, b.global)
		if err != nil {
			return err
		}
		known := false
		for _, f := range Factories {
			known = known || f == p.Factory
		}
		if !known {
			return fmt.Errorf("%s cannot be resolved within [%s]: Python code can't be run here; remove the section, known are %s",
				p.Factory, name, strings.Join(Factories, ", "))
		}
		b.cfg.RPCInterfaces = append(b.cfg.RPCInterfaces, p)
	}
	return nil
}

// plugin reads a section that names code; all other keys are its arguments.
func (b *builder) plugin(section, name, key string, n names) (Plugin, error) {
	s := b.section(section, n)
	p := Plugin{Name: name, Options: map[string]string{}}
	if _, ok := s.raw(key, ""); !ok {
		return p, fmt.Errorf("section [%s] does not specify a %s", section, key)
	}
	var err error
	if p.Factory, err = s.text(key, ""); err != nil {
		return p, err
	}
	for _, k := range b.doc.keys(section) {
		if k != key {
			if p.Options[k], err = s.text(k, ""); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

// CtlConfig is the section [supervisorctl]; unset texts are nil (checklist 262).
type CtlConfig struct {
	ServerURL   string
	Username    *string
	Password    *string
	Prompt      string
	HistoryFile string // absolute; empty: none
	Color       string // never, always or auto; ours
	Plugins     []Plugin
}

// LoadCtl reads the section that supervisorctl uses; [include] is not followed (checklist 33). The error is an *Error.
func LoadCtl(path string, environ []string) (*CtlConfig, error) {
	file := absolute(path)
	d, err := readMain(path, file)
	if err != nil {
		return nil, asError(err)
	}
	if !d.has("supervisorctl") {
		return nil, &Error{".ini file does not include supervisorctl section"}
	}
	l := &Loader{Environ: environ}
	b := &builder{doc: d, global: l.names()}
	c := &CtlConfig{}
	plain := b.section("supervisorctl", b.global)
	here := b.section("supervisorctl", b.global.with("here", filepath.Dir(file)))
	text := func(s string) (string, error) { return s, nil }
	optional := func(s string) (*string, error) { return &s, nil }
	if err := first(
		read(here, "serverurl", "http://localhost:9001", text, &c.ServerURL),
		read(plain, "prompt", "supervisor", text, &c.Prompt),
		given(plain, "username", optional, &c.Username),
		given(plain, "password", optional, &c.Password),
		read(here, "history_file", "", text, &c.HistoryFile),
		read(plain, "color", "never", text, &c.Color),
	); err != nil {
		return nil, asError(err)
	}
	if p, ok := strings.CutPrefix(c.ServerURL, "unix://"); ok {
		c.ServerURL = "unix://" + absolute(tilde(p))
	}
	if c.HistoryFile != "" {
		c.HistoryFile = absolute(tilde(c.HistoryFile))
	}
	for _, name := range d.names() {
		if own, ok := strings.CutPrefix(name, "ctlplugin:"); ok {
			p, err := b.plugin(name, own, "supervisor.ctl_factory", b.global)
			if err != nil {
				return nil, asError(err)
			}
			c.Plugins = append(c.Plugins, p)
		}
	}
	return c, nil
}

func uid() int { return os.Getuid() }
