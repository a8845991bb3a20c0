package input

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	maxPasted      = 1 << 20 // bytes; the rest of a longer text is not read
	maxPastedPaths = 5000
)

// ReadPaths returns the paths in a pasted text, as file managers and mail programs write them: one
// a line, plain, in quotes (then also several on one line), or as a file:// address (RFC 8089). A
// line that is no path is returned unchanged: whoever opens it finds that there is no such file.
func ReadPaths(text string) []string {
	if len(text) > maxPasted {
		text = text[:maxPasted]
	}
	var paths []string
	for line := range strings.Lines(text) {
		line = strings.Trim(strings.TrimSpace(line), "\x00\ufeff")
		for _, part := range unquote(line) {
			if path := pathOf(part); path != "" && len(paths) < maxPastedPaths {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// unquote returns the parts of a line that consists of quoted parts alone, without their quotes,
// and any other line as one part. It returns none for an empty line.
func unquote(line string) []string {
	var parts []string
	for rest := line; rest != ""; {
		quote := rest[0]
		if quote != '"' && quote != '\'' {
			return []string{line}
		}
		part, after, closed := strings.Cut(rest[1:], string(quote))
		if !closed || after != "" && after[0] != ' ' && after[0] != '\t' {
			return []string{line} // a quote that is part of a name
		}
		parts = append(parts, strings.TrimSpace(part))
		rest = strings.TrimSpace(after)
	}
	return parts
}

// pathOf resolves a file:// address and a leading ~/; other texts are returned unchanged.
func pathOf(text string) string {
	if len(text) >= 7 && strings.EqualFold(text[:7], "file://") {
		return pathOfAddress(text)
	}
	if rest, ok := strings.CutPrefix(text, "~/"); ok {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, rest)
		}
	}
	return text
}

func pathOfAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Path == "" || strings.Contains(u.Path, "\x00") {
		return text
	}
	local := u.Host == "" || strings.EqualFold(u.Host, "localhost")
	if runtime.GOOS != "windows" {
		if !local {
			return text
		}
		return u.Path
	}
	if !local {
		return filepath.FromSlash("//" + u.Host + u.Path) // a folder that another machine shares
	}
	return filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
}
