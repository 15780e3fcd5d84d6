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
)

//go:embed assets
var assetFiles embed.FS

// assets are the static files (checklist 219, 307) by path, and their folders.
type assets struct {
	files   map[string][]byte
	folders map[string]bool
	time    time.Time // when they came into being, as far as browsers are told
}

// types are those of the files that there are; the system's table of types may lack or change them.
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
		panic(err) // they are part of the program
	}
	delete(a.folders, ".")
	return a
}

// serveAsset answers for what is no page, as upstream's handler of static files does (checklist 219).
func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.opt.Error(w, http.StatusBadRequest)
		return
	}
	if data, ok := h.assets.files[name]; ok {
		w.Header().Set("Content-Type", types[path.Ext(name)])
		w.Header().Set("Cache-Control", "no-cache") // ask again each time: the answer is 304
		http.ServeContent(w, r, "", h.assets.time, bytes.NewReader(data))
		return
	}
	if h.assets.folders[name] {
		host, _ := h.opt.LocalName(r)
		if r.Host != "" {
			host = strings.TrimRight(r.Host, "/")
		}
		w.Header().Set("Location", "http://"+host+"/"+name+"/")
		h.opt.Error(w, http.StatusMovedPermanently)
		return
	}
	h.opt.Error(w, http.StatusNotFound)
}

// acceptsGzip reads an Accept-Encoding header.
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
