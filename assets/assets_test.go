package assets_test

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"testing"

	"countersign/assets"
	"countersign/core/pdf"
)

func TestSamplesCanBeSigned(t *testing.T) {
	t.Parallel()
	samples := assets.Samples()
	if len(samples) != 3 {
		t.Fatalf("%d samples, want 3", len(samples))
	}
	for _, s := range samples {
		info, err := pdf.Check(bytes.NewReader(s.Bytes), int64(len(s.Bytes)))
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if info.Pages < 1 || info.Pages > 2 {
			t.Errorf("%s has %d pages, want one or two", s.Name, info.Pages)
		}
		if s.Title == "" || !bytes.Contains(s.Bytes, []byte(s.Reference)) {
			t.Errorf("%s: title %q, reference %q not in the document", s.Name, s.Title, s.Reference)
		}
		signatures, err := pdf.Signatures(bytes.NewReader(s.Bytes), int64(len(s.Bytes)), nil)
		if err != nil || len(signatures) != 0 {
			t.Errorf("%s: %d signatures, %v; want none", s.Name, len(signatures), err)
		}
	}
}

func TestSamplesAreCopies(t *testing.T) {
	t.Parallel()
	clear(assets.Samples()[0].Bytes)
	if got := assets.Samples()[0].Bytes; !bytes.HasPrefix(got, []byte("%PDF-")) {
		t.Error("a sample that one caller changed is changed for another")
	}
}

func TestIconHasTheSizesThatPackagesAndTheWindowNeed(t *testing.T) {
	t.Parallel()
	packaged, err := os.ReadFile("icon.png")
	if err != nil {
		t.Fatal(err)
	}
	for size, icon := range map[int][]byte{512: packaged, 128: assets.Icon()} {
		picture, err := png.DecodeConfig(bytes.NewReader(icon))
		if err != nil {
			t.Fatal(err)
		}
		if picture.Width != size || picture.Height != size {
			t.Errorf("the icon is %d by %d, want %d by %d", picture.Width, picture.Height, size, size)
		}
	}
	drawing, err := os.ReadFile("icon.svg")
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(drawing))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("icon.svg is not XML: %v", err)
		}
	}
}
