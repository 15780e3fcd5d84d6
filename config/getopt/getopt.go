// Package getopt reads command lines as Python's getopt does, which upstream's users are
// used to: short options may be bundled, long ones abbreviated, values follow an = or are
// the next word, and the first word that is not an option ends the options
// (facts 101, 103, 104).
package getopt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"reeve/config/pytext"
)

// Option is one row of a program's table of options. Short is a single letter, Long a
// word; either may be empty.
type Option struct {
	Short string
	Long  string
	// Value says that the option takes a value.
	Value bool
	// Set stores the value. It is called in the order of the command line, after all of
	// it has been read. Its error is the reason given in the message about a bad value,
	// and is wrapped by what Parse returns.
	Set func(value string) error
	// Again allows the option to be repeated, as upstream does for options that store
	// nothing; otherwise repeating it is an error.
	Again bool
	// InFull is set for an option of our own: Long can't be abbreviated, so that each
	// prefix which is unique among upstream's options stays so.
	InFull bool
	// Seen, if not nil, is called when the option has been read, before check and any Set.
	Seen func()
}

// Parse reads args and calls Set for each option. It returns the words after the options.
// Errors are upstream's texts, to be printed after "Error: ". check is called after the
// options have been read and before any Set; it may be nil.
func Parse(options []Option, args []string, check func(rest []string) error) ([]string, error) {
	p := &parser{options: options, args: args}
	if err := p.read(); err != nil {
		return nil, err
	}
	for _, f := range p.found {
		if f.option.Seen != nil {
			f.option.Seen()
		}
	}
	if check != nil {
		if err := check(p.args); err != nil {
			return nil, err
		}
	}
	seen := map[*Option]bool{}
	for _, f := range p.found {
		// The value comes first: upstream reports a bad value before a repeated option.
		if err := f.option.Set(f.value); err != nil {
			return nil, fmt.Errorf("invalid value for %s %s: %w", f.name, pytext.Repr(f.value), err)
		}
		if seen[f.option] && !f.option.Again {
			return nil, fmt.Errorf("conflicting command line option '%s'", f.name)
		}
		seen[f.option] = true
	}
	return p.args, nil
}

type parser struct {
	options []Option
	args    []string
	found   []found
}

type found struct {
	option *Option
	name   string // as in messages: -x or --word in full
	value  string
}

func (p *parser) read() error {
	for len(p.args) > 0 {
		arg := p.args[0]
		if len(arg) < 2 || arg[0] != '-' {
			return nil
		}
		p.args = p.args[1:]
		if arg == "--" {
			return nil
		}
		var err error
		if long, ok := strings.CutPrefix(arg, "--"); ok {
			err = p.long(long)
		} else {
			err = p.short(arg[1:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) long(word string) error {
	name, value, hasValue := strings.Cut(word, "=")
	o, err := p.match(name)
	if err != nil {
		return err
	}
	switch {
	case o.Value && !hasValue:
		if len(p.args) == 0 {
			return fmt.Errorf("option --%s requires argument", o.Long)
		}
		value, p.args = p.args[0], p.args[1:]
	case !o.Value && hasValue:
		return fmt.Errorf("option --%s must not have an argument", o.Long)
	}
	p.found = append(p.found, found{o, "--" + o.Long, value})
	return nil
}

// match finds a long option by its name or a unique prefix of it. An exact match wins
// over options of which it is a prefix.
func (p *parser) match(name string) (*Option, error) {
	var matches []*Option
	for i := range p.options {
		o := &p.options[i]
		switch {
		case o.Long == "":
		case o.Long == name:
			return o, nil
		case !o.InFull && strings.HasPrefix(o.Long, name):
			matches = append(matches, o)
		}
	}
	switch len(matches) {
	case 0:
		return nil, fmt.Errorf("option --%s not recognized", name)
	case 1:
		return matches[0], nil
	}
	return nil, fmt.Errorf("option --%s not a unique prefix", name)
}

func (p *parser) short(letters string) error {
	for letters != "" {
		_, size := utf8.DecodeRuneInString(letters)
		letter := letters[:size]
		letters = letters[size:]
		var o *Option
		for i := range p.options {
			if p.options[i].Short == letter {
				o = &p.options[i]
			}
		}
		if o == nil {
			return fmt.Errorf("option -%s not recognized", letter)
		}
		value := ""
		if o.Value {
			if letters == "" {
				if len(p.args) == 0 {
					return fmt.Errorf("option -%s requires argument", letter)
				}
				letters, p.args = p.args[0], p.args[1:]
			}
			value, letters = letters, ""
		}
		p.found = append(p.found, found{o, "-" + letter, value})
	}
	return nil
}
