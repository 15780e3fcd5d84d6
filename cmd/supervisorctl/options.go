package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// settings are what the command line and the config file say, the command line first.
type settings struct {
	serverURL          string
	username, password *string // nil: not given
	prompt             string
	historyFile        string
	interactive        bool   // ask before drastic actions, ask for a password
	color              string // "always", "auto", or empty
	args               []string
}

// wantsColor decides on colour: `--color` and `color=always` always, `color=true` and `color=auto` on a terminal.
func (s *settings) wantsColor(isTerminal func() bool) bool {
	return s.color == "always" || s.color == "auto" && isTerminal()
}

var errHelp = errors.New("help")

// helpRequested says whether err stands for -h, and gives the text to print.
func helpRequested(err error, program string) (string, bool) {
	return strings.ReplaceAll(usageText, "%s", program), errors.Is(err, errHelp)
}

// option is a row of the command line's table.
type option struct {
	short, long string
	takesValue  bool
	extension   bool // ours: never abbreviated, so that upstream's abbreviations stay unique
	set         func(s *flags, value *string)
}

// flags is the command line as typed; nil means not given.
type flags struct {
	config, serverURL, username, password, historyFile, interactive, color *string
}

var options = []option{
	{"-c", "--configuration", true, false, func(f *flags, v *string) { f.config = v }},
	{"-h", "--help", false, false, nil},
	{"-?", "", false, false, nil},
	{"-i", "--interactive", false, false, func(f *flags, v *string) { f.interactive = v }},
	{"-s", "--serverurl", true, false, func(f *flags, v *string) { f.serverURL = v }},
	{"-u", "--username", true, false, func(f *flags, v *string) { f.username = v }},
	{"-p", "--password", true, false, func(f *flags, v *string) { f.password = v }},
	{"-r", "--history_file", true, false, func(f *flags, v *string) { f.historyFile = v }},
	{"", "--color", false, true, func(f *flags, v *string) { f.color = v }},
}

// loadSettings reads the command line and the config file (checklist 258 to 264). Errors are what upstream prints after `Error: `.
func loadSettings(argv []string) (*settings, error) {
	f, args, err := parseFlags(argv[1:])
	if err != nil {
		return nil, err
	}
	file, err := readConfig(argv[0], f.config)
	if err != nil {
		return nil, err
	}
	s := &settings{
		serverURL: "http://localhost:9001", prompt: "supervisor", username: first(f.username, file.username),
		password: first(f.password, file.password), args: args, interactive: f.interactive != nil || len(args) == 0, color: file.color,
	}
	for to, from := range map[*string]*string{
		&s.serverURL: first(f.serverURL, file.serverURL), &s.prompt: file.prompt, &s.historyFile: first(f.historyFile, file.historyFile),
	} {
		if from != nil {
			*to = *from
		}
	}
	if f.color != nil {
		s.color = "always"
	}
	return s, nil
}

func first(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}

// parseFlags reads the options that come before the action, by getopt's rules (checklist 101 to 104): all of them are taken
// apart before any of them acts.
func parseFlags(args []string) (*flags, []string, error) {
	type given struct {
		option
		spelled string
		value   string
	}
	var found []given
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-" {
		word := args[0]
		args = args[1:]
		if word == "--" {
			break
		}
		if strings.HasPrefix(word, "--") {
			name, value, hasValue := strings.Cut(word, "=")
			o, err := longOption(name)
			if err != nil {
				return nil, nil, err
			}
			switch {
			case o.takesValue && !hasValue && len(args) == 0:
				return nil, nil, fmt.Errorf("option %s requires argument", o.long)
			case o.takesValue && !hasValue:
				value, args = args[0], args[1:]
			case !o.takesValue && hasValue:
				return nil, nil, fmt.Errorf("option %s must not have an argument", o.long)
			}
			found = append(found, given{o, o.long, value})
			continue
		}
		for rest := []rune(word[1:]); len(rest) > 0; {
			short := "-" + string(rest[0])
			rest = rest[1:]
			i := slices.IndexFunc(options, func(o option) bool { return o.short == short })
			if i < 0 {
				return nil, nil, fmt.Errorf("option %s not recognized", short)
			}
			g := given{options[i], short, ""}
			if g.takesValue {
				if g.value = string(rest); g.value == "" {
					if len(args) == 0 {
						return nil, nil, fmt.Errorf("option %s requires argument", short)
					}
					g.value, args = args[0], args[1:]
				}
				rest = nil
			}
			found = append(found, g)
		}
	}
	f := &flags{}
	seen := map[string]bool{}
	for _, g := range found {
		switch {
		case g.set == nil:
			return nil, nil, errHelp
		case g.long == "--serverurl" && !looksLikeURL(g.value):
			return nil, nil, fmt.Errorf("invalid value for %s %s: value %[2]s is not a URL", g.spelled, pythonRepr(g.value))
		case seen[g.long] && !g.extension:
			return nil, nil, fmt.Errorf("conflicting command line option %s", pythonRepr(g.spelled))
		}
		seen[g.long] = true
		g.set(f, &g.value)
	}
	return f, args, nil
}

// longOption finds the option that name abbreviates.
func longOption(name string) (option, error) {
	var found []option
	for _, o := range options {
		switch {
		case o.long == name:
			return o, nil
		case o.long != "" && !o.extension && strings.HasPrefix(o.long, name):
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return option{}, fmt.Errorf("option %s not recognized", name)
	case 1:
		return found[0], nil
	}
	return option{}, fmt.Errorf("option %s not a unique prefix", name)
}

// looksLikeURL is the check that -s makes: a scheme, and a host or a path. What the scheme is shows on use (checklist 263).
func looksLikeURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Path != "" || u.Opaque != "")
}
