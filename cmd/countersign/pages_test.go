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

func TestTheWindowsPages(t *testing.T) {
	cache := t.TempDir()
	if shared := os.Getenv("COUNTERSIGN_TEST_CACHE"); shared != "" { // keeps the compiled PDFium from one run to the next
		cache = filepath.Join(shared, "window")
	}
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} { // wherever the system looks for it
		t.Setenv(name, cache)
	}
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	renderer := openPages(dir)
	defer renderer.Close()
	draw := drawPages(renderer)
	t.Run("a signature appears where its box was drawn", func(t *testing.T) { testBoxes(t, draw) })
	path := filepath.Join(t.TempDir(), "sample.pdf")
	if err := os.WriteFile(path, assets.Samples()[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := draw(t.Context(), path, 1, 76)
	if width, height := page.Size(); err != nil || page.Image.Bounds().Dx() != 76 || page.Pages < 1 || page.Number != 1 || width < 500 || height < 700 {
		t.Fatalf("got %+v, %v", page, err)
	}
	if err := os.WriteFile(path, []byte("no PDF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := draw(t.Context(), path, 1, 76); !errors.Is(err, preview.ErrDamaged) || err.Error() != preview.ErrDamaged.Error() {
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
