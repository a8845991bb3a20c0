package register

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
)

// witnessed returns a register of four entries. The desk has signed the third one, and another desk the second one and the last one.
func witnessed(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	lines := strings.SplitAfter(strings.TrimSuffix(text(t, part{first: 1, last: 4, signed: []int{3}}), "\n"), "\n")
	for _, line := range lines {
		b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		for _, n := range []int{2, 4} {
			if !strings.HasPrefix(line, []string{2: "entry 2 ", 4: "entry 4 "}[n]) {
				continue
			}
			s, err := Sign(testHead(n), other)
			if err == nil {
				err = WriteWitness(&b, Witness{Desk: "first floor", Key: other.Public().(ed25519.PublicKey), Checkpoint: s})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

func TestScriptChecksTheSignaturesOfAllDesksWhoseKeyIsGiven(t *testing.T) {
	t.Parallel()
	good := witnessed(t)
	signatures := map[int]string{}
	for line := range strings.Lines(good) {
		if fields := strings.Fields(line); fields[0] == "witness" {
			signatures[len(signatures)] = fields[4]
		}
	}
	both := []string{"register.txt", "register.pub", "other.pub"}
	one := []string{"register.txt", "register.pub"}
	print := Fingerprint(other.Public().(ed25519.PublicKey))
	for name, test := range map[string]struct {
		text string
		args []string
		code int
		says string
	}{
		"both keys":                           {good, both, holds, "The key " + print + " signed up to entry 4, at 2026-"},
		"both keys are counted":               {good, both, holds, "3 signatures, the last of the link " + testLinks()[4].String()},
		"both keys, in another order":         {good, []string{"register.txt", "other.pub", "register.pub"}, holds, "holds: up to entry 4"},
		"both keys and a seal":                {good, append(both[:3:3], testSeal(4).String()), holds, "holds at entry 4"},
		"a key twice":                         {good, append(both[:3:3], "register.pub"), holds, "3 signatures"},
		"a key that signed nothing":           {whole(t), both, holds, "The key " + print + " signed nothing."},
		"one key":                             {good, one, partly, "Not checked: 2 signatures of desks whose keys were not given."},
		"one key, and all that it signed":     {strings.Join(strings.SplitAfter(good, "\n")[:7], ""), one, holds, "Not checked: 1 signatures"},
		"the other key alone":                 {good, []string{"register.txt", "other.pub"}, broken, "the signature at entry 3 is not of this key"},
		"a key file that is not there":        {good, []string{"register.txt", "register.pub", "no.pub"}, notChecked, "no key file"},
		"a key file that is not there, first": {good, []string{"register.txt", "register.pub", "no.pub", "other.pub"}, notChecked, "a key is missing"},
		"a key file that is none":             {good, []string{"register.txt", "register.pub", "register.txt"}, notChecked, "not the public key of a register"},
		"a signature is altered":              {replaced(t, good, signatures[0], "A"+signatures[0][1:]), both, broken, "line 5: the signature at entry 2"},
		"a signature of another entry":        {replaced(t, good, signatures[0], signatures[1]), both, broken, "the signature at entry 2"},
		"its number":                          {replaced(t, good, "witness 2 ", "witness 1 "), both, broken, "the checkpoint does not match"},
		"its link, whose key is not given":    {replaced(t, good, "witness 2 "+testLinks()[2].String(), "witness 2 "+testLinks()[1].String()), one, broken, "the checkpoint does not match"},
		"an event before it":                  {replaced(t, good, `{"seq":2,`, `{"seq":7,`), both, broken, "entry 2 is not what it was"},
		"a name that is a command":            {strings.ReplaceAll(good, "first floor", "$(touch run)`touch run`"), both, holds, "holds: up to entry 4"},
		"no name":                             {strings.ReplaceAll(good, " first floor", " "), both, broken, "not a line of a register"},
		"a key that is a path":                {strings.ReplaceAll(good, print, "../../etc/passwd"), both, broken, "not a line of a register"},
		"before the first entry":              {replaced(t, good, "entry 1 ", "witness 0 "+strings.Repeat("0", 64)+" 2026-11-22T10:21:30Z "+signatures[0]+" "+print+" x\nentry 1 "), both, broken, "a line is missing before this one"},
	} {
		t.Run(name, func(t *testing.T) {
			run := newCheckRun(t, test.text, key)
			run.write(t, "other.pub", publicPEM(t, other))
			run.args = test.args
			run.mustGive(t, test.code, test.says)
		})
	}
}
