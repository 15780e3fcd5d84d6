package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"reeve/config"
	"reeve/config/getopt"
	"reeve/config/pytext"
)

// settings are those of the command line and the config file; the command line wins.
type settings struct {
	serverURL          string
	username, password *string // nil: not given
	prompt             string
	historyFile        string
	interactive        bool   // ask before drastic actions, and for a password
	color              string // "always", "auto", or empty
	byProcess          bool   // update does so unless it is told otherwise
	plugins            []plugin
	args               []string
}

// wantsColor reports whether to use colour: for `--color` and `color=always` always, for
// `color=true` and `color=auto` on a terminal.
func (s *settings) wantsColor(isTerminal func() bool) bool {
	return s.color == "always" || s.color == "auto" && isTerminal()
}

var errHelp = errors.New("help")

// helpRequested returns the help text, and reports whether err stands for -h.
func helpRequested(err error, program string) (string, bool) {
	return strings.ReplaceAll(usageText, "%s", program), errors.Is(err, errHelp)
}

// loadSettings reads the command line and the config file (facts 258-264). Its error is
// what upstream prints after `Error: `.
func loadSettings(argv, environ []string) (*settings, error) {
	var configFile, serverURL, username, password, historyFile *string
	color, interactive := false, false
	keep := func(to **string) func(string) error {
		return func(value string) error { *to = &value; return nil }
	}
	flag := func(to *bool) func(string) error {
		return func(string) error { *to = true; return nil }
	}
	help := func(string) error { return errHelp }
	options := []getopt.Option{
		{Short: "c", Long: "configuration", Value: true, Set: keep(&configFile)},
		{Short: "h", Long: "help", Set: help, Again: true},
		{Short: "?", Set: help, Again: true},
		{Short: "i", Long: "interactive", Set: flag(&interactive)},
		{Short: "s", Long: "serverurl", Value: true, Set: func(value string) error {
			serverURL = &value
			return checkURL(value)
		}},
		{Short: "u", Long: "username", Value: true, Set: keep(&username)},
		{Short: "p", Long: "password", Value: true, Set: keep(&password)},
		{Short: "r", Long: "history_file", Value: true, Set: keep(&historyFile)},
	}
	// Otherwise --color would make upstream's `--c`, short for --configuration,
	// ambiguous.
	if slices.Contains(argv, "--color") {
		options = append(options, getopt.Option{Long: "color", Set: flag(&color), Again: true})
	}
	args, err := getopt.Parse(options, argv[1:], nil)
	if err != nil {
		return nil, err
	}
	file, err := loadConfig(argv[0], configFile, environ)
	if err != nil {
		return nil, err
	}
	s := &settings{
		serverURL: file.ServerURL, username: file.Username, password: file.Password, prompt: file.Prompt,
		historyFile: file.HistoryFile, args: args, interactive: interactive || len(args) == 0, byProcess: file.UpdateByProcess,
	}
	if serverURL != nil {
		s.serverURL = *serverURL
	}
	if username != nil {
		s.username = username
	}
	if password != nil {
		s.password = password
	}
	if historyFile != nil {
		s.historyFile = *historyFile
	}
	if s.plugins, err = loadPlugins(file.Plugins); err != nil {
		return nil, err
	}
	if s.color, err = colorSetting(file.Color); color {
		s.color = "always"
	}
	return s, err
}

// loadConfig reads the config file (fact 261): the one named, which must exist and have
// the section; else the first of the usual places; else none at all.
func loadConfig(program string, named *string, environ []string) (*config.CtlConfig, error) {
	file := ""
	if named != nil {
		file = *named
	} else {
		file, _ = config.Find(program)
	}
	return config.LoadCtl(file, environ)
}

// colorSetting reads `color=`: never, auto, always, or a boolean, where true means auto.
func colorSetting(value string) (string, error) {
	switch strings.ToLower(value) {
	case "", "never", "no", "false", "off", "0":
		return "", nil
	case "auto", "yes", "true", "on", "1":
		return "auto", nil
	case "always":
		return "always", nil
	}
	return "", fmt.Errorf("supervisorctl.color is %s, not never, auto or always", pytext.Repr(value))
}

// checkURL is the check of -s: a scheme, and a host or a path. Whether the scheme is
// supported is found out on use (fact 263).
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Path == "" && u.Opaque == "" {
		return fmt.Errorf("value %s is not a URL", pytext.Repr(text))
	}
	return nil
}
