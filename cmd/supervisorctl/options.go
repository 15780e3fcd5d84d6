package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
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

func helpRequested(err error, program string) (string, bool) {
	return strings.ReplaceAll(usageText, "%s", program), errors.Is(err, errHelp)
}

// INTERIM until config.LoadCtl.
func loadSettings(argv []string) (*settings, error) {
	s := &settings{serverURL: "http://localhost:9001", prompt: "supervisor"}
	args := argv[1:]
	var file string
	over := map[string]string{}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-h", "--help":
			return nil, errHelp
		case "-i":
			s.interactive = true
			args = args[1:]
		case "--color":
			s.color = "always"
			args = args[1:]
		case "-c":
			file = args[1]
			args = args[2:]
		default:
			over[args[0]] = args[1]
			args = args[2:]
		}
	}
	s.args = args
	if len(args) == 0 {
		s.interactive = true
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, errors.New("could not find config file " + file)
		}
		defer f.Close()
		here, _ := filepath.Abs(filepath.Dir(file))
		in := false
		for sc := bufio.NewScanner(f); sc.Scan(); {
			l := sc.Text()
			if strings.HasPrefix(l, "[") {
				in = l == "[supervisorctl]"
				continue
			}
			k, v, _ := strings.Cut(l, "=")
			v = strings.ReplaceAll(v, "%(here)s", here)
			if !in {
				continue
			}
			switch k {
			case "serverurl":
				s.serverURL = v
			case "username":
				s.username = &v
			case "password":
				s.password = &v
			case "prompt":
				s.prompt = v
			case "history_file":
				s.historyFile = v
			case "color":
				s.color = v
			}
		}
	}
	for k, v := range over {
		switch k {
		case "-s":
			s.serverURL = v
		case "-u":
			s.username = &v
		case "-p":
			s.password = &v
		case "-r":
			s.historyFile = v
		}
	}
	return s, nil
}
