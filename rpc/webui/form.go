package webui

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxForm bounds a posted form, in bytes. A thousand long names fit many times over.
const maxForm = 1 << 20

// form holds a request's form data (fact 296): the query, overridden by a posted body. Of
// several values the first counts in the query, and the last in the body. Empty values
// are ignored.
type form struct {
	values   map[string]string
	selected []string // all values of "selected", from both
}

// readForm parses the body as a form whatever its declared type, as upstream does. It
// fails if the body cannot be read or is larger than maxForm.
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	f := form{values: map[string]string{}}
	pairs(r.URL.RawQuery, func(key, value string) {
		if _, double := f.values[key]; !double {
			f.values[key] = value
		}
		f.selectIf(key, value)
	})
	if r.Method != http.MethodPost {
		return f, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return form{}, err
	}
	pairs(string(body), func(key, value string) {
		f.values[key] = value
		f.selectIf(key, value)
	})
	return f, nil
}

func (f *form) selectIf(key, value string) {
	if key == "selected" {
		f.selected = append(f.selected, value)
	}
}

// pairs splits URL-encoded text. What is wrongly encoded is left as it is.
func pairs(text string, each func(key, value string)) {
	for pair := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if value != "" {
			each(unquote(key), unquote(value))
		}
	}
}

func unquote(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	return strings.ToValidUTF8(plain, "\uFFFD")
}

// quote percent-encodes as upstream's links do: all but letters, digits and _.-~/.
func quote(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("_.-~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
