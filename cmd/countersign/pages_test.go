package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"countersign/assets"
	"countersign/core/explain"
	"countersign/core/home"
	"countersign/core/i18n"
	"countersign/core/preview"
	"countersign/core/request"
)

func TestTheWindowsFirstPages(t *testing.T) {
	cache := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} { // wherever the system looks for it
		t.Setenv(name, cache)
	}
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	renderer := openPages(dir)
	defer renderer.Close()
	draw := firstPage(renderer)
	path := filepath.Join(t.TempDir(), "sample.pdf")
	if err := os.WriteFile(path, assets.Samples()[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	page, pages, err := draw(t.Context(), path, 76)
	if err != nil || page.Bounds().Dx() != 76 || pages < 1 {
		t.Fatalf("got %v, %d, %v", page, pages, err)
	}
	if err := os.WriteFile(path, []byte("no PDF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := draw(t.Context(), path, 76); !errors.Is(err, preview.ErrDamaged) || err.Error() != preview.ErrDamaged.Error() {
		t.Errorf("the window would say %v", err)
	}
}

func TestWhyAPageIsNotDrawnIsSaidInEachLanguage(t *testing.T) {
	for _, err := range []error{
		preview.ErrEncrypted, preview.ErrDamaged, preview.ErrTooLarge, preview.ErrTooSlow, preview.ErrPage, preview.ErrNoPage, preview.ErrNotDrawn,
	} {
		for _, lang := range i18n.Languages() {
			said := explain.Reason(lang, err.Error(), request.CauseOf(err))
			if (said == err.Error()) != (lang == i18n.English) {
				t.Errorf("%s: %q for %q", lang, said, err)
			}
		}
	}
}
