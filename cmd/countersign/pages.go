package main

import (
	"context"
	"image"
	"os"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/preview"
)

// openPages returns the renderer of previews, with a cache in the person's cache folder or else in the
// home. The caller has to close it.
func openPages(dir home.Dir) *preview.Renderer {
	cache, err := os.UserCacheDir()
	if err != nil {
		return preview.Open(filepath.Join(dir.Path(), "cache"), preview.Options{})
	}
	return preview.Open(filepath.Join(cache, "countersign"), preview.Options{})
}

// firstPage returns a function for [ui.Options.Preview]: it returns the picture of the first page of a PDF
// file and the number of pages.
func firstPage(r *preview.Renderer) func(ctx context.Context, path string, width int) (image.Image, int, error) {
	return func(ctx context.Context, path string, width int) (image.Image, int, error) {
		page, err := r.FirstPage(ctx, path, width)
		return page.Image, page.Pages, err
	}
}
