package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestTheCommittedSamplesAreWhatThisProgramMakes(t *testing.T) {
	t.Parallel()
	for name, document := range documents {
		made, err := document()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := document()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(made, again) {
			t.Errorf("%s is not the same when it is made twice", name)
		}
		committed, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, committed) {
			t.Errorf("%s differs from what is committed; run go generate in assets", name)
		}
		if !bytes.Contains(made, []byte(footerNote)) {
			t.Errorf("%s does not say that it is a sample", name)
		}
	}
}

func TestEverySampleIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := write(folder); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(documents) {
		t.Errorf("%d files for %d documents", len(files), len(documents))
	}
	if err := write(filepath.Join(folder, "not there")); err == nil {
		t.Error("a folder that is not there took the samples")
	}
}
