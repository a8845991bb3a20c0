package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestTheCommittedSamplesAreUpToDate(t *testing.T) {
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
			t.Errorf("%s differs when it is made twice", name)
		}
		committed, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, committed) {
			t.Errorf("%s differs from the committed file; run go generate in assets", name)
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
	for name := range documents {
		file, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) {
			t.Errorf("%s: no PDF, %v", name, err)
		}
	}
	if err := write(filepath.Join(folder, "not there")); err == nil {
		t.Error("writing into a missing folder succeeds")
	}
}
