package home

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func mustProve(t *testing.T, d Dir, challenge string, port int) string {
	t.Helper()
	proof, err := d.Prove(challenge, port)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func TestAProofIsOfOneHomePortAndChallenge(t *testing.T) {
	d := mustOpen(t)
	same, err := Open(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	proof := mustProve(t, d, "a", 1)
	if len(proof) != 64 || mustProve(t, same, "a", 1) != proof {
		t.Errorf("proof %q, and another one of the same home", proof)
	}
	for what, other := range map[string]string{
		"challenge": mustProve(t, d, "b", 1), "port": mustProve(t, d, "a", 2), "home": mustProve(t, mustOpen(t), "a", 1),
	} {
		if other == proof {
			t.Errorf("the proof for another %s is the same", what)
		}
	}
}

func TestTheKeyOfProofsIsTheOwnersAndIsReplacedWhenItIsDamaged(t *testing.T) {
	d := mustOpen(t)
	before := mustProve(t, d, "a", 1)
	path := filepath.Join(d.Path(), proofKey)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, content := range []string{"", "short\n", strings.Repeat("x", 2*proofKeySize+1), strings.Repeat("x", 1<<20)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if after := mustProve(t, d, "a", 1); after == before || after != mustProve(t, d, "a", 1) {
			t.Errorf("after %.10q: %s", content, after)
		}
	}
}
