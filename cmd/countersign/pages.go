package main

import (
	"context"
	"os"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/preview"
	"countersign/core/request"
	"countersign/ui/placement"
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

// drawPages returns a function for [ui.Options.Preview], which draws pages with a renderer.
func drawPages(r *preview.Renderer) placement.DrawFunc {
	return func(ctx context.Context, path string, number, width int) (placement.Page, error) {
		page, err := r.Page(ctx, path, number, width)
		if err != nil {
			return placement.Page{}, err
		}
		drawn := placement.Page{Image: page.Image, Number: page.Number, Pages: page.Pages, Box: rectangle(page.Box), Rotation: page.Rotation}
		for _, field := range page.SignatureFields {
			drawn.Fields = append(drawn.Fields, rectangle(field))
		}
		return drawn, nil
	}
}

func rectangle(r preview.Rectangle) request.Rectangle {
	return request.Rectangle{X: r.Left, Y: r.Bottom, Width: r.Right - r.Left, Height: r.Top - r.Bottom}
}
