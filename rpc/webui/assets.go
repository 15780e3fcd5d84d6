package webui

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"reeve/rpc/caller"
	"reeve/rpc/transport"
)

//go:embed assets
var assetFiles embed.FS

// assets are the static files by path, and their folders (facts 219 and 307: static
// files).
type assets struct {
	files   map[string][]byte
	folders map[string]bool
	time    time.Time // their modification time for browsers
}

// types are the media types of our files by extension; the system's table may lack or
// change them.
var types = map[string]string{
	".css": "text/css",
	".js":  "text/javascript",
	".gif": "image/gif",
	".png": "image/png",
}

func loadAssets() assets {
	a := assets{files: map[string][]byte{}, folders: map[string]bool{}, time: time.Now()}
	root, err := fs.Sub(assetFiles, "assets")
	if err == nil {
		err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				a.folders[name] = err == nil
				return err
			}
			a.files[name], err = fs.ReadFile(root, name)
			return err
		})
	}
	if err != nil {
		panic(err) // they are embedded in the program
	}
	delete(a.folders, ".")
	return a
}

// serveAsset answers for everything that is not a page, as upstream's handler of static
// files does (fact 219).
func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		transport.ErrorPage(w, http.StatusBadRequest)
		return
	}
	if data, ok := h.assets.files[name]; ok {
		w.Header().Set("Content-Type", types[path.Ext(name)])
		// revalidate each time: usually the answer is 304
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", h.assets.time, bytes.NewReader(data))
		return
	}
	if h.assets.folders[name] {
		host := caller.Of(r.Context()).Server.Name
		if r.Host != "" {
			host = strings.TrimRight(r.Host, "/")
		}
		w.Header().Set("Location", "http://"+host+"/"+name+"/")
		transport.ErrorPage(w, http.StatusMovedPermanently)
		return
	}
	transport.ErrorPage(w, http.StatusNotFound)
}

// acceptsGzip reports whether an Accept-Encoding header permits gzip.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}
