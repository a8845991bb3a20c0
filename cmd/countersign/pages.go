package main

import (
	"context"
	"image"
	"os"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/preview"
)

// openPages returns what draws first pages. It starts when the first one is asked for.
func openPages(dir home.Dir) *preview.Renderer {
	cache, err := os.UserCacheDir()
	if err != nil {
		return preview.Open(filepath.Join(dir.Path(), "cache"), preview.Options{})
	}
	return preview.Open(filepath.Join(cache, "countersign"), preview.Options{})
}

// firstPage returns [ui.Options.Preview]. Its errors are shown by the window.
func firstPage(r *preview.Renderer) func(ctx context.Context, path string, width int) (image.Image, int, error) {
	return func(ctx context.Context, path string, width int) (image.Image, int, error) {
		page, err := r.FirstPage(ctx, path, width)
		return page.Image, page.Pages, err
	}
}
