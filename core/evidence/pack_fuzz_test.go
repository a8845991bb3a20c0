package evidence

import (
	"bytes"
	"maps"
	"slices"
	"testing"
)

// FuzzPack: a pack in which one text is not as the desk made it does not pass its own check.
func FuzzPack(f *testing.F) {
	needShell(f)
	good := mustUnpack(f, newPack(f))
	names := []string{"manifest.txt", "pack.txt", "register.txt", "signatures.txt", "desk.pem"}
	for i := range names {
		f.Add(uint(i), uint(40), uint(1), []byte("$(touch pwned) `touch pwned` \x1b[2J\x00'"))
	}
	f.Fuzz(func(t *testing.T, file, at, removed uint, inserted []byte) {
		name := names[file%uint(len(names))]
		content := good[name]
		from := at % uint(len(content)+1)
		to := min(from+removed%1000, uint(len(content)))
		changed := slices.Concat(content[:from], inserted, content[to:])
		if bytes.Equal(changed, content) {
			return
		}
		u := maps.Clone(good)
		u[name] = changed
		if code, output := runCheck(t, u.writeTo(t)); code != 1 || bytes.ContainsAny([]byte(output), "\x1b\x00") {
			t.Errorf("%s with %q in place of %q passes: exit code %d\n%q", name, inserted, content[from:to], code, output)
		}
	})
}
