package ui

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// shade is a color of a picture and its number of pixels.
type shade struct {
	rgb   [3]int
	count int
}

// inFewColors reduces a picture to 256 colors, which makes its file a third as large. Colors of surfaces stay
// exact; anti-aliased edges change a little. The result is deterministic.
func inFewColors(picture image.Image) *image.Paletted {
	bounds := picture.Bounds()
	counts := map[[3]int]int{}
	at := func(x, y int) [3]int {
		r, g, b, _ := picture.At(x, y).RGBA()
		return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	var shades []shade
	for rgb, n := range counts {
		shades = append(shades, shade{rgb, n})
	}
	slices.SortFunc(shades, func(a, b shade) int { return slices.Compare(a.rgb[:], b.rgb[:]) })
	groups := [][]shade{shades}
	for len(groups) < 256 {
		widest := 0
		for i, g := range groups {
			if _, w := extent(g); w > second(extent(groups[widest])) {
				widest = i
			}
		}
		channel, width := extent(groups[widest])
		if width == 0 {
			break
		}
		low, high := halves(groups[widest], channel)
		groups[widest] = low
		groups = append(groups, high)
	}
	var colors color.Palette
	indexes := map[[3]int]uint8{}
	for i, g := range groups {
		// The most frequent color represents its group.
		most := slices.MaxFunc(g, func(a, b shade) int { return cmp.Or(cmp.Compare(a.count, b.count), slices.Compare(a.rgb[:], b.rgb[:])) })
		colors = append(colors, color.NRGBA{uint8(most.rgb[0]), uint8(most.rgb[1]), uint8(most.rgb[2]), 255})
		for _, s := range g {
			indexes[s.rgb] = uint8(i)
		}
	}
	few := image.NewPaletted(bounds, colors)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			few.SetColorIndex(x, y, indexes[at(x, y)])
		}
	}
	return few
}

func second(_, n int) int { return n }

// extent returns the channel in which the colors of a group differ most, and by how much.
func extent(group []shade) (channel, width int) {
	for c := range 3 {
		low, high := 255, 0
		for _, s := range group {
			low, high = min(low, s.rgb[c]), max(high, s.rgb[c])
		}
		if high-low > width {
			channel, width = c, high-low
		}
	}
	return channel, width
}

// halves divides a group in the middle of a channel.
func halves(group []shade, channel int) (low, high []shade) {
	least, most := 255, 0
	for _, s := range group {
		least, most = min(least, s.rgb[channel]), max(most, s.rgb[channel])
	}
	for _, s := range group {
		if s.rgb[channel] <= (least+most)/2 {
			low = append(low, s)
		} else {
			high = append(high, s)
		}
	}
	return low, high
}
