package compat

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// stepPage shows what a page says to its readers, be they people or scripts: title,
// message, table, links, files and log text. It leaves out the page's looks and what only
// our page has.
func stepPage(in *instance, w *strings.Builder, args []string) error {
	req, err := http.NewRequest(http.MethodGet, "http://localhost", nil)
	if err != nil {
		return err
	}
	req.URL.Opaque = args[0]
	resp, err := in.client(false).Do(req)
	if err != nil {
		in.timedOut = true
		fmt.Fprintln(w, "no answer")
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		fmt.Fprintln(w, resp.Status)
		return nil
	}
	return showPage(w, resp.Body)
}

func showPage(w io.Writer, page io.Reader) error {
	d := xml.NewDecoder(page)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	inTable := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read the page: %w", err)
		}
		switch t := token.(type) {
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text == "No programs to manage" {
				fmt.Fprintln(w, text)
			}
		case xml.EndElement:
			inTable = inTable && t.Name.Local != "table"
		case xml.StartElement:
			inTable = inTable || t.Name.Local == "table"
			showElement(w, d, t, inTable)
		}
	}
}

func showElement(w io.Writer, d *xml.Decoder, e xml.StartElement, inTable bool) {
	attr := map[string]string{}
	for _, a := range e.Attr {
		attr[a.Name.Local] = a.Value
	}
	href, class := attr["href"], attr["class"]
	switch name := e.Name.Local; {
	case name == "tr":
		fmt.Fprintln(w, strings.TrimSpace("row "+class))
	case name == "a" && href != "index.html" && href != "" && href[0] != '#' && !strings.HasPrefix(href, "http:"):
		fmt.Fprintln(w, strings.TrimSpace(fmt.Sprintf("link %q %s %s", pageText(d), href, attr["target"])))
	case name == "link":
		fmt.Fprintln(w, "file", href)
	case name == "img":
		fmt.Fprintln(w, "file", attr["src"])
	case name == "title", name == "th", name == "pre", class == "status_msg", name == "span" && inTable:
		if text := pageText(d); text != "" {
			fmt.Fprintf(w, "%s %q\n", strings.TrimSpace(name+" "+class), text)
		}
	}
}

// pageText returns the text up to the end of the element that has just started, and that
// of its buttons.
func pageText(d *xml.Decoder) string {
	var text strings.Builder
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			for _, a := range t.Attr {
				if a.Name.Local == "value" {
					text.WriteString(a.Value)
				}
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			text.Write(t)
		}
	}
	return strings.TrimSpace(text.String())
}
