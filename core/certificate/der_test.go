package certificate

import (
	"bytes"
	"encoding/asn1"
	"testing"

	"pgregory.net/rapid"
)

func TestDER(t *testing.T) {
	for name, c := range map[string]struct{ in, want []byte }{
		"definite lengths stay":            {[]byte{0x30, 3, 2, 1, 5}, []byte{0x30, 3, 2, 1, 5}},
		"padding is removed":               {[]byte{0x30, 3, 2, 1, 5, 0, 0, 0}, []byte{0x30, 3, 2, 1, 5}},
		"an indefinite length":             {[]byte{0x30, 0x80, 2, 1, 5, 0, 0, 0, 0}, []byte{0x30, 3, 2, 1, 5}},
		"an empty indefinite length":       {[]byte{0x30, 0x80, 0, 0}, []byte{0x30, 0}},
		"nested indefinite lengths":        {[]byte{0x30, 0x80, 0xa0, 0x80, 2, 1, 5, 0, 0, 0, 0}, []byte{0x30, 5, 0xa0, 3, 2, 1, 5}},
		"a segmented string":               {[]byte{0x24, 0x80, 4, 1, 'a', 4, 2, 'b', 'c', 0, 0}, []byte{4, 3, 'a', 'b', 'c'}},
		"segments in segments":             {[]byte{0x24, 7, 0x24, 2, 4, 0, 4, 1, 'a'}, []byte{4, 1, 'a'}},
		"a length longer than needed":      {[]byte{0x30, 0x82, 0, 3, 2, 1, 5}, []byte{0x30, 3, 2, 1, 5}},
		"nothing":                          {nil, nil},
		"a tag alone":                      {[]byte{0x30}, nil},
		"a long tag without end":           {[]byte{0x3f, 0xff, 0xff}, nil},
		"a length beyond the end":          {[]byte{0x30, 9, 2, 1, 5}, nil},
		"a truncated length":               {[]byte{0x30, 0x84, 1}, nil},
		"a length beyond all files":        {[]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, nil},
		"an indefinite length without end": {[]byte{0x30, 0x80, 2, 1, 5}, nil},
		"a primitive of indefinite length": {[]byte{0x02, 0x80, 5, 0, 0}, nil},
		"segments of another type":         {[]byte{0x24, 3, 2, 1, 5}, nil},
		"nested a million times":           {bytes.Repeat([]byte{0x30, 0x80}, 1<<20), nil},
		"nested too deep, but complete":    {append(bytes.Repeat([]byte{0x30, 0x80}, maxNesting+2), make([]byte, 4*maxNesting)...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := DER(c.in)
			if (err == nil) != (c.want != nil) || !bytes.Equal(got, c.want) {
				t.Errorf("got % x, %v; want % x", got, err, c.want)
			}
		})
	}
}

func TestDERLeavesDERAlone(t *testing.T) {
	type inner struct {
		Text   []byte
		Number int
	}
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(r, "text")
		in, err := asn1.Marshal([]inner{{text, rapid.Int().Draw(r, "number")}, {nil, 0}})
		if err != nil {
			r.Fatal(err)
		}
		out, _, err := DER(append(bytes.Clone(in), 0, 0))
		if err != nil || !bytes.Equal(in, out) {
			r.Fatalf("%v: % x became % x", err, in, out)
		}
	})
}
