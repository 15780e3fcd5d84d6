package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"reeve/config/pytext"
)

// Errors of all ways of splitting, in upstream's words.
var (
	errNoClosingQuotation = errors.New("No closing quotation")
	errNoEscaped          = errors.New("No escaped character")
)

// SplitCommand splits a command line by the shell's quoting rules (fact 156): no
// variables, no globs, # starts no comment and a newline counts as a space. Its error
// text is that of spawnerr (fact 154).
func SplitCommand(command string) ([]string, error) {
	words, err := SplitWords(command)
	if err != nil {
		return nil, errors.New("can't parse command " + pytext.Repr(command) + ": " + err.Error())
	}
	if len(words) == 0 {
		return nil, errors.New("command is empty")
	}
	return words, nil
}

// SplitWords splits any text by the same rules. The error is Python's and does not
// contain the text.
func SplitWords(text string) ([]string, error) {
	var words []string
	word := make([]byte, 0, len(text))
	var quote rune
	open, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' {
				word = append(word, '\\')
			}
			word = utf8.AppendRune(word, r)
			escaped = false
		case quote == '\'' && r != '\'', quote == '"' && r != '"' && r != '\\':
			word = utf8.AppendRune(word, r)
		case quote != 0 && r == quote:
			quote = 0
		case r == '\\':
			open, escaped = true, true
		case r == '\'' || r == '"':
			open, quote = true, r
		case r == ' ' || r == '\t' || r == '\r' || r == '\n':
			if open {
				words = append(words, string(word))
				word, open = word[:0], false
			}
		default:
			open = true
			word = utf8.AppendRune(word, r)
		}
	}
	switch {
	case escaped:
		return nil, errNoEscaped
	case quote != 0:
		return nil, errNoClosingQuotation
	case open:
		words = append(words, string(word))
	}
	return words, nil
}

// parseEnvironment reads KEY=value pairs (facts 58-61): three tokens to a pair, with any
// token as separator. Quoting follows upstream's releases; what they refuse is tried by
// the newer POSIX rules, which have escaped quotes.
func parseEnvironment(text string) ([]EnvVar, error) {
	vars, err := environmentPairs(text, legacyTokens, func(s string) string { return strings.Trim(s, `'"`) })
	if err == nil {
		return vars, nil
	}
	if vars, posix := environmentPairs(text, posixTokens, func(s string) string { return s }); posix == nil {
		return vars, nil
	}
	return nil, err
}

func environmentPairs(text string, tokenize func(string) ([]string, error), unquote func(string) string) ([]EnvVar, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	var vars []EnvVar
	for i := 0; i < len(tokens); i += 4 {
		if i+2 >= len(tokens) || tokens[i+1] != "=" {
			return nil, errors.New("Unexpected end of key/value pairs in value '" + text + "'")
		}
		vars = setVar(vars, tokens[i], unquote(tokens[i+2]))
	}
	return vars, nil
}

// setVar appends a variable, or replaces its value in place.
func setVar(vars []EnvVar, key, value string) []EnvVar {
	for i := range vars {
		if vars[i].Key == key {
			vars[i].Value = value
			return vars
		}
	}
	return append(vars, EnvVar{key, value})
}

// legacyTokens splits by the rules of the releases: quotes stay in a token, and a
// backslash is an ordinary character.
func legacyTokens(text string) ([]string, error) {
	var tokens []string
	r := []rune(text)
	for i := 0; i < len(r); {
		start := i
		switch c := r[i]; {
		case isBlank(c):
			i++
			continue
		case c == '#':
			i = lineEnd(r, i)
			continue
		case c == '\'' || c == '"':
			for i++; i < len(r) && r[i] != c; i++ {
			}
			if i == len(r) {
				return nil, errNoClosingQuotation
			}
			i++
			tokens = append(tokens, string(r[start:i]))
		case isASCIIWord(c):
			var token []rune
			for i < len(r) && (isASCIIWord(r[i]) || r[i] == '\'' || r[i] == '"' || r[i] == '#') {
				if r[i] == '#' { // the comment is removed from the middle of the word
					i = lineEnd(r, i)
					continue
				}
				token = append(token, r[i])
				i++
			}
			tokens = append(tokens, string(token))
		default:
			i++
			tokens = append(tokens, string(c))
		}
	}
	return tokens, nil
}

// posixTokens splits by the newer rules: quotes are removed wherever they are, and a
// backslash escapes.
func posixTokens(text string) ([]string, error) {
	var tokens []string
	var token strings.Builder
	var quote rune
	open, escaped := false, false
	emit := func() {
		if open {
			tokens = append(tokens, token.String())
			token.Reset()
			open = false
		}
	}
	r := []rune(text)
	for i := 0; i < len(r); i++ {
		c := r[i]
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				token.WriteByte('\\')
			}
			token.WriteRune(c)
			escaped = false
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			open, escaped = true, true
		case quote != 0:
			token.WriteRune(c)
		case c == '\'' || c == '"':
			open, quote = true, c
		case isBlank(c):
			emit()
		case c == '#':
			i = lineEnd(r, i) - 1
			emit()
		case isWord(c):
			open = true
			token.WriteRune(c)
		default:
			emit()
			tokens = append(tokens, string(c))
		}
	}
	switch {
	case escaped:
		return nil, errNoEscaped
	case quote != 0:
		return nil, errNoClosingQuotation
	}
	emit()
	return tokens, nil
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

// lineEnd returns the index after the newline that ends the line.
func lineEnd(r []rune, i int) int {
	for ; i < len(r); i++ {
		if r[i] == '\n' {
			return i + 1
		}
	}
	return i
}

// isASCIIWord reports whether r may be part of an unquoted word by the rules of the
// releases; isWord is the same for the newer rules, which add the letters of Latin-1.
func isASCIIWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r < 0x80 && strings.ContainsRune("_/.+-():", r)
}

func isWord(r rune) bool { return isASCIIWord(r) || r >= 0xc0 && r <= 0xff && r != 0xd7 && r != 0xf7 }
