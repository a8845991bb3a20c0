package compose

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of a pasted text.
const (
	maxPasted = 1 << 20 // bytes
	maxLinks  = 20
)

// parsePaste returns the file paths and signing links in a text with one per line. It ignores other lines, and a
// text longer than maxPasted.
func parsePaste(text string) (paths, links []string) {
	if len(text) > maxPasted {
		return nil, nil
	}
	for line := range strings.Lines(text) {
		line = strings.Trim(strings.TrimSpace(line), `"'<>`)
		u, err := url.Parse(line)
		switch {
		case line == "" || strings.ContainsRune(line, 0):
		case err == nil && u.Scheme == "file":
			if path := filePath(u); path != "" {
				paths = append(paths, path)
			}
		case err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
			if len(links) < maxLinks {
				links = append(links, line)
			}
		case filepath.IsAbs(line):
			paths = append(paths, line)
		case strings.HasPrefix(line, "~"+string(filepath.Separator)):
			if home, err := os.UserHomeDir(); err == nil {
				paths = append(paths, filepath.Join(home, line[1:]))
			}
		}
	}
	return paths, links
}

// filePath returns the absolute path of a file URI, as file managers copy it; empty if it has none. It ignores the
// host.
func filePath(u *url.URL) string {
	path := u.Path
	if len(path) > 2 && path[0] == '/' && path[2] == ':' { // a Windows drive letter
		path = path[1:]
	}
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return ""
	}
	return path
}
