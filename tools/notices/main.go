// Command notices collects the licenses of everything by others that is built into the two programs.
// Run at the root of the project, it compares what it finds with the file that is built in, and fails
// when that file is stale or a license is not on the list of those that are allowed. With -write, it
// writes the file.
//
// It is in a module of its own, so that the project itself does not require what only this needs.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// noticesFile is built into both programs by package about.
const noticesFile = "core/about/notices.txt"

// minCoverage is how much of a license file, in percent, must be the text of licenses. What is left
// are names of authors and headings.
const minCoverage = 75

// allowed are the licenses that parts of the programs may have, by the identifiers of licensecheck, which
// are those of SPDX where there is one. All of them allow a program under any license to contain the
// part, as long as the notice is passed on.
var allowed = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "FTL", "ISC", "MIT", "OFL-1.1", "Zlib",
	"GooglePatentsFile", // adds a grant of patents to the license beside it
}

// judged are the files that licensecheck does not know well enough, with the licenses that a person read
// in them.
var judged = map[string][]string{
	"codeberg.org/go-pdf/fpdf/icc/LICENSE.color.org":          {"ICC"},            // the profile may be passed on unchanged, without restriction
	"fyne.io/fyne/v2/theme/font/LICENSE_DejaVu-Powerline.txt": {"Bitstream-Vera"}, // the font may be passed on, but not sold by itself
	"github.com/go-text/render/LICENSE":                       {"BSD-3-Clause"},   // or the Unlicense: it leaves the choice
	"github.com/go-text/typesetting/LICENSE":                  {"BSD-3-Clause"},   // the same
	"pdfium.wasm/LICENSE.txt":                                 {"AGG-2.3", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "FTL", "IJG", "MIT", "Zlib"},
}

// licenseName matches the names of files that hold licenses, and notices that have to be passed on.
var licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-_.].*)?$`)

func main() {
	write := flag.Bool("write", false, "write "+noticesFile)
	flag.Parse()
	if err := run(*write); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(write bool) error {
	parts, err := listParts()
	if err != nil {
		return err
	}
	files, err := collect(parts)
	if err != nil {
		return err
	}
	text := format(parts, files)
	if write {
		return os.WriteFile(noticesFile, text, 0o644) // #nosec G306 -- a file of the source tree, for everybody
	}
	if old, err := os.ReadFile(noticesFile); err != nil || !bytes.Equal(old, text) {
		return fmt.Errorf("%s is stale: make notices writes it", noticesFile)
	}
	fmt.Printf("%d parts, %d license files, all of them allowed\n", len(parts), len(files))
	return nil
}

// collect returns the license files of all parts. It fails for a part without one, and for a license that
// is not allowed.
func collect(parts []part) ([]file, error) {
	var files []file
	var faults []error
	for _, p := range parts {
		found, err := p.licenses()
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			faults = append(faults, fmt.Errorf("%s has no license file", p.name))
		}
		for _, f := range found {
			faults = append(faults, f.judge())
			files = append(files, f)
		}
	}
	return files, errors.Join(faults...)
}

// file is a license file of a part.
type file struct {
	part, name string   // name is relative to the part, with slashes
	text       string   // with line ends of Unix
	licenses   []string // set by judge
}

// judge sets f.licenses to the licenses that are in the file. It returns an error when one of them is not
// allowed, or when less than minCoverage of the file is the text of licenses. For a NOTICE file it
// returns no error.
func (f *file) judge() error {
	id := f.part + "/" + f.name
	if known := judged[id]; known != nil {
		f.licenses = known
		return nil
	}
	cover := licensecheck.Scan([]byte(f.text))
	for _, m := range cover.Match {
		if !slices.Contains(f.licenses, m.ID) {
			f.licenses = append(f.licenses, m.ID)
		}
	}
	if strings.HasPrefix(strings.ToUpper(path.Base(f.name)), "NOTICE") {
		return nil // it goes along with a license, and need not be one
	}
	if cover.Percent < minCoverage {
		return fmt.Errorf("%s: %.0f%% of it is a license that is known, %v: read it, and add it to judged", id, cover.Percent, f.licenses)
	}
	for _, license := range f.licenses {
		if !slices.Contains(allowed, license) {
			return fmt.Errorf("%s: the license %s is not allowed", id, license)
		}
	}
	return nil
}

// licenses returns the license files of a part: those beside its packages that are built in and above
// them, and those in folders without packages, such as fonts and sources in C.
func (p part) licenses() ([]file, error) {
	var files []file
	seen := map[string]bool{}
	add := func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		text, err := os.ReadFile(name)
		relative, _ := filepath.Rel(p.dir, name)
		files = append(files, file{part: p.name, name: filepath.ToSlash(relative), text: tidy(string(text))})
		return err
	}
	for _, dir := range p.folders() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type().IsRegular() && licenseName.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
				if err := add(filepath.Join(dir, e.Name())); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// tidy returns a text with line ends of Unix, without blanks at the ends of lines and blank lines around
// it.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n\uFEFF") + "\n"
}

// format returns the text of all notices. A text that several parts have is in it once.
func format(parts []part, files []file) []byte {
	var b bytes.Buffer
	b.WriteString("Countersign contains software by others. The window (countersign) and the terminal program (countersignctl)\n" +
		"contain these parts; their licenses follow.\n\n")
	licenses := map[string]map[string]bool{}
	byText := map[string][]string{}
	for _, f := range files {
		for _, license := range f.licenses {
			if licenses[f.part] == nil {
				licenses[f.part] = map[string]bool{}
			}
			licenses[f.part][license] = true
		}
		byText[f.text] = append(byText[f.text], f.part+"/"+f.name)
	}
	for _, p := range parts {
		fmt.Fprintf(&b, "- %s (%s): %s\n", strings.TrimSpace(p.name+" "+p.version), strings.Join(p.programs, ", "), strings.Join(slices.Sorted(maps.Keys(licenses[p.name])), ", "))
	}
	for _, f := range files {
		names := byText[f.text]
		if names == nil {
			continue // it is above
		}
		delete(byText, f.text)
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", strings.Repeat("=", 78), strings.Join(names, "\n"), f.text)
	}
	return b.Bytes()
}
