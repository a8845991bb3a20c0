package settings

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThePositionsOfSignaturesAreRemembered(t *testing.T) {
	r := newRig(t)
	remember := func(gateway string, width, left float64) Settings {
		t.Helper()
		s, err := r.ChangeSettings(t.Context(), func(s *Settings) {
			s.RememberPosition(SignaturePosition{Gateway: gateway, PageWidth: width, PageHeight: 842, Page: "last", Left: left, Top: -3.5, Width: 200, Height: 60.25})
		})
		r.must(err)
		return s
	}
	remember("one", 595, 1)
	remember("two", 595, 2)
	remember("one", 842, 3)
	remember("one", 595.28, 4) // the same paper, rounded differently
	got, err := r.Settings(t.Context())
	r.must(err)
	var lefts []float64
	for _, p := range got.Positions {
		lefts = append(lefts, p.Left)
	}
	if diff := cmp.Diff([]float64{4, 3, 2}, lefts); diff != "" || got.Positions[0].Top != -3.5 || got.Positions[0].Height != 60.25 {
		t.Errorf("%s, the last is %+v", diff, got.Positions[0])
	}
	for i := range 2 * maxPositions {
		got = remember("gateway "+strconv.Itoa(i), 595, float64(i))
	}
	if len(got.Positions) != maxPositions || got.Positions[0].Left != 2*maxPositions-1 {
		t.Errorf("%d positions are kept, the last is %+v", len(got.Positions), got.Positions[0])
	}
}

func TestPositionsThatMakeNoSenseAreRefused(t *testing.T) {
	const valid = "[[position]]\ngateway = \"one\"\npage_width = 595.0\npage_height = 842.0\npage = \"2\"\nleft = 1.0\ntop = 2.0\nwidth = 3.0\nheight = 4.0\n"
	if _, err := parse(valid); err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		`"one"`: `""`, `"2"`: `"first"`, "595.0": "0.0", "842.0": "nan", "left = 1.0": "left = inf", "width = 3.0": "width = -3.0", "height = 4.0\n": "",
	} {
		if _, err := parse(strings.Replace(valid, old, wrong, 1)); err == nil || !strings.Contains(err.Error(), "signature position") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if _, err := parse(strings.Repeat(valid, maxPositions+1)); err == nil {
		t.Error("too many positions are read")
	}
}
