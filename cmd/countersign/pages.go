package main

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/preview"
)

// openPages makes what draws first pages. Nothing is started before the first one is asked for.
func openPages(dir home.Dir) *preview.Renderer {
	cache, err := os.UserCacheDir()
	if err != nil {
		return preview.Open(filepath.Join(dir.Path(), "cache"), preview.Options{})
	}
	return preview.Open(filepath.Join(cache, "countersign"), preview.Options{})
}

// firstPage draws for the window, which says itself that a page cannot be shown.
func firstPage(r *preview.Renderer) func(ctx context.Context, path string, width int) (image.Image, int, error) {
	return func(ctx context.Context, path string, width int) (image.Image, int, error) {
		page, err := r.FirstPage(ctx, path, width)
		if reason := errors.Unwrap(err); reason != nil {
			err = reason
		}
		return page.Image, page.Pages, err
	}
}
