package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// programs are the main packages, and systems where they run. What is built in differs by system.
var (
	programs = []string{"countersign", "countersignctl"}
	systems  = []string{"linux", "darwin", "windows"}
)

// buildTags are the build tags of the programs as they are handed out.
const buildTags = "x11,migrated_fynedo"

// goItself is the name of the part that stands for Go itself, which every program contains.
const goItself = "Go, its standard library and runtime"

// part is software by others that is built into a program: a module, the standard library, or what a
// module brings along in a form that the go command does not see.
type part struct {
	name, version string
	dir           string   // where its files are
	used          []string // its folders with packages that are built in
	programs      []string
}

// pdfium is the part of go-pdfium that was compiled from C++ to WebAssembly. Its licenses are not in that
// module, so they are beside this file.
var pdfium = part{name: "pdfium.wasm", dir: filepath.Join("tools", "notices", "pdfium"), programs: []string{"countersign"}}

// listed is what the command go list says of a package.
type listed struct {
	Dir, ImportPath string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// listParts returns everything by others that is built into the programs on any system, by name.
func listParts() ([]part, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	root := strings.TrimSpace(string(goroot))
	parts := map[string]*part{
		"": {name: goItself, dir: root, used: []string{root}, programs: programs},
	}
	for _, program := range programs {
		for _, system := range systems {
			packages, err := listPackages(program, system)
			if err != nil {
				return nil, err
			}
			for _, l := range packages {
				if l.Standard || l.Module == nil || l.Module.Main {
					continue
				}
				p := parts[l.Module.Path]
				if p == nil {
					p = &part{name: l.Module.Path, version: l.Module.Version, dir: l.Module.Dir}
					parts[p.name] = p
				}
				if !slices.Contains(p.used, l.Dir) {
					p.used = append(p.used, l.Dir)
				}
				if !slices.Contains(p.programs, program) {
					p.programs = append(p.programs, program)
				}
			}
		}
	}
	var all []part
	for _, p := range parts {
		if p.dir == "" {
			return nil, errors.New(p.name + " is not downloaded: go mod download")
		}
		all = append(all, *p)
		if p.name == "github.com/klippa-app/go-pdfium" {
			pdfium.version = "(as in " + p.name + " " + p.version + ")"
			pdfium.used = []string{pdfium.dir}
			all = append(all, pdfium)
		}
	}
	slices.SortFunc(all, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	return all, nil
}

// listPackages returns the packages that are built into a program for a system.
func listPackages(program, system string) ([]listed, error) {
	// -e lists the packages of other systems although their C compilers are not here.
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=Dir,ImportPath,Standard,Module", "-tags", buildTags, "./cmd/"+program) // #nosec G204 -- the names are above
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		err := decoder.Decode(&l)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, err
		}
		packages = append(packages, l)
	}
}

// folders returns the folders of a part whose license files count: those of its packages that are built
// in, those above them, and those below that hold no package.
func (p part) folders() []string {
	found := map[string]bool{p.dir: true}
	for _, dir := range p.used {
		for d := dir; len(d) > len(p.dir); d = filepath.Dir(d) {
			found[d] = true
		}
		if p.name == goItself {
			continue // its root has the license of all
		}
		_ = filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
			switch {
			case err != nil || !e.IsDir() || name == dir:
				return nil
			case e.Name() == "testdata" || holdsGo(name):
				return filepath.SkipDir
			}
			found[name] = true
			return nil
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// holdsGo reports whether a folder holds a Go file or is a module.
func holdsGo(dir string) bool {
	sources, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return len(sources) > 0 || err == nil
}
